"""Conversion of normalised actions to motor commands, by control mode."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.field_path import CONTROLS_WITHOUT_TARGETS
from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_vector
from mygym_lite.config.task_robot import Control, RobotConfig
from mygym_lite.errors import ConfigError
from mygym_lite.sim.robot import Arm

Array = NDArray[np.float64]
_MAX_LEAD = 3.0  # full actions by which a target may lead its joint; prevents wind-up of a blocked arm
_MIN_SPEED = 0.05  # rad/s that a motor may always use to hold its position


class Backlash:
    """Joint backlash: the driven position stays until the command leaves a dead band around it.

    Joints begin in the middle of the band: the first motion loses half its width, every reversal all of it.

    Args:
        width: Width of the dead band, rad.
        initial: Joint positions at the start of the episode, rad.
    """

    def __init__(self, width: float, initial: Sequence[float]) -> None:
        self._half = 0.5 * width
        self._outputs = list(initial)

    def follow(self, commands: Sequence[float]) -> list[float]:
        """Return the driven joint positions for the commanded ones, rad."""
        half = self._half
        self._outputs = [
            min(max(output, command - half), command + half)
            for output, command in zip(self._outputs, commands, strict=True)
        ]
        return list(self._outputs)


def count_arm_commands(control: Control, joints: int) -> int:
    """Return the number of action components that command an arm, without its hand."""
    return {"ee_delta": 6, "ee_translation": 3}.get(control, joints)


class ArmControl:
    """Controller of one arm and its hand for one episode."""

    def __init__(self, arm: Arm, config: RobotConfig, seconds: float) -> None:
        self._arm = arm
        self._config = config
        self._seconds = seconds
        joints = len(arm.indices)
        self._arm_size = count_arm_commands(config.control, joints)
        self._backlash: Backlash | None = None
        self.targets: list[float] = [0.0] * joints
        self._max_step = arm.speed_limits * seconds
        limits = arm.kinematics
        self._bounds = (limits.lower.tolist(), limits.upper.tolist(), arm.speed_limits.tolist())

    @property
    def size(self) -> int:
        """Number of action components: the arm's, then the hand's."""
        return self._arm_size + (self._arm.hand.command_count if self._arm.hand else 0)

    def reset(self, joints: list[float], fingers: list[float]) -> None:
        """Hold the initial joint positions."""
        self.targets = list(joints)
        self._backlash = _make_backlash(self._config, joints)
        pose, _ = self._arm.kinematics.compute_pose_and_motion(np.array(joints), np.zeros(len(joints)))
        self._target_position = np.array(pose.position)
        self._target_rotation = rotation_from_quaternion(pose.rotation)
        self._arm.command_positions(self.targets, [_MIN_SPEED] * len(joints))
        if self._arm.hand is not None:
            self._arm.hand.drive(self._arm.hand.closure, fingers, self._seconds)

    def apply(self, action: Array, joints: list[float], fingers: list[float]) -> None:
        """Command the motors until the next action; action components are in [-1, 1]."""
        arm, hand = action[: self._arm_size], action[self._arm_size :]
        getattr(self, f"_{self._config.control}")(arm, joints)
        if self._arm.hand is not None:
            self._arm.hand.drive([0.5 * (1.0 + a) for a in hand.tolist()], fingers, self._seconds)

    def _joint_delta(self, action: Array, joints: list[float]) -> None:
        step = self._config.joint_step
        self._aim(np.array(self.targets) + action * step, joints, _MAX_LEAD * step)

    def _joint_position(self, action: Array, joints: list[float]) -> None:
        k = self._arm.kinematics
        self._aim(0.5 * (k.lower + k.upper) + 0.5 * action * (k.upper - k.lower), joints, math.inf)

    def _ee_delta(self, action: Array, joints: list[float]) -> None:
        self._target_rotation = rotation_from_vector(action[3:] * self._config.rotation_step) @ self._target_rotation
        self._follow_palm_target(action[:3], joints)

    def _ee_translation(self, action: Array, joints: list[float]) -> None:
        self._follow_palm_target(action, joints)

    def _follow_palm_target(self, action: Array, joints: list[float]) -> None:
        """Move the target palm pose and follow it; the target waits for a palm that cannot keep up."""
        steps = (self._config.translation_step, self._config.rotation_step)
        target = (self._target_position + action * steps[0], self._target_rotation)
        targets, self._target_position, self._target_rotation = self._arm.kinematics.follow(
            np.array(self.targets), np.array(joints), target, self._max_step, steps
        )
        self._aim(targets, joints, math.inf)

    def _aim(self, targets: Array, joints: list[float], lead: float) -> None:
        """Drive to joint targets within the limits, at most ``lead`` ahead, at the speed that arrives in time."""
        # for seven joints, floats are faster than arrays
        lows, highs, limits = self._bounds
        self.targets = [
            max(low, min(high, max(position - lead, min(position + lead, target))))
            for target, position, low, high in zip(targets.tolist(), joints, lows, highs, strict=True)
        ]
        outputs = self.targets if self._backlash is None else self._backlash.follow(self.targets)
        speeds = [
            max(_MIN_SPEED, min(fastest, abs(target - position) / self._seconds))
            for target, position, fastest in zip(outputs, joints, limits, strict=True)
        ]
        self._arm.command_positions(outputs, speeds)

    def _joint_velocity(self, action: Array, joints: list[float]) -> None:
        self.targets = list(joints)
        self._arm.command_velocities((action * self._arm.speed_limits).tolist())

    def _joint_torque(self, action: Array, joints: list[float]) -> None:
        self.targets = list(joints)
        self._arm.command_torques((action * np.array(self._arm.torque_limits)).tolist())


def _make_backlash(config: RobotConfig, joints: list[float]) -> Backlash | None:
    """Return the backlash of an arm, if declared; control modes without target positions cannot have any."""
    if config.backlash == 0.0:
        return None
    if config.control in CONTROLS_WITHOUT_TARGETS:
        raise ConfigError(
            f"robot.backlash: {config.backlash:g} rad has no meaning with control '{config.control}', "
            "whose motors have no target positions; use 0 or another control"
        )
    return Backlash(config.backlash, joints)
