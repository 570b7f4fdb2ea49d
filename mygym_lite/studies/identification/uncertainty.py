"""Confidence intervals of fitted parameters from the Jacobian, and parameters that the data cannot tell.

All computations are in scaled coordinates, in which every search range is 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.studies.identification.motion import Array

MAX_WIDTH = 0.25
"""Width of the widest interval, as a share of the search range, with which a parameter counts as identifiable."""
_LEVEL = 0.95
_PRIOR_VARIANCE = 1.0 / 12.0  # of a uniform distribution over the search range
_MIN_CORRELATION = 0.8  # of the effects of two parameters that are named as confounded


@dataclass(frozen=True)
class Uncertainty:
    """Uncertainty of a fit.

    Args:
        half_widths: Half of each 95% interval.
        own_half_widths: The same if all other parameters were known.
        singular_values: Of the Jacobian, rad, descending; a small one is a direction that hardly moves the joints.
        correlations: Cosines between the effects of each two parameters.
    """

    half_widths: Array
    own_half_widths: Array
    singular_values: Array
    correlations: Array

    def is_identifiable(self, index: int) -> bool:
        """Tell whether the interval of a parameter is narrow against its search range."""
        return bool(2.0 * self.half_widths[index] <= MAX_WIDTH)

    def explain(self, index: int, paths: Sequence[str]) -> str:
        """Explain why the data cannot tell a parameter."""
        if 2.0 * self.own_half_widths[index] > MAX_WIDTH:
            return "the motions hardly depend on it"
        others = [
            paths[other]
            for other in range(len(paths))
            if other != index and abs(self.correlations[index, other]) > _MIN_CORRELATION
        ]
        partner = " and ".join(others) if others else "other parameters"
        return f"its effect cannot be told from that of {partner}; free one of them alone"


def estimate_uncertainty(jacobian: Array, residuals: Array, blocks: NDArray[np.intp], resolution: float) -> Uncertainty:
    """Estimate the uncertainty of a least-squares fit.

    The covariance is that of a linear model whose errors may be correlated and unequal within blocks, but are
    independent between them (cluster-robust sandwich), plus an error of measurement of the size ``resolution`` that
    lasts for a whole block.

    Args:
        jacobian: (m, p), derivatives of the residuals, rad per search range.
        residuals: (m,), rad.
        blocks: (m,), number of the block of each residual.
        resolution: Smallest difference of joint positions that the measurement shows, rad.
    """
    scores = np.zeros((int(blocks.max()) + 1, jacobian.shape[1]))
    np.add.at(scores, blocks, jacobian * residuals[:, None])
    groups = len(scores)
    floor = resolution**2 * len(residuals) / groups
    scatter = groups / max(groups - 1, 1) * scores.T @ scores + floor * jacobian.T @ jacobian
    _, sizes, directions = np.linalg.svd(jacobian, full_matrices=False)
    quantile = _compute_quantile(groups - jacobian.shape[1])
    covariance = _invert(scatter, sizes, directions, floor)
    norms = (jacobian**2).sum(axis=0)
    own = np.full(len(norms), _PRIOR_VARIANCE)
    moving = norms > floor / _PRIOR_VARIANCE
    own[moving] = np.minimum(np.diag(scatter)[moving] / norms[moving] ** 2, _PRIOR_VARIANCE)
    lengths = np.sqrt(np.where(norms > 0.0, norms, 1.0))
    return Uncertainty(
        quantile * np.sqrt(np.diag(covariance)),
        quantile * np.sqrt(own),
        sizes,
        jacobian.T @ jacobian / np.outer(lengths, lengths),
    )


def _compute_quantile(freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.5 + 0.5 * _LEVEL, max(freedom, 1)))


def _invert(scatter: Array, sizes: Array, directions: Array, floor: float) -> Array:
    """Compute the covariance; along a direction that the data cannot tell, it is that of the whole search range."""
    told = sizes**2 > floor / _PRIOR_VARIANCE
    inverse = np.zeros_like(sizes)
    inverse[told] = 1.0 / sizes[told] ** 2
    inner = inverse[:, None] * (directions @ scatter @ directions.T) * inverse[None, :]
    wide = ~told | (np.diag(inner) > _PRIOR_VARIANCE)
    inner[wide, :] = 0.0
    inner[:, wide] = 0.0
    inner[wide, wide] = _PRIOR_VARIANCE
    covariance: Array = directions.T @ inner @ directions
    return covariance
