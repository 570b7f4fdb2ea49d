"""Training problem of the refinement network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.errors import UsageError
from mygym_lite.perception.crops import DOWNSAMPLING
from mygym_lite.perception.refinement_network import RefinementNetwork, prepare_crops
from mygym_lite.perception.training.crop_data import CropBatch, ObjectCrops, sample_crops
from mygym_lite.perception.training.data import LabelledImages
from mygym_lite.perception.training.refinement_losses import RefinementLosses, compute_refinement_losses


class RefinementProblem:
    """Refinement network, and its losses on crops.

    Args:
        train: Training images, with crops.
        val: Validation images, with crops.
        seed: Seed of the initial weights and of the offsets of the crops.
    """

    def __init__(self, train: LabelledImages, val: LabelledImages, seed: int) -> None:
        self._train, self._val = _get_crops(train), _get_crops(val)
        self._cameras = [images.camera_batch.scale(DOWNSAMPLING) for images in (train, val)]
        self.train_count, self.val_count = len(self._train), len(self._val)
        self._rng = np.random.default_rng(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = RefinementNetwork(len(train.class_names))
        self.network: RefinementNetwork = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def compute_train_losses(self, rows: NDArray[np.int64]) -> RefinementLosses:
        """Compute the losses of the network on crops at random offsets."""
        batch = sample_crops(self._train, self._cameras[0], rows, self._rng)
        return _compute_losses(self.network, batch)

    def compute_val_losses(self, network: RefinementNetwork, rows: NDArray[np.int64]) -> RefinementLosses:
        """Compute the losses of a network on crops in the middle of validation patches."""
        return _compute_losses(network, sample_crops(self._val, self._cameras[1], rows, None))


def _get_crops(images: LabelledImages) -> ObjectCrops:
    if images.crops is None:
        raise UsageError("perception: refinement is trained on images at full resolution; read them with crops")
    return images.crops


def _compute_losses(network: RefinementNetwork, batch: CropBatch) -> RefinementLosses:
    crops = prepare_crops(batch.crops)
    return compute_refinement_losses(network(crops, torch.from_numpy(batch.features)), batch)
