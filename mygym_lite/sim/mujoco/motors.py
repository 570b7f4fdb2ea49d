"""Motors as constraints of bounded force: the same law, solved in the same way, as the motors of PyBullet.

MuJoCo has dry friction in joints: a constraint that slows a joint down to rest with at most a given force. Its
reference acceleration is shifted here, so that the constraint drives the joint to the speed of the motor instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.jit import exact_kernel

Array = NDArray[np.float64]
IMPEDANCE = 0.999  # a motor misses its speed by 0.1% of what load and inertia would change in a step; harder is slower
_MIN_TORQUE = 1e-9  # N m; keeps the constraint of every joint, so that their rows stay in order


@exact_kernel
def shift_references(aref, qpos, dofs, addresses, commands, step):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Add the speed of each motor to the reference acceleration of its constraint.

    A row of ``commands`` holds target position, gain per step, speed, and speed limit.
    """
    for i in range(len(dofs)):
        target, gain, speed, limit = commands[i]
        wanted = gain * (target - qpos[addresses[i]]) / step + speed
        aref[dofs[i]] += min(max(wanted, -limit), limit) / step


class Motors:
    """Motors of all joints of a robot; joint i has the row of constraints ``dofs[i]``."""

    def __init__(self, model: Any, data: Any, addresses: Sequence[tuple[int, int]]) -> None:
        self._model, self._data = model, data
        self._addresses = np.array([position for position, _ in addresses])
        self._rows = [speed for _, speed in addresses]
        self._dofs = np.array(self._rows)
        self._commands = np.zeros((len(addresses), 4))

    def reset(self, step: float) -> None:
        """Let every joint hold its speed of zero without force, until the first command."""
        self._step = step
        self._model.dof_solref[self._dofs] = [2.0 * step / IMPEDANCE, 1.0]
        self._model.dof_solimp[self._dofs] = [IMPEDANCE, IMPEDANCE, 0.001, 0.5, 2.0]
        self._model.dof_frictionloss[self._dofs] = _MIN_TORQUE
        self._commands[:] = 0.0

    def drive_to(
        self,
        joints: Sequence[int],
        targets: Sequence[float],
        gain: float,
        speed_limits: Sequence[float] | None,
        torques: Sequence[float],
    ) -> None:
        """Drive joints to positions."""
        limits = repeat(math.inf) if speed_limits is None else speed_limits
        self._set(joints, zip(targets, repeat(gain), repeat(0.0), limits, strict=False), torques)

    def drive_at(
        self, joints: Sequence[int], speeds: Sequence[float], speed_limits: Sequence[float], torques: Sequence[float]
    ) -> None:
        """Drive joints at speeds."""
        self._set(joints, zip(repeat(0.0), repeat(0.0), speeds, speed_limits, strict=False), torques)

    def _set(self, joints: Sequence[int], commands: Iterable[tuple[float, ...]], torques: Sequence[float]) -> None:
        limits = self._model.dof_frictionloss
        for joint, command, torque in zip(joints, commands, torques, strict=True):  # for so few, faster than arrays
            self._commands[joint] = command
            limits[self._rows[joint]] = max(torque, _MIN_TORQUE)

    def apply(self) -> None:
        """Shift the constraints of the coming physics step."""
        data = self._data
        shift_references(data.efc_aref, data.qpos, self._dofs, self._addresses, self._commands, self._step)

    def read_torques(self, joints: Sequence[int]) -> list[float]:
        """Read the torques of the last physics step; zero before the first."""
        forces = self._data.efc_force.tolist()
        return [forces[self._rows[joint]] for joint in joints] if forces else [0.0] * len(joints)
