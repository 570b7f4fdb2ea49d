"""Pose network: a feature pyramid with global context and three dense heads."""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mygym_lite.perception.camera_encoding import BACKBONE_STRIDE, CAMERA_FEATURES, RAY_CHANNELS, STRIDE

WIDTHS = (16, 32, 64, 96)
"""Channels of the four stages of the backbone, at strides 2, 4, 8 and 16."""
REGRESSION_CHANNELS = 8
"""Regressed values of a cell's object: u, v, log depth, cosine and sine of yaw, certainty of place, depth and yaw."""
_CONTEXT_CHANNELS, _CONTEXT_HIDDEN = 16, 128
PYRAMID_CHANNELS, _MASK_CHANNELS = 40, 24

Network = TypeVar("Network", bound=nn.Module)


class NetworkOutput(NamedTuple):
    """Outputs for n images; a cell is a square of STRIDE px."""

    classes: Tensor
    """Class logits (n, 1 + classes, rows, columns); the first class is background."""
    regressions: Tensor
    """Regressed values (n, REGRESSION_CHANNELS, rows, columns)."""
    mask: Tensor
    """Logits (n, STRIDE², rows, columns) that each pixel of a cell, row by row, belongs to any object."""
    features: Tensor
    """Features of the cells (n, PYRAMID_CHANNELS, rows, columns), from which the others are predicted."""


class PoseNetwork(nn.Module):
    """Feature pyramid network (FPN) for images of one size.

    A convolutional backbone of four stages is followed by a top-down path with lateral connections. A global context
    vector, computed from the coarsest features and the pose of the camera, is added to the top of the pyramid, and the
    viewing rays of the cells are concatenated at its bottom, where the heads predict classes, poses and a mask.

    Args:
        classes: Number of object classes.
        size: Width and height of the images, px.
        channels: Channels of the images: 3, or 4 with depth.
    """

    def __init__(self, classes: int, size: tuple[int, int], channels: int = 3) -> None:
        super().__init__()
        width1, width2, width3, width4 = WIDTHS
        rows, columns = size[1] // BACKBONE_STRIDE, size[0] // BACKBONE_STRIDE
        self.stage1 = build_block(channels, width1, 2)
        self.stage2 = nn.Sequential(build_block(width1, width2, 2), build_block(width2, width2))
        self.stage3 = nn.Sequential(build_block(width2, width3, 2), build_block(width3, width3))
        self.stage4 = nn.Sequential(build_block(width3, width4, 2), build_block(width4, width4))
        self.context_projection = nn.Sequential(nn.Conv2d(width4, _CONTEXT_CHANNELS, 1), nn.ReLU(), nn.Flatten())
        context_inputs = _CONTEXT_CHANNELS * rows * columns + CAMERA_FEATURES
        self.global_context = nn.Sequential(
            nn.Linear(context_inputs, _CONTEXT_HIDDEN), nn.ReLU(), nn.Linear(_CONTEXT_HIDDEN, width4)
        )
        self.top_down4, self.top_down3 = nn.Conv2d(width4, width3, 1), nn.Conv2d(width3, width2, 1)
        self.merge3 = build_block(width3, width3)
        self.merge2 = nn.Sequential(
            build_block(width2 + RAY_CHANNELS, PYRAMID_CHANNELS), build_block(PYRAMID_CHANNELS, PYRAMID_CHANNELS)
        )
        self.class_head = nn.Conv2d(PYRAMID_CHANNELS, 1 + classes, 1)
        self.regression_head = nn.Conv2d(PYRAMID_CHANNELS, REGRESSION_CHANNELS, 1)
        self.mask_detail = nn.Conv2d(width1, _MASK_CHANNELS, 2, 2)
        self.mask_context = nn.Conv2d(PYRAMID_CHANNELS, _MASK_CHANNELS, 1)
        self.mask_head = nn.Sequential(nn.ReLU(), nn.Conv2d(_MASK_CHANNELS, STRIDE**2, 1))

    def to_channels_last(self) -> PoseNetwork:
        """Convert the weights to the memory format in which convolutions are fastest."""
        return self.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def fuse_batch_norm(self) -> PoseNetwork:
        """Return a copy for inference, with batch normalization folded into the convolutions."""
        return fuse_batch_norms(self)

    def forward(self, images: Tensor, ray_channels: Tensor, camera_features: Tensor) -> NetworkOutput:
        """Predict from images (n, channels, height, width), 0 to 1, and the encodings of their ``CameraBatch``."""
        features1 = self.stage1(images)
        features2 = self.stage2(features1)
        features3 = self.stage3(features2)
        features4 = self.stage4(features3)
        context = self.global_context(torch.cat([self.context_projection(features4), camera_features], 1))
        pyramid4 = features4 + context[:, :, None, None]
        pyramid3 = self.merge3(features3 + _upsample(self.top_down4(pyramid4)))
        pyramid2 = self.merge2(torch.cat([features2 + _upsample(self.top_down3(pyramid3)), ray_channels], 1))
        return NetworkOutput(
            classes=self.class_head(pyramid2),
            regressions=self.regression_head(pyramid2),
            mask=self.mask_head(self.mask_detail(features1) + self.mask_context(pyramid2)),
            features=pyramid2,
        )


def fuse_batch_norms(network: Network) -> Network:
    """Return a copy of a network of blocks for inference, with batch normalization folded into the convolutions."""
    fused = deepcopy(network).eval()
    for layers in fused.modules():
        if isinstance(layers, nn.Sequential) and len(layers) > 1 and isinstance(layers[1], nn.BatchNorm2d):
            layers[0] = fuse_conv_bn_eval(layers[0], layers[1])  # type: ignore[type-var]
            layers[1] = nn.Identity()
    return fused.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def build_block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Build a convolution with batch normalization and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def _upsample(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")
