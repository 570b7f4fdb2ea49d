"""From where an arm should go to the action that takes it there, in whatever way the task is controlled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.robot import load_robot
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import State
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.sim.control import count_arm_commands
from mygym_lite.sim.kinematics import Kinematics
from mygym_lite.terms import vectors

Array = NDArray[np.float64]
REACH_TOLERANCE = 2e-3  # m; a pose that is missed by less is reached


def limit_magnitude(vector: Array, longest: float) -> Array:
    """The vector, made shorter where it is too long: its direction is what matters."""
    length = float(np.max(np.abs(vector), initial=0.0))
    return vector if length <= longest else vector * (longest / length)


class ArmController:
    """Steers the first arm of an environment's robot; a second one is told to stay."""

    def __init__(self, env: TaskEnv) -> None:
        self._env, self._use = env, env.task.robot
        if self._use.control == "joint_torque":
            raise UsageError("the expert cannot steer joint torques; choose another control mode")
        self._period = 1.0 / env.task.episode.control_hz
        self._size = env.action_space.shape[0]  # type: ignore[index]
        robot = load_robot(self._use.model)
        self._arms = list(robot.arms.values())
        self.kinematics: Kinematics = env.world.kinematics
        self.num_joints = len(self._arms[0].joints)
        self._numbers = count_arm_commands(self._use.control, self.num_joints)
        self._hands = env.world.hand_command_counts
        self._speed_limits = np.array(self._arms[0].velocity)
        rng = np.random.default_rng(0)
        home, low, high = self.kinematics.home, self.kinematics.lower, self.kinematics.upper
        spread = [home + rng.uniform(-0.6, 0.6, len(home)) for _ in range(3)]
        self.start_postures = [np.clip(q, low, high) for q in (home, *spread)]
        self.controls_rotation = self._use.control != "ee_translation"
        self._compile()

    def _compile(self) -> None:
        """Solve once, so that compiling does not count as time that the policy takes for its first action."""
        self.solve_ik(self.start_postures[0], np.zeros(3), np.eye(3), iterations=1)

    def get_joint_positions(self, state: State) -> Array:
        """Joints of the first arm, rad."""
        return np.array(state.joints[: self.num_joints])

    def compute_joint_targets(self, state: State) -> Array:
        """Joint positions that the first arm is told to take, once the actions on their way have acted, rad."""
        targets = np.array(state.targets[: self.num_joints])
        if self._use.control != "joint_delta":
            return targets
        later = targets + self._on_its_way() * self._use.joint_step
        return np.clip(later, self.kinematics.lower, self.kinematics.upper)

    def compute_closure_target(self, state: State) -> float:
        """Closure of the first hand, 0 to 1, once the actions on their way have acted."""
        late = self._late()
        return 0.5 * (1.0 + float(late[-1][self._numbers])) if late else state.closure[0]

    def _on_its_way(self) -> Array:
        """The sum of the arm's part of actions that were sent and have not acted yet."""
        arm = [action[: self._numbers] for action in self._late()]
        whole: Array = self._env.episode_task.actuation.gain * np.sum([np.zeros(self._numbers), *arm], axis=0)
        return whole

    def _late(self) -> list[Array]:
        """Actions that were sent and have not acted yet."""
        steps = round(self._env.episode_task.actuation.delay / self._period)
        return self._env.episode_state.actions[-steps:] if steps else []

    def compute_action(self, state: State, joints: Array, closure: float, speed_fraction: float = 1.0) -> Array:
        """The action that moves towards joint positions in a straight line.

        Args:
            state: Where the arm is.
            joints: Where it should go.
            closure: Of the hand, 0 open to 1 closed.
            speed_fraction: Of the fastest motion that an action can command.
        """
        control = self._use.control
        if control.startswith("ee_"):
            return self._ee_towards(state, joints, closure, speed_fraction)
        if control == "joint_delta":
            return self._whole(
                limit_magnitude((joints - self.compute_joint_targets(state)) / self._use.joint_step, speed_fraction),
                closure,
            )
        here = self.get_joint_positions(state)
        if control == "joint_velocity":
            full = self._period * self._speed_limits
            return self._whole(limit_magnitude((joints - here) / full - self._on_its_way(), speed_fraction), closure)
        step = limit_magnitude(joints - here, speed_fraction * self._use.joint_step)
        low, high = self.kinematics.lower, self.kinematics.upper
        return self._whole((2.0 * (here + step) - low - high) / (high - low), closure)

    def _ee_towards(self, state: State, joints: Array, closure: float, share: float) -> Array:
        goal, _ = self.kinematics.compute_pose_and_motion(joints, np.zeros(self.num_joints))
        palm = state.frames["palm"]
        move = np.subtract(goal.position, palm.position) / self._use.translation_step
        if self._use.control == "ee_translation":
            return self._whole(limit_magnitude(move - self._on_its_way(), share), closure)
        turn = np.array(vectors.compute_rotation_between(palm.rotation, goal.rotation)) / self._use.rotation_step
        return self._whole(limit_magnitude(np.concatenate([move, turn]) - self._on_its_way(), share), closure)

    def _whole(self, arm: Array, closure: float) -> Array:
        """The arm's part, the hand's commands, and rest for the other arm."""
        action = np.zeros(self._size)
        hands = self._hands[0]
        action[: len(arm)] = np.clip(arm, -1.0, 1.0)
        action[len(arm) : len(arm) + hands] = 2.0 * closure - 1.0
        if self._use.control == "joint_position":
            self._keep_others(action, len(arm) + hands)
        return action

    def _keep_others(self, action: Array, start: int) -> None:
        for arm, hands in zip(self._arms[1:], self._hands[1:], strict=True):
            low, high, home = np.array(arm.lower), np.array(arm.upper), np.array(arm.home)
            action[start : start + len(home)] = (2.0 * home - low - high) / (high - low)
            start += len(home) + hands

    def solve_ik(
        self, start: Array, position: Array, rotation: Array | None, iterations: int = 60
    ) -> tuple[Array, float]:
        """Joints for a palm pose, and by how much they miss it (m, with 0.1 m for one rad)."""
        joints = self.kinematics.solve(start, position, rotation, iterations, pull=0.0)
        pose, _ = self.kinematics.compute_pose_and_motion(joints, np.zeros(self.num_joints))
        miss = float(np.linalg.norm(position - np.array(pose.position)))
        if rotation is not None:
            turned = rotation_from_quaternion(pose.rotation).T @ rotation
            miss += 0.1 * float(np.arccos(np.clip(0.5 * (np.trace(turned) - 1.0), -1.0, 1.0)))
        return joints, miss

    def solve_ik_with_restarts(self, start: Array, position: Array, rotation: Array | None) -> Array:
        """Joints for a palm pose: those near ``start``, or where these are stuck at a limit, of another posture."""
        best: tuple[Array, float] = self.solve_ik(start, position, rotation)
        for other in self.start_postures:
            if best[1] < REACH_TOLERANCE:
                break
            best = min(best, self.solve_ik(other, position, rotation), key=lambda found: found[1])
        return best[0]
