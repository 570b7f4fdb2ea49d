"""Training problem of the refinement network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.errors import UsageError
from mygym_lite.perception.crops import DOWNSAMPLING
from mygym_lite.perception.network import PYRAMID_CHANNELS, PoseNetwork
from mygym_lite.perception.refinement_network import RefinementNetwork, prepare_crops
from mygym_lite.perception.training.crop_data import CropBatch, ObjectCrops, sample_crops
from mygym_lite.perception.training.data import LabelledImages
from mygym_lite.perception.training.detection_problem import compute_ray_channels, run_network
from mygym_lite.perception.training.refinement_losses import RefinementLosses, compute_refinement_losses
from mygym_lite.perception.yaw import count_folds

_BATCH = 64  # images


class RefinementProblem:
    """Refinement network, and its losses on crops.

    Args:
        train: Training images, with crops.
        val: Validation images, with crops.
        detection: Trained detection network, whose features of the objects the refinement takes.
        seed: Seed of the initial weights and of the offsets of the crops.
    """

    def __init__(self, train: LabelledImages, val: LabelledImages, detection: PoseNetwork, seed: int) -> None:
        self._train, self._val = (_add_features(images, detection) for images in (train, val))
        self._class_folds = np.array(list(map(count_folds, train.class_names)))
        self._cameras = [images.camera_batch.scale(DOWNSAMPLING) for images in (train, val)]
        self.train_count, self.val_count = len(self._train), len(self._val)
        self._rng = np.random.default_rng(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = RefinementNetwork(train.class_names)
        self.network: RefinementNetwork = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def compute_train_losses(self, rows: NDArray[np.int64]) -> RefinementLosses:
        """Compute the losses of the network on crops at random offsets."""
        batch = sample_crops(self._train, self._cameras[0], rows, self._rng)
        return self._compute_losses(self.network, batch)

    def compute_val_losses(self, network: RefinementNetwork, rows: NDArray[np.int64]) -> RefinementLosses:
        """Compute the losses of a network on crops in the middle of validation patches."""
        return self._compute_losses(network, sample_crops(self._val, self._cameras[1], rows, None))

    def _compute_losses(self, network: RefinementNetwork, batch: CropBatch) -> RefinementLosses:
        outputs = network(prepare_crops(batch.crops), torch.from_numpy(batch.features))
        return compute_refinement_losses(outputs, batch, network.folds, self._class_folds)


def _add_features(images: LabelledImages, detection: PoseNetwork) -> ObjectCrops:
    """Return the crops with the mean features of the cells of each object."""
    if images.crops is None:
        raise UsageError("perception: refinement is trained on images at full resolution; read them with crops")
    crops, network = images.crops, detection.fuse_batch_norm()
    features = np.zeros((len(crops), PYRAMID_CHANNELS), np.float32)
    for rows in np.array_split(np.arange(len(images)), -(-len(images) // _BATCH)):
        with torch.inference_mode():
            outputs = run_network(network, images, rows, compute_ray_channels(images, rows)).features.numpy()
        first, last = np.searchsorted(crops.images, (rows[0], rows[-1] + 1))
        for index in range(int(first), int(last)):
            row = int(crops.images[index])
            cells = images.cell_owners[row] == crops.numbers[index]
            features[index] = outputs[row - rows[0]][:, cells].mean(axis=1)
    return replace(crops, features=features)
