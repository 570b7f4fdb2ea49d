"""A folder with trained weights: ``perception.json``, which says what they are for, and ``weights.safetensors``."""

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
_EYES = WeightsFolder(METADATA_FILE, "name a folder with trained perception", "train again, or copy it again")
_HALF = np.float16  # as they are kept: half the room, and no estimate is the worse for it
Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Calibration:
    """By how much deviations are larger than the network says, found on scenes that it did not learn from."""

    position: float = 1.0
    yaw: float = 1.0


@dataclass(frozen=True)
class EstimatorMetadata:
    """What ``perception.json`` says.

    Args:
        classes: Object models that it knows, number 1 first.
        size: Width and height of its pictures, px.
        cameras: Through which it learned to look.
        tasks: Of which it has seen scenes.
        calibration: Of how sure it is.
        provenance: How it came to be: command, seed, data, curve, tests.
    """

    classes: tuple[str, ...]
    size: tuple[int, int]
    cameras: tuple[str, ...]
    tasks: tuple[str, ...]
    calibration: Calibration = Calibration()
    provenance: dict[str, object] = field(default_factory=dict)

    def require_compatible(self, task: str, models: Sequence[str], cameras: Sequence[str], estimator: str) -> None:
        """Refuse a task whose objects or cameras these weights do not know."""
        for camera in cameras:
            if camera not in self.cameras:
                raise ConfigError(
                    f"perception {estimator}: learned to look through {', '.join(self.cameras)}, not through "
                    f"'{camera}' of {task}"
                )
        if models and not set(models) & set(self.classes):
            raise ConfigError(f"perception {estimator}: knows {', '.join(self.classes)}; {task} wants "
                            f"{', '.join(sorted(set(models)))}")  # fmt: skip


def read_metadata(folder: Path) -> EstimatorMetadata:
    """Read ``perception.json``."""
    return _EYES.read_metadata(folder, EstimatorMetadata)


def read_weights(folder: Path) -> dict[str, NDArray[Any]]:
    """Read ``weights.safetensors``."""
    return _EYES.read_weights(folder)


def write_estimator(folder: Path, metadata: EstimatorMetadata, tensors: Tensors) -> Path:
    """Write both files; a folder that holds trained perception already is overwritten."""
    halved = {name: one.astype(_HALF) if one.dtype == np.float32 else one for name, one in tensors.items()}
    return _EYES.write(folder, metadata, halved)


def list_estimators() -> tuple[str, ...]:
    """The trained perception that is shipped."""
    return tuple(sorted(file.parent.name for file in _home().glob(f"*/{METADATA_FILE}")))


def find_estimator(name_or_path: str | os.PathLike[str]) -> Path:
    """The folder meant by a shipped name, which does not depend on the working folder, or by a path."""
    text = os.fspath(name_or_path)
    if text in list_estimators() and not isinstance(name_or_path, Path):
        return _home() / text
    if text and Path(text).is_dir():
        return Path(text)
    known = list_estimators()
    remedy = suggest(Path(text).name, known) if known else "; name a folder with trained perception"
    raise ConfigError(f"perception {text}: no such folder, and none of that name is shipped{remedy}")


def _home() -> Path:
    return paths.get_assets_folder() / "perception"
