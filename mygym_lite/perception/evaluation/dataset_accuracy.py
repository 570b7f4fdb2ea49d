"""Accuracy of estimators on the images of datasets, such as those of another renderer."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite import paths
from mygym_lite.datasets.frame import SPLITS, Split
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.perception.crops import DOWNSAMPLING
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.evaluation.plan import label_folders
from mygym_lite.perception.training.coco_reader import MANIFEST_FILE, read_dataset_manifest, read_labelled_images
from mygym_lite.perception.training.data import LabelledImages, concatenate
from mygym_lite.perception.training.validation import EstimatorMetrics, measure_accuracy
from mygym_lite.torch_threads import limit_torch_threads

DEFAULT_SPLITS: tuple[Split, ...] = ("test",)


@dataclass(frozen=True)
class DatasetAccuracy:
    """Accuracy of one estimator on the images of one dataset."""

    weights: str
    """Label of the estimator."""
    data: str
    """Name or path of the dataset, as given."""
    splits: tuple[Split, ...]
    images: int
    classes: int
    """Number of classes of the dataset that the estimator knows; objects of others are not counted."""
    metrics: EstimatorMetrics

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON data; nan becomes null."""
        numbers = {name: None if math.isnan(value) else value for name, value in asdict(self.metrics).items()}
        return {**asdict(self), "splits": list(self.splits), "metrics": numbers}


def list_datasets() -> tuple[str, ...]:
    """List the shipped datasets."""
    return tuple(sorted(file.parent.name for file in _get_shipped_folder().glob(f"*/{MANIFEST_FILE}")))


def find_dataset(name_or_path: str | os.PathLike[str]) -> Path:
    """Find a dataset's folder by path, or by shipped name, which takes precedence over the working folder."""
    text = os.fspath(name_or_path)
    if text in list_datasets() and not isinstance(name_or_path, Path):
        return _get_shipped_folder() / text
    if text and Path(text).is_dir():
        return Path(text)
    raise ConfigError(
        f"data {text}: no such folder, and no dataset of that name is shipped{suggest(text, list_datasets())}"
    )


def _get_shipped_folder() -> Path:
    return paths.get_evaluation_folder() / "datasets"


def measure_on_datasets(
    weights: Sequence[str | Path],
    data: Sequence[str | Path],
    *,
    splits: Sequence[str] = DEFAULT_SPLITS,
    threads: int = 1,
) -> tuple[DatasetAccuracy, ...]:
    """Measure the accuracy of each estimator on each dataset.

    Args:
        weights: Estimators, shipped or folders; ``LABEL=FOLDER`` sets the name in the results.
        data: Datasets in COCO format, shipped or folders.
        splits: Splits whose images are used.
        threads: Threads of PyTorch.
    """
    folders, selected = [(str(entry), find_dataset(entry)) for entry in data], _parse_splits(splits)
    estimators = [(label, PoseEstimator.load(folder)) for label, folder in label_folders(weights)]
    with limit_torch_threads(threads):
        return tuple(
            _measure(label, estimator, name, folder, selected)
            for name, folder in folders
            for label, estimator in estimators
        )


def _measure(
    label: str, estimator: PoseEstimator, name: str, folder: Path, splits: tuple[Split, ...]
) -> DatasetAccuracy:
    images = select_known_classes(_read_images(estimator, folder, splits), estimator.metadata.classes)
    known = set(read_dataset_manifest(folder)["classes"]) & set(estimator.metadata.classes)
    metrics = measure_accuracy(estimator, images)
    return DatasetAccuracy(label, name, splits, images=len(images), classes=len(known), metrics=metrics)


def _read_images(estimator: PoseEstimator, folder: Path, splits: Sequence[Split]) -> LabelledImages:
    """Read the images at the size that an estimator takes; larger ones are reduced if their size allows that."""
    size, needed = tuple(read_dataset_manifest(folder)["size"]), estimator.metadata.size
    is_larger = size == tuple(DOWNSAMPLING * edge for edge in needed)
    if size != needed and not is_larger:
        raise UsageError(
            f"{folder}: its images have {size[0]}x{size[1]} px; perception {estimator.name} needs "
            f"{needed[0]}x{needed[1]} px or {DOWNSAMPLING} times as many in each direction"
        )
    refines = estimator.refinement is not None
    with_crops = refines or is_larger
    parts = [read_labelled_images(folder, split, with_crops=with_crops, keep_full=refines) for split in splits]
    return concatenate([replace(part, crops=None) for part in parts], [folder] * len(parts))


def select_known_classes(images: LabelledImages, classes: Sequence[str]) -> LabelledImages:
    """Renumber the classes like those of an estimator, and remove the objects of other classes from the labels.

    Their pixels stay in the mask of all objects.
    """
    numbers = [0, *(1 + classes.index(name) if name in classes else 0 for name in images.class_names)]
    renumbered = np.array(numbers, np.uint8)[images.objects.classes]
    rows = np.arange(len(images))[:, None, None]
    owned = renumbered[rows, np.maximum(images.cell_owners, 1) - 1] > 0
    return replace(
        images,
        class_names=tuple(classes),
        objects=replace(images.objects, classes=renumbered),
        cell_owners=np.where(owned, images.cell_owners, 0).astype(np.uint8),
    )


def _parse_splits(names: Sequence[str]) -> tuple[Split, ...]:
    """Return the named splits in their usual order.

    Raises:
        ConfigError: A name is not that of a split.
    """
    for name in names:
        if name not in SPLITS:
            raise ConfigError(f"splits: no '{name}'{suggest(name, SPLITS)}")
    return tuple(split for split in SPLITS if split in names)
