"""Refinement network: class, orientation and position of the object in a crop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mygym_lite.perception.camera_encoding import CROP_FEATURES
from mygym_lite.perception.crops import CROP_SIZE
from mygym_lite.perception.network import PYRAMID_CHANNELS, build_block, fuse_batch_norms
from mygym_lite.perception.yaw import count_folds

_WIDTHS = (16, 32, 64, 96)
_BOTTLENECK, _HIDDEN = 32, 192
_STRIDE = 8  # of the last features


class RefinementOutput(NamedTuple):
    """Outputs for n crops; directions are in the robot's frame, turned by the heading of the camera."""

    classes: Tensor
    """Class logits (n, classes)."""
    axis: Tensor
    """Direction of the object's z axis (n, 3), not normalized."""
    axis_log_concentration: Tensor
    """Logarithm of the von Mises-Fisher concentration of the axis (n,)."""
    yaw: Tensor
    """Cosines and sines (n, 2, folds) of multiples of the yaw about the axis, one for each symmetry, not normalized."""
    yaw_log_concentration: Tensor
    """Logarithms of the von Mises concentrations of these angles (n, folds)."""
    offset: Tensor
    """Offset of the object's origin from the centre of the crop (n, 2), in edges of the crop."""
    log_depth: Tensor
    """Log depth relative to the ground in the centre of the crop (n,)."""
    offset_log_scale: Tensor
    """Logarithm of the scale of the offset's error (n,)."""
    depth_log_scale: Tensor
    """Logarithm of the scale of the log depth's error (n,)."""


class RefinementNetwork(nn.Module):
    """Convolutional network for crops, which also takes the features that the detection network has of the object.

    It predicts a multiple of the yaw for each rotational symmetry among the classes, so that no output has another
    meaning for another class.

    Args:
        class_names: Object models of the classes.
    """

    def __init__(self, class_names: Sequence[str]) -> None:
        super().__init__()
        self.folds = list_folds(class_names)
        width1, width2, width3, width4 = _WIDTHS
        self.features = nn.Sequential(
            build_block(3, width1, 2),
            build_block(width1, width2),
            build_block(width2, width3, 2),
            build_block(width3, width3),
            build_block(width3, width4, 2),
            build_block(width4, width4),
        )
        inputs = _BOTTLENECK * (CROP_SIZE // _STRIDE) ** 2 + CROP_FEATURES + PYRAMID_CHANNELS
        turns = len(self.folds)
        self._sizes = [len(class_names), 3, 1, 2 * turns, turns, 2, 1, 1, 1]
        self.bottleneck = nn.Sequential(nn.Conv2d(width4, _BOTTLENECK, 1), nn.ReLU(), nn.Flatten())
        self.hidden = nn.Sequential(nn.Linear(inputs, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, _HIDDEN), nn.ReLU())
        self.head = nn.Linear(_HIDDEN, sum(self._sizes))

    def fuse_batch_norm(self) -> RefinementNetwork:
        """Return a copy for inference, with batch normalization folded into the convolutions."""
        return fuse_batch_norms(self)

    def forward(self, crops: Tensor, crop_features: Tensor) -> RefinementOutput:
        """Predict from crops (n, 3, CROP_SIZE, CROP_SIZE), 0 to 1, and the encodings of their views and features."""
        features = self.bottleneck(self.features(crops))
        outputs = self.head(self.hidden(torch.cat([features, crop_features], 1)))
        classes, axis, axis_concentration, yaw, yaw_concentration, offset, *scalars = torch.split(
            outputs, self._sizes, 1
        )
        log_depth, offset_log_scale, depth_log_scale = (part[:, 0] for part in scalars)
        return RefinementOutput(
            classes=classes,
            axis=axis,
            axis_log_concentration=axis_concentration[:, 0],
            yaw=yaw.reshape(len(yaw), 2, len(self.folds)),
            yaw_log_concentration=yaw_concentration,
            offset=offset,
            log_depth=log_depth,
            offset_log_scale=offset_log_scale,
            depth_log_scale=depth_log_scale,
        )


def list_folds(class_names: Sequence[str]) -> tuple[int, ...]:
    """List the rotational symmetries about the z axis among object models, without those of round ones."""
    return tuple(sorted({folds for name in class_names if (folds := count_folds(name))}))


def prepare_crops(crops: NDArray[np.uint8]) -> Tensor:
    """Convert crops (n, height, width, 3) to the input of the network."""
    pixels = torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
    return pixels.contiguous(memory_format=torch.channels_last)
