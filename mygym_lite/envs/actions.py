"""Checks of actions, before they reach the physics engine."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mygym_lite.errors import UsageError


def check_action(action: ArrayLike, shape: tuple[int, ...] | None) -> tuple[NDArray[np.float64], int]:
    """Check an action and clip it to [-1, 1]; return it with the number of components that were out of range."""
    array = np.asarray(action, dtype=np.float64)
    if array.shape != shape:
        raise UsageError(f"action has shape {array.shape}, this environment takes {shape}")
    if np.maximum.reduce(np.abs(array)) <= 1.0:
        return array, 0
    if not np.isfinite(array).all():
        raise UsageError(f"action holds {array[~np.isfinite(array)][0]}; every number must be finite")
    return np.clip(array, -1.0, 1.0), int(np.count_nonzero(np.abs(array) > 1.0))


def check_actions(actions: ArrayLike, shape: tuple[int, ...] | None) -> NDArray[np.float64]:
    """Check that there is one finite action for each environment."""
    array = np.asarray(actions, dtype=np.float64)
    if array.shape != shape:
        raise UsageError(f"actions have shape {array.shape}, these environments take {shape}")
    if not np.isfinite(array).all():
        index, column = np.argwhere(~np.isfinite(array))[0]
        raise UsageError(f"environment {index}: action holds {array[index, column]}; every number must be finite")
    return array
