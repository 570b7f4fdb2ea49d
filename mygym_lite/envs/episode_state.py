"""State of an episode as plain data, from which it can be replayed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.variation import Variation
from mygym_lite.errors import UsageError


@dataclass
class EpisodeState:
    """Seed, variations and actions of the running episode."""

    seed: int | None = None
    variations: tuple[Variation, ...] = ()
    rng_state: dict[str, Any] = field(default_factory=dict)  # of the generator of the following seeds
    actions: list[NDArray[np.float64]] = field(default_factory=list)
    clipped: int = 0
    done: bool = False

    @property
    def steps(self) -> int:
        """Number of actions taken."""
        return len(self.actions)

    def require_running(self) -> None:
        """Raise outside of an episode."""
        if self.seed is None:
            raise UsageError("step before reset; call reset() first")
        if self.done:
            raise UsageError("step after the episode's end; call reset() first")

    def copy(self) -> EpisodeState:
        """Copy the state, so that later steps do not change it; action arrays are shared, and never written to."""
        return replace(self, actions=list(self.actions))
