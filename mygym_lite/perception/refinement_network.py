"""Refinement network: class, orientation and position of the object in a crop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mygym_lite.perception.camera_encoding import CROP_FEATURES
from mygym_lite.perception.crops import CROP_SIZE
from mygym_lite.perception.network import build_block, fuse_batch_norms

_WIDTHS = (16, 32, 64, 96)
_BOTTLENECK, _HIDDEN = 32, 192
_STRIDE = 8  # of the last features
_OUTPUTS = (3, 1, 2, 1, 2, 1, 1, 1)  # axis, its concentration, yaw, its concentration, offset, log depth, two scales


class RefinementOutput(NamedTuple):
    """Outputs for n crops; directions are in the robot's frame, turned by the heading of the camera."""

    classes: Tensor
    """Class logits (n, classes)."""
    axis: Tensor
    """Direction of the object's z axis (n, 3), not normalized."""
    axis_log_concentration: Tensor
    """Logarithm of the von Mises-Fisher concentration of the axis (n,)."""
    yaw: Tensor
    """Cosine and sine (n, 2) of folds times the yaw about the axis, not normalized."""
    yaw_log_concentration: Tensor
    """Logarithm of the von Mises concentration of that angle (n,)."""
    offset: Tensor
    """Offset of the object's origin from the centre of the crop (n, 2), in edges of the crop."""
    log_depth: Tensor
    """Log depth relative to the ground in the centre of the crop (n,)."""
    offset_log_scale: Tensor
    """Logarithm of the scale of the offset's error (n,)."""
    depth_log_scale: Tensor
    """Logarithm of the scale of the log depth's error (n,)."""


class RefinementNetwork(nn.Module):
    """Convolutional network for crops.

    Args:
        classes: Number of object classes.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        width1, width2, width3, width4 = _WIDTHS
        self.features = nn.Sequential(
            build_block(3, width1, 2),
            build_block(width1, width2),
            build_block(width2, width3, 2),
            build_block(width3, width3),
            build_block(width3, width4, 2),
            build_block(width4, width4),
        )
        inputs = _BOTTLENECK * (CROP_SIZE // _STRIDE) ** 2 + CROP_FEATURES
        self.bottleneck = nn.Sequential(nn.Conv2d(width4, _BOTTLENECK, 1), nn.ReLU(), nn.Flatten())
        self.hidden = nn.Sequential(nn.Linear(inputs, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, _HIDDEN), nn.ReLU())
        self.head = nn.Linear(_HIDDEN, classes + sum(_OUTPUTS))
        self._sizes = (classes, *_OUTPUTS)

    def fuse_batch_norm(self) -> RefinementNetwork:
        """Return a copy for inference, with batch normalization folded into the convolutions."""
        return fuse_batch_norms(self)

    def forward(self, crops: Tensor, crop_features: Tensor) -> RefinementOutput:
        """Predict from crops (n, 3, CROP_SIZE, CROP_SIZE), 0 to 1, and the encodings of their views."""
        features = self.bottleneck(self.features(crops))
        outputs = self.head(self.hidden(torch.cat([features, crop_features], 1)))
        parts = torch.split(outputs, list(self._sizes), 1)
        return RefinementOutput(*(part[:, 0] if part.shape[1] == 1 else part for part in parts))


def prepare_crops(crops: NDArray[np.uint8]) -> Tensor:
    """Convert crops (n, height, width, 3) to the input of the network."""
    pixels = torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
    return pixels.contiguous(memory_format=torch.channels_last)
