"""Arguments of a vector environment: seeds, masks and the autoreset mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from mygym_lite.errors import ConfigError, UsageError, suggest


def resolve_seeds(seed: int | Sequence[int | None] | None, num_envs: int) -> list[int | None]:
    """Resolve one seed for each environment; a single seed is incremented from the first one on."""
    if isinstance(seed, int | np.integer):
        return [int(seed) + i for i in range(num_envs)]
    seeds: list[int | None] = [None] * num_envs if seed is None else list(seed)
    if len(seeds) != num_envs:
        raise UsageError(f"reset: {len(seeds)} seeds for {num_envs} environments; give one seed, or one for each")
    return seeds


def resolve_autoreset_mode(name: str | AutoresetMode) -> AutoresetMode:
    """Look up an autoreset mode by name."""
    try:
        return AutoresetMode(name)
    except ValueError:
        names = [mode.value for mode in AutoresetMode]
        raise ConfigError(f"autoreset_mode: '{name}' is not a mode{suggest(str(name), names)}") from None


def check_reset_mask(mask: Any, num_envs: int) -> NDArray[np.bool_]:
    """Check the mask of the environments to reset; all of them without a mask."""
    if mask is None:
        return np.ones(num_envs, np.bool_)
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.shape != (num_envs,) or not array.any():
        raise UsageError(f"reset: reset_mask is {mask}; it needs {num_envs} bools, at least one of them True")
    return array
