"""Recorded motions: commands of an arm, and the joint positions that followed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
HELD_OUT_PART = 0.25  # share of the data that the fit does not see


@dataclass(frozen=True)
class Motion:
    """A motion of T control steps that begins at rest; joints are those of all arms, in the order of the robot.

    Args:
        label: File, and number of the motion in it.
        commands: (T, n). Joint targets, rad, with hands held still; if `seed` is given, actions of the task.
        positions: (T + 1, joints), rad; row i was measured when command i began.
        speeds: (T + 1, joints), rad/s, if measured.
        control_hz: Commands per second.
        seed: Seed of the recorded episode. Without one, objects stand where the task declares them.
    """

    label: str
    commands: Array
    positions: Array
    speeds: Array | None
    control_hz: float
    seed: int | None = None

    def __len__(self) -> int:
        """Return the number of control steps."""
        return len(self.commands)

    @property
    def seconds(self) -> float:
        """Duration, s."""
        return len(self) / self.control_hz

    def cut(self, steps: int) -> Motion:
        """Return the first control steps."""
        speeds = None if self.speeds is None else self.speeds[: steps + 1]
        return replace(self, commands=self.commands[:steps], positions=self.positions[: steps + 1], speeds=speeds)


def count_fitted_steps(motions: Sequence[Motion]) -> list[int]:
    """Count the control steps of each motion that are fitted; the others are held out.

    The last quarter is held out: of the motions, or of the time if there is one motion alone.
    """
    if len(motions) == 1:
        return [math.ceil((1.0 - HELD_OUT_PART) * len(motions[0]))]
    held_out = max(1, round(HELD_OUT_PART * len(motions)))
    return [len(motion) for motion in motions[:-held_out]] + [0] * held_out


def limit_seconds(motions: Sequence[Motion], seconds: float) -> list[Motion]:
    """Return the first motions, up to a total duration, the last one cut."""
    kept: list[Motion] = []
    remaining = seconds
    for motion in motions:
        steps = min(len(motion), round(remaining * motion.control_hz))
        if steps < 1:
            break
        kept.append(motion.cut(steps))
        remaining -= steps / motion.control_hz
    return kept
