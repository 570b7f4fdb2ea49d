"""The network: one backbone for all that is to be known of a picture."""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mygym_lite.perception.camera_encoding import BACKBONE_STRIDE, CAMERA_FEATURES, RAY_CHANNELS, STRIDE

WIDTHS = (16, 32, 64, 96)
REGRESSION_CHANNELS = 8
"""What is said of a cell's object: u, v, log depth, cosine and sine of yaw, how sure of place, depth and yaw."""
_SUMMARY, _GLANCE, _NEAR, _EDGES = 16, 128, 40, 24


class NetworkOutput(NamedTuple):
    """What the network says of n pictures."""

    classes: Tensor
    """(n, 1 + classes, rows, columns), logits; the first is that of nothing."""
    regressions: Tensor
    """(n, NUMBERS, rows, columns)."""
    mask: Tensor
    """(n, STRIDE², rows, columns), logits: whether each pixel of a cell, row by row, is of any object."""


class PoseNetwork(nn.Module):
    """Sees pictures of one size, and knows of each how its camera is believed to stand.

    Args:
        class_head: How many there are.
        size: Width and height, px.
        channels: Of a picture: 3, or 4 with depth.
    """

    def __init__(self, classes: int, size: tuple[int, int], channels: int = 3) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        rows, columns = size[1] // BACKBONE_STRIDE, size[0] // BACKBONE_STRIDE
        self.stage1 = _convolved(channels, a, 2)
        self.stage2 = nn.Sequential(_convolved(a, b, 2), _convolved(b, b))
        self.stage3 = nn.Sequential(_convolved(b, c, 2), _convolved(c, c))
        self.stage4 = nn.Sequential(_convolved(c, d, 2), _convolved(d, d))
        self.context_projection = nn.Sequential(nn.Conv2d(d, _SUMMARY, 1), nn.ReLU(), nn.Flatten())
        self.global_context = nn.Sequential(
            nn.Linear(_SUMMARY * rows * columns + CAMERA_FEATURES, _GLANCE), nn.ReLU(), nn.Linear(_GLANCE, d)
        )
        self.top_down4, self.top_down3 = nn.Conv2d(d, c, 1), nn.Conv2d(c, b, 1)
        self.merge3 = _convolved(c, c)
        self.merge2 = nn.Sequential(_convolved(b + RAY_CHANNELS, _NEAR), _convolved(_NEAR, _NEAR))
        self.class_head, self.regression_head = (
            nn.Conv2d(_NEAR, 1 + classes, 1),
            nn.Conv2d(_NEAR, REGRESSION_CHANNELS, 1),
        )
        self.mask_detail, self.mask_context = nn.Conv2d(a, _EDGES, 2, 2), nn.Conv2d(_NEAR, _EDGES, 1)
        self.mask_head = nn.Sequential(nn.ReLU(), nn.Conv2d(_EDGES, STRIDE**2, 1))

    def to_channels_last(self) -> PoseNetwork:
        """The same network with its weights in the order in which convolutions take them fastest."""
        return self.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def fuse_batch_norm(self) -> PoseNetwork:
        """The same network for looking alone: what normalizes is part of the convolution before it."""
        looking = deepcopy(self).eval()
        for layers in looking.modules():
            if isinstance(layers, nn.Sequential) and len(layers) > 1 and isinstance(layers[1], nn.BatchNorm2d):
                layers[0] = fuse_conv_bn_eval(layers[0], layers[1])  # type: ignore[type-var]
                layers[1] = nn.Identity()
        return looking.to_channels_last()

    def forward(self, images: Tensor, ray_channels: Tensor, camera_features: Tensor) -> NetworkOutput:
        """Look at pictures (n, channels, height, width), 0 to 1, with what ``Optics`` tells of their cameras."""
        fine = self.stage1(images)
        near = self.stage2(fine)
        far = self.stage3(near)
        whole = self.stage4(far)
        whole = (
            whole
            + self.global_context(torch.cat([self.context_projection(whole), camera_features], 1))[:, :, None, None]
        )
        far = self.merge3(far + _doubled(self.top_down4(whole)))
        near = self.merge2(torch.cat([near + _doubled(self.top_down3(far)), ray_channels], 1))
        return NetworkOutput(
            self.class_head(near),
            self.regression_head(near),
            self.mask_head(self.mask_detail(fine) + self.mask_context(near)),
        )


def _convolved(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def _doubled(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")
