"""What an action means: normalised numbers to motor commands, one way per control mode."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.field_path import CONTROLS_WITHOUT_TARGETS
from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_vector
from mygym_lite.config.task import Control, RobotConfig
from mygym_lite.errors import ConfigError
from mygym_lite.sim.robot import Arm


class Backlash:
    """The play of every joint of an arm: what it drives to stays until the command has left a band around it.

    An episode begins in the middle of the band, so that the first half of its width is lost in either direction, and
    all of it wherever the command turns back.

    Args:
        width: Of the band, rad.
        initial: Where the joints are when the episode begins, rad.
    """

    def __init__(self, width: float, initial: Sequence[float]) -> None:
        self._half = 0.5 * width
        self._driven = list(initial)

    def follow(self, commands: Sequence[float]) -> list[float]:
        """Where the joints are driven to by these commands, rad."""
        half = self._half
        self._driven = [
            min(max(driven, command - half), command + half)
            for driven, command in zip(self._driven, commands, strict=True)
        ]
        return list(self._driven)


Array = NDArray[np.float64]
_LEAD = 3.0  # a joint target may run this many full actions ahead of the joint, so that a blocked arm does not wind up
_CREEP = 0.05  # rad/s that a motor may always use to hold its place


def count_arm_commands(control: Control, joints: int) -> int:
    """How many numbers of an action command an arm with so many joints, without its hand."""
    return {"ee_delta": 6, "ee_translation": 3}.get(control, joints)


class ArmControl:
    """Turns the actions of one episode into commands of one arm and its hand."""

    def __init__(self, arm: Arm, config: RobotConfig, seconds: float) -> None:
        self._arm = arm
        self._use = config
        self._seconds = seconds
        joints = len(arm.indices)
        self._arm_size = count_arm_commands(config.control, joints)
        self._play: Backlash | None = None
        self.targets: list[float] = [0.0] * joints
        self._most = arm.speed_limits * seconds
        limits = arm.kinematics
        self._bounds = (limits.lower.tolist(), limits.upper.tolist(), arm.speed_limits.tolist())

    @property
    def size(self) -> int:
        """Numbers in an action: the arm's, then the hand's."""
        return self._arm_size + (self._arm.hand.command_count if self._arm.hand else 0)

    def reset(self, joints: list[float], fingers: list[float]) -> None:
        """Hold where the episode begins."""
        self.targets = list(joints)
        self._play = _play(self._use, joints)
        pose, _ = self._arm.kinematics.compute_pose_and_motion(np.array(joints), np.zeros(len(joints)))
        self._wanted = np.array(pose.position)
        self._wanted_turn = rotation_from_quaternion(pose.rotation)
        self._arm.command_positions(self.targets, [_CREEP] * len(joints))
        if self._arm.hand is not None:
            self._arm.hand.drive(self._arm.hand.closure, fingers, self._seconds)

    def apply(self, action: Array, joints: list[float], fingers: list[float]) -> None:
        """Command the motors for the time until the next action; numbers are in [-1, 1]."""
        arm, hand = action[: self._arm_size], action[self._arm_size :]
        getattr(self, f"_{self._use.control}")(arm, joints)
        if self._arm.hand is not None:
            self._arm.hand.drive([0.5 * (1.0 + a) for a in hand.tolist()], fingers, self._seconds)

    def _joint_delta(self, action: Array, joints: list[float]) -> None:
        self._aim(np.array(self.targets) + action * self._use.joint_step, joints, _LEAD * self._use.joint_step)

    def _joint_position(self, action: Array, joints: list[float]) -> None:
        k = self._arm.kinematics
        self._aim(0.5 * (k.lower + k.upper) + 0.5 * action * (k.upper - k.lower), joints, math.inf)

    def _ee_delta(self, action: Array, joints: list[float]) -> None:
        self._wanted_turn = rotation_from_vector(action[3:] * self._use.rotation_step) @ self._wanted_turn
        self._reach(action[:3], joints)

    def _ee_translation(self, action: Array, joints: list[float]) -> None:
        self._reach(action, joints)

    def _reach(self, action: Array, joints: list[float]) -> None:
        """Follow the wanted palm pose; it waits for a palm that cannot keep up."""
        steps = (self._use.translation_step, self._use.rotation_step)
        wanted = (self._wanted + action * steps[0], self._wanted_turn)
        targets, self._wanted, self._wanted_turn = self._arm.kinematics.follow(
            np.array(self.targets), np.array(joints), wanted, self._most, steps
        )
        self._aim(targets, joints, math.inf)

    def _aim(self, targets: Array, joints: list[float], lead: float) -> None:
        """Drive to joint targets within the limits, at most ``lead`` ahead, at the speed that gets there in time."""
        # plain numbers: for seven joints they are faster than arrays
        lows, highs, limits = self._bounds
        self.targets = [
            max(low, min(high, max(here - lead, min(here + lead, target))))
            for target, here, low, high in zip(targets.tolist(), joints, lows, highs, strict=True)
        ]
        driven = self.targets if self._play is None else self._play.follow(self.targets)
        speeds = [
            max(_CREEP, min(fastest, abs(target - here) / self._seconds))
            for target, here, fastest in zip(driven, joints, limits, strict=True)
        ]
        self._arm.command_positions(driven, speeds)

    def _joint_velocity(self, action: Array, joints: list[float]) -> None:
        self.targets = list(joints)
        self._arm.command_velocities((action * self._arm.speed_limits).tolist())

    def _joint_torque(self, action: Array, joints: list[float]) -> None:
        self.targets = list(joints)
        self._arm.command_torques((action * np.array(self._arm.torque_limits)).tolist())


def _play(use: RobotConfig, joints: list[float]) -> Backlash | None:
    """The play of an arm's joints, if it has any; where motors have no targets there is nothing that it could hold."""
    if use.backlash == 0.0:
        return None
    if use.control in CONTROLS_WITHOUT_TARGETS:
        raise ConfigError(f"robot.backlash: {use.backlash:g} rad has no meaning with control '{use.control}', "
                        "whose motors have no target positions; use 0 or another control")  # fmt: skip
    return Backlash(use.backlash, joints)
