"""What callers hand to a vector environment, checked before anything moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import ArrayLike, NDArray

from mygym_lite.errors import SpecError, UsageError, nearest


def actions_of(actions: ArrayLike, shape: tuple[int, ...] | None) -> NDArray[np.float64]:
    """One action for each environment, every number of them finite."""
    array = np.asarray(actions, dtype=np.float64)
    if array.shape != shape:
        raise UsageError(f"actions have shape {array.shape}, these environments take {shape}")
    if not np.isfinite(array).all():
        index, column = np.argwhere(~np.isfinite(array))[0]
        raise UsageError(f"environment {index}: action holds {array[index, column]}; every number must be finite")
    return array


def seeds_of(seed: int | Sequence[int | None] | None, num_envs: int) -> list[int | None]:
    """One seed for each environment; a single one counts on from the first."""
    if isinstance(seed, int | np.integer):
        return [int(seed) + i for i in range(num_envs)]
    seeds: list[int | None] = [None] * num_envs if seed is None else list(seed)
    if len(seeds) != num_envs:
        raise UsageError(f"reset: {len(seeds)} seeds for {num_envs} environments; give one seed, or one for each")
    return seeds


def mode_of(name: str | AutoresetMode) -> AutoresetMode:
    """The mode of that name."""
    try:
        return AutoresetMode(name)
    except ValueError:
        names = [mode.value for mode in AutoresetMode]
        raise SpecError(f"autoreset_mode: '{name}' is not a mode{nearest(str(name), names)}") from None


def mask_of(mask: Any, num_envs: int) -> NDArray[np.bool_]:
    """Which environments to reset: all without a mask."""
    if mask is None:
        return np.ones(num_envs, np.bool_)
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.shape != (num_envs,) or not array.any():
        raise UsageError(f"reset: reset_mask is {mask}; it needs {num_envs} bools, at least one of them True")
    return array
