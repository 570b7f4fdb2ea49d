"""Object models of BOP, which has no scaled objects: one for each class, and one for each other scale of a class."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist

from mygym_lite.datasets.formats.ply import format_ply, load_model_mesh
from mygym_lite.datasets.symmetry import find_symmetry
from mygym_lite.files import write_json, write_text

FOLDERS = ("models", "models_eval")
"""The models are written twice: those for training also serve for evaluation."""
_MM_PER_M = 1000.0
_DIGITS = 6  # of a scale
Record = dict[str, Any]


class BopModels:
    """Numbers of the models: classes at their declared size in their order, then other scales as they first appear.

    Args:
        classes: Names of the classes.
    """

    def __init__(self, classes: Iterable[str]) -> None:
        self._numbers = {(name, 1.0): number for number, name in enumerate(classes, start=1)}

    def get_number(self, name: str, scale: float) -> int:
        """Return the number of a model, a new one for a new scale."""
        return self._numbers.setdefault((name, round(scale, _DIGITS)), len(self._numbers) + 1)

    @property
    def names(self) -> dict[str, str]:
        """Class of each model by its number."""
        return {str(number): name for (name, _), number in self._numbers.items()}

    def write(self, folder: Path) -> None:
        """Write the models and their descriptions."""
        for (name, scale), number in self._numbers.items():
            for kind in FOLDERS:
                write_text(folder / kind / f"obj_{number:06d}.ply", format_ply(name, scale))
        infos = {str(number): _describe_model(name, scale) for (name, scale), number in self._numbers.items()}
        for kind in FOLDERS:
            write_json(folder / kind / "models_info.json", infos)


def _describe_model(name: str, scale: float) -> Record:
    points = _MM_PER_M * scale * load_model_mesh(name).points
    low, high = points.min(axis=0), points.max(axis=0)
    bounds = {f"min_{axis}": round(float(value), 5) for axis, value in zip("xyz", low, strict=True)}
    bounds |= {f"size_{axis}": round(float(value), 5) for axis, value in zip("xyz", high - low, strict=True)}
    diameter = round(float(pdist(points).max()), 5)
    return {"diameter": diameter, **bounds, **_describe_symmetry(name), "name": name, "scale": scale}


def _describe_symmetry(name: str) -> Record:
    axes, rotations = find_symmetry(name)
    entry: Record = {}
    if rotations:
        entry["symmetries_discrete"] = [
            np.block([[rotation.round(9), np.zeros((3, 1))], [np.eye(4)[3]]]).ravel().tolist() for rotation in rotations
        ]
    if axes:
        entry["symmetries_continuous"] = [{"axis": np.eye(3)[axis].tolist(), "offset": [0, 0, 0]} for axis in axes]
    return entry
