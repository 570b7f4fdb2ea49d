"""Training problem of the detection network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.perception.network import NetworkOutput, PoseNetwork
from mygym_lite.perception.training.data import LabelledImages
from mygym_lite.perception.training.losses import Losses, build_targets, compute_losses
from mygym_lite.perception.yaw import count_folds


class DetectionProblem:
    """Detection network, and its losses on images.

    Args:
        train: Training images.
        val: Validation images.
        seed: Seed of the initial weights.
    """

    def __init__(self, train: LabelledImages, val: LabelledImages, seed: int) -> None:
        self._train, self._val = train, val
        self.train_count, self.val_count = len(train), len(val)
        self._folds = np.array([0, *map(count_folds, train.class_names)])
        height, width = train.rgb.shape[1:3]
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.network = PoseNetwork(len(train.class_names), (width, height)).to_channels_last()

    def compute_train_losses(self, rows: NDArray[np.int64]) -> Losses:
        """Compute the losses of the network on training images."""
        return self._compute_losses(self.network, self._train, rows)

    def compute_val_losses(self, network: PoseNetwork, rows: NDArray[np.int64]) -> Losses:
        """Compute the losses of a network on validation images."""
        return self._compute_losses(network, self._val, rows)

    def _compute_losses(self, network: PoseNetwork, images: LabelledImages, rows: NDArray[np.int64]) -> Losses:
        ray_channels = compute_ray_channels(images, rows)
        outputs = run_network(network, images, rows, ray_channels)
        return compute_losses(outputs, build_targets(images, rows, ray_channels, self._folds))


def compute_ray_channels(images: LabelledImages, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Compute the ray channels of some images."""
    return images.camera_batch.take(rows).compute_ray_channels(*images.cell_owners.shape[1:])


def run_network(
    network: PoseNetwork, images: LabelledImages, rows: NDArray[np.int64], ray_channels: NDArray[np.float32]
) -> NetworkOutput:
    """Run a network on some images."""
    rgb = torch.from_numpy(images.rgb[rows]).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
    rays, features = torch.from_numpy(ray_channels), images.camera_batch.take(rows).compute_camera_features()
    inputs = [tensor.contiguous(memory_format=torch.channels_last) for tensor in (rgb, rays)]
    outputs: NetworkOutput = network(*inputs, torch.from_numpy(features))
    return outputs
