"""From datasets to a folder with weights that say how they came to be, and how good they are."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch

from mygym_lite.datasets.frame import SPLITS
from mygym_lite.errors import UsageError
from mygym_lite.perception.card import METADATA_FILE, EstimatorMetadata
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.training.data import (
    MANIFEST_FILE,
    LabelledImages,
    concatenate,
    read_dataset_manifest,
    read_labelled_images,
)
from mygym_lite.perception.training.loss_chart import draw_loss_chart
from mygym_lite.perception.training.trainer import Epoch, Trainer, TrainingConfig, TrainingProgress
from mygym_lite.perception.training.validation import EstimatorMetrics, calibrate, measure_accuracy
from mygym_lite.weights import lock_training_folder

LOSS_CHART_FILE = "curve.svg"


class HasFolder(Protocol):
    """A dataset, as ``make_dataset`` returns it."""

    @property
    def folder(self) -> Path:
        """Where it is."""


DatasetLike = str | Path | HasFolder
StatusCallback = Callable[[str], None]


@dataclass(frozen=True)
class TrainedEstimator:
    """What comes out of training."""

    estimator: PoseEstimator
    folder: Path
    curve: tuple[Epoch, ...]
    test_metrics: EstimatorMetrics


def no_progress(_step: int, _steps: int, _curve: list[Epoch]) -> None:
    """Nobody looks."""


def train_perception(
    data: DatasetLike | Sequence[DatasetLike],
    out: str | Path,
    *,
    training: TrainingConfig | None = None,
    progress: TrainingProgress = no_progress,
) -> TrainedEstimator:
    """Learn to see from one or several datasets that were written in COCO.

    What is learned is what their training scenes show; the state that is best on the validation scenes is kept, how
    sure it may be is found on them too, and the test is on the test scenes. An interrupt ends the learning, and what
    was best until then is kept.

    Args:
        data: Folders of datasets of one size and the same classes.
        out: Folder of the weights, which must not hold any yet.
        training: How long and how fast.
        progress: Is told how it goes on.
    """
    folder, folders = Path(out), _folders(data)
    if (folder / METADATA_FILE).exists():
        raise UsageError(f"{folder}: holds weights already; choose another folder")
    with lock_training_folder(folder):
        return _train(folder, folders, training or TrainingConfig(), progress)


def _train(folder: Path, folders: Sequence[Path], chosen: TrainingConfig, watch: TrainingProgress) -> TrainedEstimator:
    cards = [read_dataset_manifest(one) for one in folders]
    train, val, test = (concatenate([read_labelled_images(one, split) for one in folders], folders) for split in SPLITS)
    began = time.monotonic()
    with _threads(chosen.threads):
        network, curve = Trainer(train, val, chosen).run(watch)
    minutes = (time.monotonic() - began) / 60
    eyes = calibrate(PoseEstimator(network, _card(train, cards), folder.name), val)
    tested = measure_accuracy(eyes, test)
    made = {
        "command": _command(folders, chosen), "training": asdict(chosen), "minutes": round(minutes, 1),
        "data": [_origin(*one) for one in zip(folders, cards, strict=True)],
        "curve": [list(epoch[:3]) for epoch in curve], "test": _numbers(tested),
    }  # fmt: skip
    eyes = eyes.copy_with_metadata(replace(eyes.metadata, provenance=made))
    eyes.save(folder)
    with suppress(OSError):  # the weights are there; the chart alone is no reason to fail
        (folder / LOSS_CHART_FILE).write_text(draw_loss_chart(curve), encoding="utf-8")
    return TrainedEstimator(eyes, folder, tuple(curve), tested)


def _card(examples: LabelledImages, cards: Sequence[Mapping[str, Any]]) -> EstimatorMetadata:
    """What weights are for that were trained on these."""
    height, width = examples.rgb.shape[1:3]
    tasks = dict.fromkeys(str(card["task"]["name"]) for card in cards)
    return EstimatorMetadata(
        examples.class_names, (width, height), tuple(dict.fromkeys(examples.cameras)), tuple(tasks)
    )


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Compute with so many threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _folders(data: DatasetLike | Sequence[DatasetLike]) -> list[Path]:
    several = [data] if isinstance(data, str | Path) or hasattr(data, "folder") else list(data)
    if not several:
        raise UsageError("perception: no dataset to learn from; name one or more")
    return [Path(one) if isinstance(one, str | Path) else one.folder for one in several]


def _command(folders: Sequence[Path], schedule: TrainingConfig) -> str:
    """What trains the same weights again, wherever the datasets lie."""
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in asdict(schedule).items())
    return f"mygym-lite train perception --data {' '.join(folder.name for folder in folders)} {options}"


def _origin(folder: Path, card: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256((folder / MANIFEST_FILE).read_bytes()).hexdigest()[:32]
    return {"name": folder.name, "command": card["command"], "images": card["images"], "digest": digest}


def _numbers(tested: EstimatorMetrics) -> dict[str, float | None]:
    """As JSON has them."""
    rounded = {name: round(value, 6) for name, value in asdict(tested).items()}
    return {name: None if math.isnan(value) else value for name, value in rounded.items()}
