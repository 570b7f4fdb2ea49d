"""Arms of a robot: initial joints, limits of the episode, and motor commands to the engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.robot import ArmModel, RobotModel
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.task_robot import RobotConfig
from mygym_lite.sim.engine import Engine
from mygym_lite.sim.hand import Hand
from mygym_lite.sim.kinematics import Kinematics, build_kinematics
from mygym_lite.sim.link_poses import LinkPoses
from mygym_lite.sim.motor import compute_gain_per_step

_HOLDING_TORQUE = 20.0  # N m; holds the neck still, and other joints whose effort is unknown
_HOLDING_GAIN = 0.1  # share of a position error removed in a physics step


class Arm:
    """One actuated arm: joint indices, limits of the episode and kinematics."""

    def __init__(self, robot: RobotModel, model: ArmModel) -> None:
        self.model = model
        self.kinematics: Kinematics = build_kinematics(robot, model)
        self.speed_limits = np.array(model.velocity)
        self.hand = None if model.hand is None else Hand(model.hand, robot.tree)
        self.torque_limits: list[float] = list(model.effort)  # N m (N if prismatic), in this episode

    def configure(self, engine: Engine, config: RobotConfig, step_seconds: float) -> None:
        """Apply the episode's gain, friction and torque limits."""
        self._motors = engine.motors
        self.indices = [engine.joint_indices[name] for name in self.model.joints]
        self._gain = compute_gain_per_step(config.time_constant, step_seconds)
        self._friction = [f * config.friction for f in self.model.friction]
        self.torque_limits = [e * config.torque_limit for e in self.model.effort]
        self._net_torques = [
            max(force - friction, 0.0) for force, friction in zip(self.torque_limits, self._friction, strict=True)
        ]
        if self.hand is not None:
            self.hand.configure(engine, config, step_seconds)

    def solve_joints_for_palm(self, position: tuple[float, ...]) -> NDArray[np.float64]:
        """Solve for joint positions near home that move the palm to a position and keep its home orientation."""
        home = self.kinematics.home
        pose, _ = self.kinematics.compute_pose_and_motion(home, np.zeros(len(home)))
        rotation = rotation_from_quaternion(pose.rotation)
        return self.kinematics.solve(home, np.array(position), rotation, iterations=100, pull=0.0)

    def command_positions(self, targets: list[float], speeds: list[float]) -> None:
        """Drive to joint positions at most at the given speeds; friction reduces the motor torque."""
        self._motors.drive_to(self.indices, targets, self._gain, speeds, self._net_torques)

    def command_velocities(self, speeds: list[float]) -> None:
        """Drive at joint speeds, rad/s."""
        self._motors.drive_at(self.indices, speeds, self.speed_limits.tolist(), self._net_torques)

    def command_torques(self, torques: list[float]) -> None:
        """Apply joint torques minus dry friction, up to the speed limit.

        A velocity motor driven to its speed limit with bounded force is a torque source that cannot overspeed; driven
        to zero with the remaining friction, it is dry friction.
        """
        nets = [abs(torque) - friction for torque, friction in zip(torques, self._friction, strict=True)]
        limits = self.speed_limits.tolist()
        speeds = [
            float(np.copysign(limit, torque)) if net > 0 else 0.0
            for torque, net, limit in zip(torques, nets, limits, strict=True)
        ]
        self._motors.drive_at(self.indices, speeds, limits, [abs(net) for net in nets])


class Robot:
    """All arms of a robot, its neck, and the order of its joints in the state."""

    def __init__(self, model: RobotModel) -> None:
        self.model = model
        self.arms = [Arm(model, arm) for arm in model.arms.values()]
        arm_joints = [name for arm in self.arms for name in arm.model.joints]
        hand_joints = [name for arm in self.arms if arm.model.hand for name in arm.model.hand.joints]
        self._arm_joint_count = len(arm_joints)
        self._read = arm_joints + hand_joints
        movable = [joint.name for joint in model.tree.joints.values() if joint.movable]
        self._others = [name for name in movable if name not in self._read]
        self.link_poses = LinkPoses(model, self._read + self._others)

    def compute_initial_joints(self, config: RobotConfig) -> dict[str, float]:
        """Compute the position of every joint at the start of an episode."""
        positions: dict[str, float] = {}
        posture = iter(config.posture)
        for number, arm in enumerate(self.arms):
            low, high = arm.kinematics.lower, arm.kinematics.upper
            home = arm.solve_joints_for_palm(config.palm) if number == 0 and config.palm else arm.kinematics.home
            start = [h + next(posture) for h in home]
            positions.update(zip(arm.model.joints, np.clip(start, low, high).tolist(), strict=True))
            if arm.model.hand is not None:
                positions.update(zip(arm.model.hand.joints, arm.model.hand.open, strict=True))
        return positions | self._get_held_joints(config)

    def _get_held_joints(self, config: RobotConfig) -> dict[str, float]:
        """Return the positions of the joints that belong to no arm or hand: the neck at its angles, others at zero."""
        gaze = () if self.model.gaze is None else self.model.gaze.joints
        return dict.fromkeys(self._others, 0.0) | dict(zip(gaze, config.gaze or (), strict=False))

    def configure(self, engine: Engine, config: RobotConfig, step_seconds: float) -> None:
        """Apply the parameters of an episode that the engine has prepared, and hold the joints of no arm."""
        self._engine = engine
        self._read_indices = [engine.joint_indices[name] for name in self._read]
        self._other_indices = [engine.joint_indices[name] for name in self._others]
        for arm in self.arms:
            arm.configure(engine, config, step_seconds)
        held = self._get_held_joints(config)
        if held:
            torques = [self._get_holding_torque(name) for name in held]
            indices = [engine.joint_indices[name] for name in held]
            engine.motors.drive_to(indices, list(held.values()), _HOLDING_GAIN, None, torques)

    def _get_holding_torque(self, name: str) -> float:
        gaze = () if self.model.gaze is None else self.model.gaze.joints
        return _HOLDING_TORQUE if name in gaze else self.model.tree.joints[name].effort or _HOLDING_TORQUE

    def read_joints(self) -> tuple[Sequence[float], Sequence[float], Sequence[float], Sequence[float]]:
        """Return arm positions, arm speeds, arm motor torques and finger positions."""
        positions, speeds, torques = self._engine.read_joints(self._read_indices)
        arm = self._arm_joint_count
        return list(positions[:arm]), list(speeds[:arm]), list(torques[:arm]), list(positions[arm:])

    def read_other_joints(self) -> Sequence[float]:
        """Return the positions of the joints that belong to no arm or hand, such as the neck."""
        return self._engine.read_joints(self._other_indices).positions if self._others else []
