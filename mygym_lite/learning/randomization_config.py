"""Domain randomization of a training: a fixed preset, automatic domain randomization (ADR), or a curriculum."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.errors import UsageError
from mygym_lite.randomization.adr import Widening


@dataclass(frozen=True)
class RandomizationConfig:
    """Variations between the episodes of a training.

    Args:
        preset: Randomization preset, applied from the first episode on unless ``curriculum`` is true.
        adr: Preset whose ranges grow where the policy succeeds (automatic domain randomization), instead of ``preset``.
        curriculum: Widen all ranges together over the first half of the training.
    """

    preset: str | Path | None = None
    adr: str | Path | None = None
    curriculum: bool = False

    def __post_init__(self) -> None:
        """Refuse options that exclude each other."""
        if self.adr is not None and (self.preset is not None or self.curriculum):
            raise UsageError(
                "adr: ranges grow by themselves to those of its preset; leave --randomization and --curriculum out"
            )

    @property
    def widening(self) -> Widening | None:
        """Way in which ranges widen, if any."""
        return "adr" if self.adr is not None else "curriculum" if self.curriculum else None

    def to_dict(self) -> dict[str, Any]:
        """Convert the configuration for the provenance of a policy."""
        return {
            "randomization": None if self.preset is None else str(self.preset),
            "adr": None if self.adr is None else str(self.adr),
            "curriculum": self.curriculum,
        }
