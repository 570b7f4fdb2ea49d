"""How far what the network says is from what is so, each part in proportion to how sure it is of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mygym_lite.perception.camera_encoding import STRIDE
from mygym_lite.perception.network import NetworkOutput
from mygym_lite.perception.training.data import LabelledImages

OFFSET_SCALE = 8.0
"""px that are 1 in what the network says of places."""
LOG_DEVIATION_RANGE = (-6.0, 3.0)
"""Between which the logarithms of deviations are kept."""
LOG_CONCENTRATION_RANGE = (0.0, 5.5)
"""Between which the logarithm of the concentration of a yaw is kept; what may admit to know nothing, learns nothing."""


class TrainingTargets(NamedTuple):
    """What is so in n pictures."""

    classes: Tensor
    """(n, rows, columns), 0 for nothing."""
    offset: Tensor
    """(n, 3, rows, columns): from the cell to the object, in UNIT, and log depth less that of the surface there."""
    yaw: Tensor
    """(n, rows, columns): folds times the yaw against the camera, rad; nan where there is none."""
    weight: Tensor
    """(n, rows, columns): the cells of an object weigh more, the fewer they are; 0 where there is none."""
    mask: Tensor
    """(n, STRIDE², rows, columns): whether each pixel of a cell is of any object."""


def build_targets(
    images: LabelledImages, rows: NDArray[np.int64], ray_channels: NDArray[np.float32], folds: NDArray[np.int64]
) -> TrainingTargets:
    """What is so in some of the pictures.

    Args:
        images: All of them.
        rows: Which.
        ray_channels: Of those.
        folds: Of each class, 0 for nothing first.
    """
    owners, things = images.cell_owners[rows].astype(np.int64), images.objects
    picture = np.arange(len(rows))[:, None, None]
    place = np.maximum(owners - 1, 0)
    classes = np.where(owners > 0, things.classes[rows][picture, place], 0).astype(np.int64)
    seen = things.image_points[rows][picture, place].transpose(0, 3, 1, 2) - _here(ray_channels)
    seen[:, :2] /= OFFSET_SCALE
    yaw = things.yaw[rows][picture, place][..., 0] * folds[classes]
    counts = np.stack([np.bincount(one.ravel(), minlength=256) for one in owners])
    weight = np.where(owners > 0, 1.0 / np.sqrt(counts[picture, owners]), 0.0)
    pixels = np.unpackbits(images.packed_masks[rows], axis=1)
    mask = pixels.reshape(len(rows), owners.shape[1], STRIDE, owners.shape[2], STRIDE).transpose(0, 2, 4, 1, 3)
    mask = mask.reshape(len(rows), STRIDE**2, *owners.shape[1:])
    return TrainingTargets(*(torch.from_numpy(np.ascontiguousarray(x)) for x in (
        classes, seen.astype(np.float32), yaw.astype(np.float32), weight.astype(np.float32), mask.astype(np.float32)
    )))  # fmt: skip


def _here(guides: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where each cell is, px, and the log depth of the surface there (n, 3, rows, columns)."""
    n, _, rows, columns = guides.shape
    v, u = np.mgrid[:rows, :columns] * STRIDE + STRIDE / 2
    return np.stack([np.broadcast_to(u, (n, rows, columns)), np.broadcast_to(v, (n, rows, columns)), guides[:, 3]], 1)


class Losses(NamedTuple):
    """The parts, each a mean over objects' cells or pixels."""

    classes: Tensor
    offset: Tensor
    depth: Tensor
    yaw: Tensor
    mask: Tensor

    @property
    def total(self) -> Tensor:
        """What is made small."""
        return 2.0 * self.classes + self.offset + self.depth + 2.0 * self.yaw + 10.0 * self.mask


def compute_losses(outputs: NetworkOutput, targets: TrainingTargets) -> Losses:
    """Compare: places and depths as Laplace's distribution has them, yaws as von Mises' has them."""
    entropy = functional.cross_entropy(outputs.classes, targets.classes, reduction="none")
    off = (outputs.regressions[:, :2] - targets.offset[:, :2]).norm(dim=1)
    across, deep = (outputs.regressions[:, channel].clamp(*LOG_DEVIATION_RANGE) for channel in (5, 6))
    place = off * torch.exp(-across) + 2.0 * across
    depth = (outputs.regressions[:, 2] - targets.offset[:, 2]).abs() * torch.exp(-deep) + deep
    there = targets.weight * torch.isfinite(targets.yaw)
    yaw = _von_mises(
        outputs.regressions[:, 3:5],
        outputs.regressions[:, 7].clamp(*LOG_CONCENTRATION_RANGE),
        torch.nan_to_num(targets.yaw),
    )
    pixels = functional.binary_cross_entropy_with_logits(outputs.mask, targets.mask)
    return Losses(
        entropy.sum() / (targets.weight > 0).sum().clamp(min=1),
        _mean(place, targets.weight),
        _mean(depth, targets.weight),
        _mean(yaw, there),
        pixels,
    )


def _von_mises(direction: Tensor, focus: Tensor, yaw: Tensor) -> Tensor:
    unit = functional.normalize(direction, dim=1, eps=1e-4)
    nearness = unit[:, 0] * torch.cos(yaw) + unit[:, 1] * torch.sin(yaw)
    concentration = torch.exp(focus)
    return concentration * (1.0 - nearness) + torch.log(torch.special.i0e(concentration))


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1e-6)
