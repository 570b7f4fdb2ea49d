"""Folder of a trained estimator: metadata in ``perception.json``, tensors in ``weights.safetensors``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite import paths
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.weights import WeightsFolder

METADATA_FILE = "perception.json"
_FOLDER = WeightsFolder(METADATA_FILE, "name a folder with trained perception", "train again, or copy it again")
_STORED_DTYPE = np.float16  # halves the size without measurable loss of accuracy
Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Calibration:
    """Scale of the predicted standard deviations, fitted on the validation scenes."""

    position: float = 1.0
    yaw: float = 1.0


@dataclass(frozen=True)
class EstimatorMetadata:
    """Content of ``perception.json``.

    Args:
        classes: Object models of the classes, number 1 first.
        size: Width and height of the images, px.
        cameras: Cameras of the training images.
        tasks: Tasks of the training scenes.
        refines: True if a second network refines the detections on crops at full resolution.
        calibration: Scale of the predicted standard deviations.
        provenance: Origin of the weights: command, seed, data, loss curve and test metrics.
    """

    classes: tuple[str, ...]
    size: tuple[int, int]
    cameras: tuple[str, ...]
    tasks: tuple[str, ...]
    refines: bool = False
    calibration: Calibration = Calibration()
    provenance: dict[str, object] = field(default_factory=dict)

    def require_compatible(self, task: str, models: Sequence[str], cameras: Sequence[str], estimator: str) -> None:
        """Refuse a task whose cameras, or all of whose objects, were absent from training."""
        for camera in cameras:
            if camera not in self.cameras:
                raise ConfigError(
                    f"perception {estimator}: trained on cameras {', '.join(self.cameras)}, not on '{camera}' of {task}"
                )
        if models and not set(models) & set(self.classes):
            needed = ", ".join(sorted(set(models)))
            raise ConfigError(f"perception {estimator}: trained on {', '.join(self.classes)}; {task} needs {needed}")


def read_metadata(folder: Path) -> EstimatorMetadata:
    """Read ``perception.json``."""
    return _FOLDER.read_metadata(folder, EstimatorMetadata)


def read_weights(folder: Path) -> dict[str, NDArray[Any]]:
    """Read ``weights.safetensors``."""
    return _FOLDER.read_weights(folder)


def write_estimator(folder: Path, metadata: EstimatorMetadata, tensors: Tensors) -> Path:
    """Write both files, replacing those of an earlier estimator."""
    stored = {name: t.astype(_STORED_DTYPE) if t.dtype == np.float32 else t for name, t in tensors.items()}
    return _FOLDER.write(folder, metadata, stored)


def list_estimators() -> tuple[str, ...]:
    """List the shipped estimators."""
    return tuple(sorted(file.parent.name for file in _get_shipped_folder().glob(f"*/{METADATA_FILE}")))


def find_estimator(name_or_path: str | os.PathLike[str]) -> Path:
    """Find an estimator's folder by path, or by shipped name, which takes precedence over the working folder."""
    text = os.fspath(name_or_path)
    if text in list_estimators() and not isinstance(name_or_path, Path):
        return _get_shipped_folder() / text
    if text and Path(text).is_dir():
        return Path(text)
    known = list_estimators()
    remedy = suggest(Path(text).name, known) if known else "; name a folder with trained perception"
    raise ConfigError(f"perception {text}: no such folder, and none of that name is shipped{remedy}")


def _get_shipped_folder() -> Path:
    return paths.get_assets_folder() / "perception"
