"""What an episode was so far, as plain data: enough to live it again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.variation import Variation
from mygym_lite.errors import UsageError


@dataclass
class EpisodeState:
    """Seed, variations and actions of the episode that is running."""

    seed: int | None = None
    variations: tuple[Variation, ...] = ()
    rng_state: dict[str, Any] = field(default_factory=dict)  # of the seeds of the episodes to come
    actions: list[NDArray[np.float64]] = field(default_factory=list)
    clipped: int = 0
    done: bool = False

    @property
    def steps(self) -> int:
        """Actions taken."""
        return len(self.actions)

    def require_running(self) -> None:
        """Refuse a step outside an episode."""
        if self.seed is None:
            raise UsageError("step before reset; call reset() first")
        if self.done:
            raise UsageError("step after the episode's end; call reset() first")

    def copy(self) -> EpisodeState:
        """The same memory, that later steps leave alone; actions themselves are never written to."""
        return replace(self, actions=list(self.actions))
