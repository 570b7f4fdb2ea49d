"""The network: one backbone for all that is to be known of a picture."""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mygym_lite.perception.camera_encoding import EDGE, GUIDES, SITUATION, STRIDE

WIDTHS = (16, 32, 64, 96)
NUMBERS = 8
"""What is said of a cell's object: u, v, log depth, cosine and sine of yaw, how sure of place, depth and yaw."""
_SUMMARY, _GLANCE, _NEAR, _EDGES = 16, 128, 40, 24


class Said(NamedTuple):
    """What the network says of n pictures."""

    classes: Tensor
    """(n, 1 + classes, rows, columns), logits; the first is that of nothing."""
    numbers: Tensor
    """(n, NUMBERS, rows, columns)."""
    mask: Tensor
    """(n, STRIDE², rows, columns), logits: whether each pixel of a cell, row by row, is of any object."""


class Network(nn.Module):
    """Sees pictures of one size, and knows of each how its camera is believed to stand.

    Args:
        classes: How many there are.
        size: Width and height, px.
        channels: Of a picture: 3, or 4 with depth.
    """

    def __init__(self, classes: int, size: tuple[int, int], channels: int = 3) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        rows, columns = size[1] // EDGE, size[0] // EDGE
        self.fine = _convolved(channels, a, 2)
        self.near = nn.Sequential(_convolved(a, b, 2), _convolved(b, b))
        self.far = nn.Sequential(_convolved(b, c, 2), _convolved(c, c))
        self.whole = nn.Sequential(_convolved(c, d, 2), _convolved(d, d))
        self.summary = nn.Sequential(nn.Conv2d(d, _SUMMARY, 1), nn.ReLU(), nn.Flatten())
        self.glance = nn.Sequential(
            nn.Linear(_SUMMARY * rows * columns + SITUATION, _GLANCE), nn.ReLU(), nn.Linear(_GLANCE, d)
        )
        self.from_whole, self.from_far = nn.Conv2d(d, c, 1), nn.Conv2d(c, b, 1)
        self.up_far = _convolved(c, c)
        self.up_near = nn.Sequential(_convolved(b + GUIDES, _NEAR), _convolved(_NEAR, _NEAR))
        self.classes, self.numbers = nn.Conv2d(_NEAR, 1 + classes, 1), nn.Conv2d(_NEAR, NUMBERS, 1)
        self.edges, self.inside = nn.Conv2d(a, _EDGES, 2, 2), nn.Conv2d(_NEAR, _EDGES, 1)
        self.mask = nn.Sequential(nn.ReLU(), nn.Conv2d(_EDGES, STRIDE**2, 1))

    def fast(self) -> Network:
        """The same network with its weights in the order in which convolutions take them fastest."""
        return self.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def folded(self) -> Network:
        """The same network for looking alone: what normalizes is part of the convolution before it."""
        looking = deepcopy(self).eval()
        for layers in looking.modules():
            if isinstance(layers, nn.Sequential) and len(layers) > 1 and isinstance(layers[1], nn.BatchNorm2d):
                layers[0] = fuse_conv_bn_eval(layers[0], layers[1])  # type: ignore[type-var]
                layers[1] = nn.Identity()
        return looking.fast()

    def forward(self, pictures: Tensor, guides: Tensor, situations: Tensor) -> Said:
        """Look at pictures (n, channels, height, width), 0 to 1, with what ``Optics`` tells of their cameras."""
        fine = self.fine(pictures)
        near = self.near(fine)
        far = self.far(near)
        whole = self.whole(far)
        whole = whole + self.glance(torch.cat([self.summary(whole), situations], 1))[:, :, None, None]
        far = self.up_far(far + _doubled(self.from_whole(whole)))
        near = self.up_near(torch.cat([near + _doubled(self.from_far(far)), guides], 1))
        return Said(self.classes(near), self.numbers(near), self.mask(self.edges(fine) + self.inside(near)))


def _convolved(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def _doubled(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")
