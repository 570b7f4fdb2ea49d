"""Training of an estimator: datasets in, a folder with weights, provenance and test metrics out."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from mygym_lite.datasets.frame import SPLITS, Split
from mygym_lite.errors import UsageError
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.metadata import METADATA_FILE, EstimatorMetadata
from mygym_lite.perception.network import PoseNetwork
from mygym_lite.perception.refinement_network import RefinementNetwork
from mygym_lite.perception.training.coco_reader import MANIFEST_FILE, read_dataset_manifest, read_labelled_images
from mygym_lite.perception.training.data import LabelledImages, concatenate
from mygym_lite.perception.training.detection_problem import DetectionProblem
from mygym_lite.perception.training.loss_chart import draw_loss_chart
from mygym_lite.perception.training.refinement_problem import RefinementProblem
from mygym_lite.perception.training.trainer import Epoch, Trainer, TrainingConfig, TrainingProgress
from mygym_lite.perception.training.validation import EstimatorMetrics, calibrate, measure_accuracy
from mygym_lite.torch_threads import limit_torch_threads
from mygym_lite.weights import lock_training_folder

LOSS_CHART_FILE = "curve.svg"


class HasFolder(Protocol):
    """Dataset as returned by ``make_dataset``."""

    @property
    def folder(self) -> Path:
        """Folder of the dataset."""


DatasetLike = str | Path | HasFolder


@dataclass(frozen=True)
class TrainedEstimator:
    """Result of training."""

    estimator: PoseEstimator
    folder: Path
    curve: tuple[Epoch, ...]
    test_metrics: EstimatorMetrics


def no_progress(_step: int, _steps: int, _curve: list[Epoch]) -> None:
    """Ignore progress."""


def train_perception(
    data: DatasetLike | Sequence[DatasetLike],
    out: str | Path,
    *,
    training: TrainingConfig | None = None,
    progress: TrainingProgress = no_progress,
) -> TrainedEstimator:
    """Train a pose estimator on one or several datasets in COCO format.

    The network is trained on the training scenes; the validation scenes select the best epoch and calibrate the
    standard deviations, and the test scenes measure the accuracy. An interrupt ends training with the best epoch so
    far.

    Args:
        data: Folders of datasets with equal image sizes and classes.
        out: Folder of the weights, which must not hold any yet.
        training: Duration and optimizer.
        progress: Callback after each step and each epoch.
    """
    folder, folders = Path(out), _list_folders(data)
    if (folder / METADATA_FILE).exists():
        raise UsageError(f"{folder}: holds weights already; choose another folder")
    with lock_training_folder(folder):
        return _train(folder, folders, training or TrainingConfig(), progress)


def _train(
    folder: Path, folders: Sequence[Path], config: TrainingConfig, progress: TrainingProgress
) -> TrainedEstimator:
    manifests = [read_dataset_manifest(dataset) for dataset in folders]
    train, val, test = (_read_images(folders, split, refines=config.refinement_epochs > 0) for split in SPLITS)
    start = time.monotonic()
    with limit_torch_threads(config.threads):
        network, curve = Trainer(DetectionProblem(train, val, config.seed), config).run(progress)
        refinement, refinement_curve = _train_refinement(train, val, network, config, progress)
    minutes = (time.monotonic() - start) / 60
    metadata = _build_metadata(train, val, manifests)
    estimator = calibrate(PoseEstimator(network, metadata, folder.name, refinement), val)
    test_metrics = measure_accuracy(estimator, test)
    provenance = {
        "command": _format_command(folders, config),
        "training": asdict(config),
        "minutes": round(minutes, 1),
        "data": [_describe_dataset(*pair) for pair in zip(folders, manifests, strict=True)],
        "curve": [list(epoch[:3]) for epoch in curve],
        "refinement_curve": [list(epoch[:3]) for epoch in refinement_curve],
        "test": _convert_to_json(test_metrics),
    }
    estimator = estimator.copy_with_metadata(replace(estimator.metadata, provenance=provenance))
    estimator.save(folder)
    with suppress(OSError):  # the weights are saved; a failure of the chart alone is no reason to fail
        (folder / LOSS_CHART_FILE).write_text(draw_loss_chart(curve), encoding="utf-8")
    return TrainedEstimator(estimator, folder, tuple(curve), test_metrics)


def _read_images(folders: Sequence[Path], split: Split, *, refines: bool) -> LabelledImages:
    """Read one split of all datasets; only images that are not for training are kept at full resolution."""
    is_train = split == "train"
    parts = [read_labelled_images(data, split, with_crops=refines, keep_full=not is_train) for data in folders]
    return concatenate(parts, folders)


def _train_refinement(
    train: LabelledImages,
    val: LabelledImages,
    detection: PoseNetwork,
    config: TrainingConfig,
    progress: TrainingProgress,
) -> tuple[RefinementNetwork | None, list[Epoch]]:
    """Train the network that refines the detections; None for no epochs."""
    if not config.refinement_epochs:
        return None, []
    problem = RefinementProblem(train, val, detection, config.seed)
    return Trainer(problem, replace(config, epochs=config.refinement_epochs)).run(progress)


def _build_metadata(
    train: LabelledImages, val: LabelledImages, manifests: Sequence[Mapping[str, Any]]
) -> EstimatorMetadata:
    height, width = val.inputs.shape[1:3]
    tasks = dict.fromkeys(str(manifest["task"]["name"]) for manifest in manifests)
    cameras = tuple(dict.fromkeys(train.cameras))
    return EstimatorMetadata(classes=train.class_names, size=(width, height), cameras=cameras, tasks=tuple(tasks))


def _list_folders(data: DatasetLike | Sequence[DatasetLike]) -> list[Path]:
    datasets = [data] if isinstance(data, str | Path) or hasattr(data, "folder") else list(data)
    if not datasets:
        raise UsageError("perception: no dataset for training; name one or more")
    return [Path(dataset) if isinstance(dataset, str | Path) else dataset.folder for dataset in datasets]


def _format_command(folders: Sequence[Path], config: TrainingConfig) -> str:
    """Format the command that trains the same weights, for datasets in any place."""
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in asdict(config).items())
    return f"mygym-lite train perception --data {' '.join(folder.name for folder in folders)} {options}"


def _describe_dataset(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256((folder / MANIFEST_FILE).read_bytes()).hexdigest()[:32]
    return {"name": folder.name, "command": manifest["command"], "images": manifest["images"], "digest": digest}


def _convert_to_json(metrics: EstimatorMetrics) -> dict[str, float | None]:
    """Round the metrics; nan becomes null."""
    rounded = {name: round(value, 6) for name, value in asdict(metrics).items()}
    return {name: None if math.isnan(value) else value for name, value in rounded.items()}
