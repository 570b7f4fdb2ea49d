"""Reference to an estimator by name, as ``--perception`` takes it; it can be sent to other processes."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mygym_lite.code_fingerprint import ENVIRONMENT, compute_code_fingerprint
from mygym_lite.fingerprint import fingerprint_files
from mygym_lite.perception import metadata
from mygym_lite.perception.metadata import find_estimator
from mygym_lite.weights import WEIGHTS

if TYPE_CHECKING:
    from mygym_lite.perception.estimator import PoseEstimator

_ESTIMATION = "mygym_lite.perception.state_estimator"  # module whose code determines the estimates


@dataclass(frozen=True)
class EstimatorSpec:
    """Reference to an estimator.

    Args:
        name: Name or path as given.
        folder: Folder of the estimator.
    """

    name: str
    folder: Path

    @classmethod
    def resolve(cls, name_or_path: str | os.PathLike[str]) -> Self:
        """Resolve a shipped name or the path of a folder."""
        return cls(os.fspath(name_or_path), find_estimator(name_or_path))

    def describe(self) -> dict[str, Any]:
        """Describe the estimator for a manifest; the digests change whenever its estimates might."""
        description = asdict(metadata.read_metadata(self.folder))
        del description["provenance"]
        digest = fingerprint_files([self.folder / metadata.METADATA_FILE, self.folder / WEIGHTS])
        code = compute_code_fingerprint(_ESTIMATION, beyond=ENVIRONMENT)
        return {"name": self.folder.name, "source": self.name, **description, "code": code, "digest": digest}

    def load(self) -> PoseEstimator:
        """Load the estimator."""
        from mygym_lite.perception.estimator import PoseEstimator

        return PoseEstimator.load(self.folder)
