"""Training targets and losses; regressions are weighted by the predicted uncertainty."""

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
"""Unit of predicted offsets, px."""
LOG_DEVIATION_RANGE = (-6.0, 3.0)
"""Range to which the logarithms of standard deviations are clipped."""
LOG_CONCENTRATION_RANGE = (0.0, 5.5)
"""Range to which the log concentration of the yaw is clipped; without a lower bound, the yaw would not be learned."""


class TrainingTargets(NamedTuple):
    """Ground truth of n images."""

    classes: Tensor
    """Class of each cell (n, rows, columns), 0 for background."""
    offset: Tensor
    """Offset (n, 3, rows, columns) from the cell to the object, OFFSET_SCALE px, and of log depth from the ground."""
    yaw: Tensor
    """Folds times the yaw relative to the camera (n, rows, columns), rad; nan if undefined."""
    weight: Tensor
    """Weight of each cell (n, rows, columns), larger for objects of few cells; 0 for background."""
    mask: Tensor
    """Mask of all objects (n, STRIDE², rows, columns): the pixels of each cell."""


def build_targets(
    images: LabelledImages, rows: NDArray[np.int64], ray_channels: NDArray[np.float32], folds: NDArray[np.int64]
) -> TrainingTargets:
    """Build the training targets of a batch.

    Args:
        images: Images of the dataset.
        rows: Indices of the images of the batch.
        ray_channels: Ray channels of the batch.
        folds: Rotational symmetry of each class; the first entry, background, is 0.
    """
    owners, objects = images.cell_owners[rows].astype(np.int64), images.objects
    image, index = np.arange(len(rows))[:, None, None], np.maximum(owners - 1, 0)
    classes = np.where(owners > 0, objects.classes[rows][image, index], 0).astype(np.int64)
    offset = objects.image_points[rows][image, index].transpose(0, 3, 1, 2) - _locate_cells(ray_channels)
    offset[:, :2] /= OFFSET_SCALE
    yaw = objects.yaw[rows][image, index][..., 0] * folds[classes]
    counts = np.stack([np.bincount(image_owners.ravel(), minlength=256) for image_owners in owners])
    weight = np.where(owners > 0, 1.0 / np.sqrt(counts[image, owners]), 0.0)
    pixels = np.unpackbits(images.packed_masks[rows], axis=1)
    mask = pixels.reshape(len(rows), owners.shape[1], STRIDE, owners.shape[2], STRIDE).transpose(0, 2, 4, 1, 3)
    mask = mask.reshape(len(rows), STRIDE**2, *owners.shape[1:])
    floats = (torch.from_numpy(np.ascontiguousarray(x.astype(np.float32))) for x in (offset, yaw, weight, mask))
    return TrainingTargets(torch.from_numpy(np.ascontiguousarray(classes)), *floats)


def _locate_cells(ray_channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the centre of each cell, px, and the log depth of the ground there (n, 3, rows, columns)."""
    n, _, rows, columns = ray_channels.shape
    v, u = (np.broadcast_to(x, (n, rows, columns)) for x in np.mgrid[:rows, :columns] * STRIDE + STRIDE / 2)
    return np.stack([u, v, ray_channels[:, 3]], 1)


class Losses(NamedTuple):
    """Parts of the loss, each a mean over the cells of objects or over pixels."""

    classes: Tensor
    offset: Tensor
    depth: Tensor
    yaw: Tensor
    mask: Tensor

    @property
    def total(self) -> Tensor:
        """Weighted sum, which training minimizes."""
        return 2.0 * self.classes + self.offset + self.depth + 2.0 * self.yaw + 10.0 * self.mask


def compute_losses(outputs: NetworkOutput, targets: TrainingTargets) -> Losses:
    """Compute negative log likelihoods: Laplace for positions and depths, von Mises for yaws."""
    regressions = outputs.regressions
    entropy = functional.cross_entropy(outputs.classes, targets.classes, reduction="none")
    distance = (regressions[:, :2] - targets.offset[:, :2]).norm(dim=1)
    log_pixel_scale, log_depth_scale = (regressions[:, channel].clamp(*LOG_DEVIATION_RANGE) for channel in (5, 6))
    offset = distance * torch.exp(-log_pixel_scale) + 2.0 * log_pixel_scale
    depth = (regressions[:, 2] - targets.offset[:, 2]).abs() * torch.exp(-log_depth_scale) + log_depth_scale
    log_concentration = regressions[:, 7].clamp(*LOG_CONCENTRATION_RANGE)
    yaw = compute_von_mises_loss(regressions[:, 3:5], log_concentration, torch.nan_to_num(targets.yaw))
    return Losses(
        classes=entropy.sum() / (targets.weight > 0).sum().clamp(min=1),
        offset=_average(offset, targets.weight),
        depth=_average(depth, targets.weight),
        yaw=_average(yaw, targets.weight * torch.isfinite(targets.yaw)),
        mask=functional.binary_cross_entropy_with_logits(outputs.mask, targets.mask),
    )


def compute_von_mises_loss(direction: Tensor, log_concentration: Tensor, yaw: Tensor) -> Tensor:
    """Compute the negative log likelihood of angles, rad, under von Mises distributions, up to a constant."""
    unit = functional.normalize(direction, dim=1, eps=1e-4)
    cosine = unit[:, 0] * torch.cos(yaw) + unit[:, 1] * torch.sin(yaw)
    concentration = torch.exp(log_concentration)
    return concentration * (1.0 - cosine) + torch.log(torch.special.i0e(concentration))


def _average(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1e-6)
