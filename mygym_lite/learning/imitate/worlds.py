"""The worlds in which imitation is shown what to do: declared, varied, or varied ever more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.adr import Widening
from mygym_lite.learning.imitate.sight import Sight
from mygym_lite.spec.preset import load_preset
from mygym_lite.spec.vary import Variation


@dataclass(frozen=True)
class Worlds:
    """What differs from episode to episode.

    Args:
        randomization: A preset, all of it from the first episode on.
        adr: A preset, to whose ends ranges grow where the learner succeeds.
        curriculum: Whether the ranges of the randomization widen, all alike, over the first half.
    """

    randomization: str | Path | None = None
    adr: str | Path | None = None
    curriculum: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no sense together."""
        if self.adr is not None and (self.randomization is not None or self.curriculum):
            raise UsageError("adr: ranges grow by themselves to those of its preset; leave --randomization and "
                             "--curriculum out")  # fmt: skip
        if self.curriculum and self.randomization is None:
            raise UsageError("curriculum: no range could widen; give a --randomization")

    @property
    def widening(self) -> Widening | None:
        """How ranges widen, if they do."""
        return "adr" if self.adr is not None else "curriculum" if self.curriculum else None

    @property
    def fixed(self) -> str | Path | None:
        """The preset that is there from the first episode on."""
        return None if self.curriculum else self.randomization

    def widened(self, env: TaskEnv, sight: Sight) -> list[Variation]:
        """Where ranges may end; of what the learner cannot notice there are none: they would dilute the trials."""
        preset, view = self.adr or self.randomization, sight.view(env.task)
        varied = () if preset is None else load_preset(preset, env.task)
        return [variation for variation in varied if view.reached_by(variation.path)]

    def card(self) -> dict[str, Any]:
        """For whoever wants to know later."""
        return {
            "randomization": None if self.randomization is None else str(self.randomization),
            "adr": None if self.adr is None else str(self.adr), "curriculum": self.curriculum,
        }  # fmt: skip
