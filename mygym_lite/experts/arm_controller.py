"""Controller of the first arm: from joint targets to actions of any control mode, and inverse kinematics."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.robot import ArmModel, load_robot
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import State
from mygym_lite.errors import UsageError
from mygym_lite.experts.cost_search import find_cheapest
from mygym_lite.experts.inputs import Array, ExpertInputs
from mygym_lite.experts.self_clearance import SelfClearance
from mygym_lite.sim.control import count_arm_commands
from mygym_lite.sim.kinematics_kernels import NULL_GAIN
from mygym_lite.terms import vectors

REACH_TOLERANCE = 2e-3  # m; a pose missed by less counts as reached
_CLEARANCE = 0.002  # m between arm and body
_PULLED_ITERATIONS = 200  # towards the home posture in the null space, which converges slowly
_OTHER_POSTURES = 16  # over all joint ranges, for poses that are not found from postures near home
_METRES_PER_RADIAN = 0.1  # weight of rotation in the error of a pose


def limit_magnitude(vector: Array, longest: float) -> Array:
    """Shorten a vector to a largest component; its direction stays."""
    length = float(np.maximum.reduce(np.abs(vector), initial=0.0))
    return vector if length <= longest else vector * (longest / length)


def is_gripper(arm: ArmModel) -> bool:
    """Return True if a hand has two digits only, which are thin and stand in front of a wide body."""
    return arm.hand is not None and len(arm.hand.digits) == 2


class ArmController:
    """Controller of the robot's first arm; a second arm is held at its home posture."""

    def __init__(self, inputs: ExpertInputs) -> None:
        self._inputs, self._robot_config = inputs, inputs.task.robot
        if self._robot_config.control == "joint_torque":
            raise UsageError("the expert cannot steer joint torques; choose another control mode")
        self._period = 1.0 / inputs.task.episode.control_hz
        robot = load_robot(self._robot_config.model)
        self._arms, self.base = list(robot.arms.values()), robot.position
        hand = self._arms[0].hand
        self.opening = 0.0 if hand is None else hand.opening
        self.kinematics = inputs.kinematics
        self.num_joints = len(self._arms[0].joints)
        self._num_commands = count_arm_commands(self._robot_config.control, self.num_joints)
        self.is_gripper = is_gripper(self._arms[0])
        self._clearance = SelfClearance(robot)
        self._speed_limits = np.array(self._arms[0].velocity)
        rng = np.random.default_rng(0)
        home, low, high = self.kinematics.home, self.kinematics.lower, self.kinematics.upper
        others = [home + rng.uniform(-0.6, 0.6, len(home)) for _ in range(3)]
        self.start_postures = [np.clip(posture, low, high) for posture in (home, *others)]
        self.other_postures = list(rng.uniform(low, high, (_OTHER_POSTURES, len(home))))
        self.controls_rotation = self._robot_config.control != "ee_translation"
        # compile now, so that compilation does not count as thinking time of the first action
        self.solve_ik(self.start_postures[0], np.zeros(3), np.eye(3), iterations=1)

    def get_joint_positions(self, state: State) -> Array:
        """Return the joint positions of the first arm, rad."""
        return np.array(state.joints[: self.num_joints])

    def compute_joint_targets(self, state: State) -> Array:
        """Compute the joint targets of the first arm once all delayed actions have taken effect, rad."""
        targets = np.array(state.targets[: self.num_joints])
        if self._robot_config.control != "joint_delta":
            return targets
        later = targets + self._sum_delayed_actions() * self._robot_config.joint_step
        within: Array = np.minimum(np.maximum(later, self.kinematics.lower), self.kinematics.upper)
        return within

    def compute_closure_target(self, state: State) -> float:
        """Compute the closure of the first hand once all delayed actions have taken effect, 0 to 1."""
        delayed = self._get_delayed_actions()
        return 0.5 * (1.0 + float(delayed[-1][self._num_commands])) if delayed else state.closure[0]

    def _sum_delayed_actions(self) -> Array:
        """Sum the arm commands that have been sent and not taken effect yet."""
        total: Array = np.zeros(self._num_commands)
        commands = [action[: self._num_commands] for action in self._get_delayed_actions()]
        if commands:
            total = self._inputs.episode_task().actuation.gain * np.sum([total, *commands], axis=0)
        return total

    def _get_delayed_actions(self) -> list[Array]:
        """Return the actions that have been sent and not taken effect yet."""
        steps = round(self._inputs.episode_task().actuation.delay / self._period)
        return list(self._inputs.executed_actions()[-steps:]) if steps else []

    def compute_action(self, state: State, joints: Array, closure: float, speed_fraction: float = 1.0) -> Array:
        """Compute the action that moves towards joint positions along a straight line.

        Args:
            state: State that the arm starts from.
            joints: Target joint positions, rad.
            closure: Target closure of the hand, 0 open to 1 closed.
            speed_fraction: Fraction of the fastest motion that one action can command.
        """
        return self._assemble_action(self._compute_arm_command(state, joints, speed_fraction), closure)

    def _compute_arm_command(self, state: State, joints: Array, speed_fraction: float) -> Array:
        config = self._robot_config
        if config.control.startswith("ee_"):
            return self._compute_palm_command(state, joints, speed_fraction)
        if config.control == "joint_delta":
            return limit_magnitude((joints - self.compute_joint_targets(state)) / config.joint_step, speed_fraction)
        error = joints - self.get_joint_positions(state)
        if config.control == "joint_velocity":
            full = self._period * self._speed_limits
            return limit_magnitude(error / full - self._sum_delayed_actions(), speed_fraction)
        step = limit_magnitude(error, speed_fraction * config.joint_step)
        low, high = self.kinematics.lower, self.kinematics.upper
        normalized: Array = (2.0 * (self.get_joint_positions(state) + step) - low - high) / (high - low)
        return normalized

    def _compute_palm_command(self, state: State, joints: Array, speed_fraction: float) -> Array:
        goal, _ = self.kinematics.compute_pose_and_motion(joints, np.zeros(self.num_joints))
        palm = state.frames["palm"]
        command = np.subtract(goal.position, palm.position) / self._robot_config.translation_step
        if self.controls_rotation:
            rotation = np.array(vectors.compute_rotation_between(palm.rotation, goal.rotation))
            command = np.concatenate([command, rotation / self._robot_config.rotation_step])
        return limit_magnitude(command - self._sum_delayed_actions(), speed_fraction)

    def _assemble_action(self, arm: Array, closure: float) -> Array:
        """Join the arm's command, the hand's command, and commands that hold the other arms still."""
        action, counts = np.zeros(self._inputs.action_size), self._inputs.hand_command_counts
        action[: len(arm)] = np.minimum(np.maximum(arm, -1.0), 1.0)  # twice as fast as np.clip
        action[len(arm) : len(arm) + counts[0]] = 2.0 * closure - 1.0
        if self._robot_config.control == "joint_position":
            start = len(arm) + counts[0]
            for other, count in zip(self._arms[1:], counts[1:], strict=True):
                low, high, home = np.array(other.lower), np.array(other.upper), np.array(other.home)
                action[start : start + len(home)] = (2.0 * home - low - high) / (high - low)
                start += len(home) + count
        return action

    def solve_ik(
        self, start: Array, position: Array, rotation: Array | None, iterations: int = 60, pull: float = 0.0
    ) -> tuple[Array, float]:
        """Solve for the joints of a palm pose, and return them with the error of the pose (m, with 0.1 m per rad)."""
        joints = self.kinematics.solve(start, position, rotation, iterations, pull)
        pose, _ = self.kinematics.compute_pose_and_motion(joints, np.zeros(self.num_joints))
        miss = position - np.array(pose.position)
        error = math.sqrt(miss @ miss)
        if rotation is not None:
            difference = rotation_from_quaternion(pose.rotation).T @ rotation
            cosine = 0.5 * (float(difference.trace()) - 1.0)
            error += _METRES_PER_RADIAN * float(np.arccos(min(1.0, max(-1.0, cosine))))
        return joints, error

    def solve_clear_ik(
        self, start: Array, position: Array, rotation: Array | None, iterations: int = 60
    ) -> tuple[Array, float]:
        """Solve for the joints of a palm pose near ``start`` or, if the arm would touch the body there, near home."""
        joints, error = self.solve_ik(start, position, rotation, iterations)
        if self.compute_overlap(joints) == 0.0:
            return joints, error
        return self.solve_ik(start, position, rotation, _PULLED_ITERATIONS, pull=NULL_GAIN)

    def compute_overlap(self, joints: Array) -> float:
        """Compute the length by which the arm is too close to the body of the robot, m."""
        return max(0.0, _CLEARANCE - self._clearance.compute(joints))

    def solve_ik_with_restarts(self, start: Array, position: Array, rotation: Array | None) -> Array:
        """Solve for the joints of a palm pose near ``start``, or from another posture if that is stuck at a limit."""
        solutions = (self.solve_ik(posture, position, rotation) for posture in (start, *self.start_postures))
        return find_cheapest(((error, joints) for joints, error in solutions), REACH_TOLERANCE)[1]

    def solve_nearby(self, state: State, position: Array, tolerance: float) -> Array:
        """Solve for a palm position near the present one, in the present orientation or, if missed, in any.

        Args:
            state: State that the arm starts from.
            position: Position of the palm, m.
            tolerance: Pose error beyond which the orientation is given up, m.
        """
        start, rotation = self.compute_joint_targets(state), rotation_from_quaternion(state.frames["palm"].rotation)
        joints, error = self.solve_ik(start, position, rotation, 20)
        return joints if error <= tolerance else self.solve_ik(start, position, None, 20)[0]
