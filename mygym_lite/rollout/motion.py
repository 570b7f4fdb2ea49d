"""Motion metrics of a robot: pure functions of arrays with one row a sample, sampled once an action."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

_CUTOFF = 10.0  # Hz; faster motion is not intended by an arm
_NOISE = 0.05  # share of the largest amplitude below which the spectrum's tail is noise
_PADDING = 4  # powers of two by which the spectrum is refined
_STILL = 1e-6  # m/s
_AT_LIMIT = 0.01  # rad or m from a joint's limit


def compute_path_length(positions: Samples) -> float:
    """Compute the path length of a point, m."""
    return float(np.linalg.norm(np.diff(positions, axis=0), axis=1).sum())


def compute_sparc(speeds: Samples, hertz: float) -> float | None:
    """Compute the spectral arc length (SPARC) of a speed profile: negative, and closer to 0 is smoother.

    It is the arc length of the normalised Fourier magnitude up to 10 Hz, without the tail below 5%, as defined by
    Balasubramanian et al. (2015). None without any motion.
    """
    if len(speeds) < 3 or speeds.max() < _STILL:
        return None
    size = int(2 ** (math.ceil(math.log2(len(speeds))) + _PADDING))
    magnitude = np.abs(np.fft.rfft(speeds, size))
    magnitude = (magnitude / magnitude.max())[: int(min(_CUTOFF, hertz / 2) * size / hertz) + 1]
    spectrum = magnitude[: np.flatnonzero(magnitude >= _NOISE)[-1] + 1]
    if len(spectrum) < 2:
        return None
    return -float(np.hypot(1.0 / (len(spectrum) - 1), np.diff(spectrum)).sum())


def compute_peak_jerk(velocities: Samples, hertz: float) -> float | None:
    """Compute the largest rate of change of acceleration, m/s³; None from fewer than three samples."""
    if len(velocities) < 3:
        return None
    return float(np.linalg.norm(np.diff(velocities, n=2, axis=0), axis=1).max()) * hertz**2


def compute_energy(torques: Samples, speeds: Samples, hertz: float) -> float:
    """Compute the mechanical work of the motors, J; braking counts like driving."""
    return float(np.abs(torques * speeds).sum()) / hertz


def count_joint_limit_hits(joints: Samples, limits: tuple[Any, Any]) -> int:
    """Count the times that a joint came within 0.01 rad of one of its limits."""
    at_limit = find_joints_at_limits(joints, limits)
    return int(np.count_nonzero(at_limit[1:] & ~at_limit[:-1]))


def find_joints_at_limits(joints: Samples, limits: tuple[Any, Any]) -> NDArray[np.bool_]:
    """Find the joints within 0.01 rad of one of their limits."""
    lower, upper = map(np.asarray, limits)
    return (joints <= lower + _AT_LIMIT) | (joints >= upper - _AT_LIMIT)
