"""Losses of the refinement network: negative log likelihoods, up to the symmetry of the shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mygym_lite.perception.refinement_network import RefinementOutput
from mygym_lite.perception.training.crop_data import CropBatch
from mygym_lite.perception.training.losses import LOG_CONCENTRATION_RANGE, LOG_DEVIATION_RANGE, compute_von_mises_loss

AXIS_LOG_CONCENTRATION_RANGE = (0.0, 6.5)
"""Range to which the log concentration of the axis is clipped."""


_DIRECTION_WEIGHT = 5.0


class RefinementLosses(NamedTuple):
    """Parts of the loss, each a mean over the crops for which it is defined.

    Directions are learned by their squared error, and their concentrations by the likelihood of these directions. By
    the likelihood alone, directions are learned far more slowly, since it is flat while the concentration is low.
    """

    classes: Tensor
    axis: Tensor
    yaw: Tensor
    offset: Tensor
    depth: Tensor

    @property
    def total(self) -> Tensor:
        """Weighted sum, which training minimizes."""
        return 2.0 * self.classes + self.axis + self.yaw + self.offset + self.depth


def compute_refinement_losses(
    outputs: RefinementOutput, batch: CropBatch, folds: Sequence[int], class_folds: NDArray[np.int64]
) -> RefinementLosses:
    """Compute the losses of a batch; of several equivalent orientations, the nearest one to the prediction counts.

    Args:
        outputs: Predictions.
        batch: Crops and targets.
        folds: Rotational symmetries for which a multiple of the yaw is predicted.
        class_folds: Rotational symmetry of each class; 0 for a round one.
    """
    orientations = torch.from_numpy(batch.orientations)
    axis = functional.normalize(outputs.axis, dim=1, eps=1e-4)
    axes, is_listed = torch.nan_to_num(orientations[..., :3]), torch.isfinite(orientations[..., 0])
    cosines = torch.einsum("ni,nki->nk", axis, axes)
    cosine, nearest = torch.where(is_listed, cosines, -2.0).max(1)
    yaw = orientations[torch.arange(len(nearest)), nearest, 3]
    has_axis = cosine > -1.5
    multiples, own = torch.tensor(folds), torch.from_numpy(class_folds[batch.classes])[:, None]
    # a multiple of the yaw is the same for all equivalent orientations if the symmetry of the shape divides it
    has_yaw = torch.isfinite(yaw)[:, None] & (own > 0) & (multiples % own.clamp(min=1) == 0)
    angle = torch.nan_to_num(yaw)[:, None] * multiples
    concentration = outputs.yaw_log_concentration.clamp(*LOG_CONCENTRATION_RANGE)
    yaw_error = _DIRECTION_WEIGHT * (outputs.yaw - torch.stack([torch.cos(angle), torch.sin(angle)], 1)).square().sum(1)
    nearest_axis = axes[torch.arange(len(nearest)), nearest]
    axis_error = _DIRECTION_WEIGHT * (outputs.axis - nearest_axis).square().sum(1)
    offset_scale = outputs.offset_log_scale.clamp(*LOG_DEVIATION_RANGE)
    depth_scale = outputs.depth_log_scale.clamp(*LOG_DEVIATION_RANGE)
    distance = (outputs.offset - torch.from_numpy(batch.offset)).norm(dim=1)
    depth_error = (outputs.log_depth - torch.from_numpy(batch.log_depth)).abs()
    return RefinementLosses(
        classes=functional.cross_entropy(outputs.classes, torch.from_numpy(batch.classes)),
        axis=_average(axis_error + _compute_fisher_loss(cosine.detach(), outputs.axis_log_concentration), has_axis),
        yaw=_average(yaw_error + compute_von_mises_loss(outputs.yaw.detach(), concentration, angle), has_yaw),
        offset=(distance * torch.exp(-offset_scale) + 2.0 * offset_scale).mean(),
        depth=(depth_error * torch.exp(-depth_scale) + depth_scale).mean(),
    )


def _compute_fisher_loss(cosine: Tensor, log_concentration: Tensor) -> Tensor:
    """Compute the negative log likelihood of directions under von Mises-Fisher distributions, up to a constant."""
    bounded = log_concentration.clamp(*AXIS_LOG_CONCENTRATION_RANGE)
    concentration = torch.exp(bounded)
    return concentration * (1.0 - cosine) + torch.log1p(-torch.exp(-2.0 * concentration)) - bounded


def _average(values: Tensor, selected: Tensor) -> Tensor:
    return (values * selected).sum() / selected.sum().clamp(min=1)
