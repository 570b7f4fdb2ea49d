"""Differences of simulated and measured motions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mygym_lite.studies.identification.motion import Array, Motion
from mygym_lite.studies.identification.processes import SimulationPool
from mygym_lite.studies.identification.simulation import Trajectory, Values

SPEED_SECONDS = 0.01  # s; an error of speed counts as much as the error of position that it causes in this time
BLOCK_SECONDS = 1.0  # errors within a block may be correlated, those of different blocks are taken as independent


@dataclass
class ResidualFunction:
    """Residuals of given motions: rad, of positions, and of speeds times ``SPEED_SECONDS``.

    Args:
        motions: Motions, in full.
        pool: Simulators.
    """

    motions: Sequence[Motion]
    pool: SimulationPool
    simulated_seconds: float = field(default=0.0, init=False)
    _last: tuple[dict[str, float], Array] | None = field(default=None, init=False)

    def __call__(self, values: Values) -> Array:
        """Simulate the motions with values of parameters, and return all residuals; the last ones are remembered."""
        if self._last is None or self._last[0] != values:
            self._last = dict(values), self.evaluate([values])[0]
        return self._last[1]

    def evaluate(self, several: Sequence[Values]) -> list[Array]:
        """Return the residuals for each set of values."""
        trajectories = self.pool.simulate([(motion, values) for values in several for motion in self.motions])
        self.simulated_seconds += len(several) * sum(motion.seconds for motion in self.motions)
        count = len(self.motions)
        return [
            np.concatenate(
                [
                    compute_residuals(motion, trajectory)
                    for motion, trajectory in zip(
                        self.motions, trajectories[number * count : (number + 1) * count], strict=True
                    )
                ]
            )
            for number in range(len(several))
        ]

    def list_blocks(self) -> NDArray[np.intp]:
        """Return the number of the block of each residual."""
        blocks: list[NDArray[np.intp]] = []
        first = 0
        for motion in self.motions:
            steps = np.arange(len(motion)) / motion.control_hz // BLOCK_SECONDS
            numbers = first + steps.astype(np.intp)
            first = int(numbers[-1]) + 1
            kinds = 1 if motion.speeds is None else 2
            blocks.append(np.tile(np.repeat(numbers, motion.positions.shape[1]), kinds))
        return np.concatenate(blocks)


def compute_residuals(motion: Motion, trajectory: Trajectory) -> Array:
    """Compute the residuals of one motion, without the first row, from which the simulation begins."""
    residuals = (trajectory.positions - motion.positions)[1:].ravel()
    if motion.speeds is None:
        return residuals
    return np.concatenate([residuals, SPEED_SECONDS * (trajectory.speeds - motion.speeds)[1:].ravel()])


def compute_misfit(motion: Motion, trajectory: Trajectory) -> Array:
    """Compute the position errors of a motion after its first row, rad: (T, joints)."""
    errors: Array = (trajectory.positions - motion.positions)[1:]
    return errors


def compute_rms(errors: Sequence[Array]) -> float | None:
    """Compute the root mean square of errors, or None without any."""
    count = sum(array.size for array in errors)
    return math.sqrt(sum(float((array**2).sum()) for array in errors) / count) if count else None
