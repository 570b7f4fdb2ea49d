"""Where trained perception comes from: what ``--perception`` names, in every process alike."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mygym_lite.code_fingerprint import ENVIRONMENT, compute_code_fingerprint
from mygym_lite.fingerprint import fingerprint_files
from mygym_lite.perception import card
from mygym_lite.perception.card import find_estimator
from mygym_lite.weights import WEIGHTS

if TYPE_CHECKING:
    from mygym_lite.perception.estimator import PoseEstimator

_LOOKING = "mygym_lite.perception.state_estimator"  # the module that decides what is seen


@dataclass(frozen=True)
class EstimatorSpec:
    """Trained perception by name; it can be sent to other processes, which load it there.

    Args:
        name: As it was written.
        folder: Where it is.
    """

    name: str
    folder: Path

    @classmethod
    def resolve(cls, name_or_path: str | os.PathLike[str]) -> Self:
        """By a shipped name, or by the path of a folder."""
        return cls(os.fspath(name_or_path), find_estimator(name_or_path))

    def describe(self) -> dict[str, Any]:
        """What a run notes about it: the digests change when it might see otherwise."""
        known = asdict(card.read_metadata(self.folder))
        del known["provenance"]
        digest = fingerprint_files([self.folder / card.METADATA_FILE, self.folder / WEIGHTS])
        code = compute_code_fingerprint(_LOOKING, beyond=ENVIRONMENT)
        return {"name": self.folder.name, "source": self.name, **known, "code": code, "digest": digest}

    def load(self) -> PoseEstimator:
        """Trained perception itself."""
        from mygym_lite.perception.estimator import PoseEstimator

        return PoseEstimator.load(self.folder)
