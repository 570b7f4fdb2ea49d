"""Agreement of two rankings: Pearson, Spearman, Kendall, mean maximum rank violation, share of flipped pairs.

All functions take the scores of the same policies in two worlds along the last axis and work on many resamples at
once, along the leading axes. Weights count how often a policy was drawn in a resample; a pair of a policy with itself
never counts. A statistic that is undefined, such as a correlation with scores that are all equal, is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mygym_lite.stats.interval import Scores

AgreementStatistic = Callable[..., Scores]
"""Function of the scores in both worlds and of optional weights."""
_ROUNDING = 1e-12  # relative variance below which scores count as equal


def compute_pearson(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None) -> Scores:
    """Compute Pearson's correlation."""
    x, y, w = _broadcast(a, b, weights)
    total = w.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        dx, dy = (values - (w * values).sum(axis=-1, keepdims=True) / total for values in (x, y))
        variance_x, variance_y = ((w * deviation**2).sum(axis=-1) for deviation in (dx, dy))
        product = (w * dx * dy).sum(axis=-1)
        constant = (variance_x <= _ROUNDING * total[..., 0]) | (variance_y <= _ROUNDING * total[..., 0])
        correlation = np.where(constant, np.nan, product / np.sqrt(variance_x * variance_y))
    clipped: Scores = np.clip(correlation, -1.0, 1.0)
    return clipped


def compute_spearman(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None) -> Scores:
    """Compute Spearman's rank correlation; ties have their mean rank."""
    x, y, w = _broadcast(a, b, weights)
    return compute_pearson(_rank(x, w), _rank(y, w), w)


def compute_kendall(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None) -> Scores:
    """Compute Kendall's tau-b, which corrects for ties."""
    x, y, w = _broadcast(a, b, weights)
    signs_x, signs_y, pairs = _compute_signs(x), _compute_signs(y), _weigh_pairs(w)
    concordance, untied_x, untied_y = (
        (pairs * signs).sum(axis=(-2, -1)) for signs in (signs_x * signs_y, np.abs(signs_x), np.abs(signs_y))
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        tau: Scores = concordance / np.sqrt(untied_x * untied_y)
    return tau


def compute_mmrv(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None) -> Scores:
    """Compute the mean maximum rank violation (MMRV) of SIMPLER (Li et al. 2024, arXiv:2405.05941).

    The violation of policies i and j is ``|b_i - b_j|`` if ``(a_i < a_j) != (b_i < b_j)``, else 0; MMRV is the mean
    over i of the maximum over j. So ``b`` is the world whose differences matter, such as reality, and ``a`` the one
    that predicts it. It is 0 if no pair is out of order, and a difference of success rates otherwise. A pair that is
    tied in ``a`` alone violates once, for the worse policy in ``b``, as the strict inequality of the paper has it; the
    code released with the paper compares with ``>``, so that there it is the better one.
    """
    x, y, w = _broadcast(a, b, weights)
    reversed_pairs = (x[..., :, None] < x[..., None, :]) != (y[..., :, None] < y[..., None, :])
    violations = np.abs(y[..., :, None] - y[..., None, :]) * reversed_pairs * (w[..., None, :] > 0)
    worst = violations.max(axis=-1)
    mean: Scores = (w * worst).sum(axis=-1) / w.sum(axis=-1)
    return mean


def compute_flipped_share(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None) -> Scores:
    """Compute the share of pairs that are in strictly opposite order in the two worlds; ties are no flips."""
    x, y, w = _broadcast(a, b, weights)
    pairs = _weigh_pairs(w)
    flipped = _compute_signs(x) * _compute_signs(y) < 0
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Scores = (pairs * flipped).sum(axis=(-2, -1)) / pairs.sum(axis=(-2, -1))
    return share


AGREEMENT_STATISTICS: Mapping[str, AgreementStatistic] = {
    "pearson": compute_pearson,
    "spearman": compute_spearman,
    "kendall": compute_kendall,
    "mmrv": compute_mmrv,
    "flipped_pairs": compute_flipped_share,
}


def compute_slope(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None) -> Scores:
    """Compute the least-squares slope of ``b`` on ``a`` through the origin: change in b per unit of change in a."""
    x, y, w = _broadcast(a, b, weights)
    squares = (w * x * x).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope: Scores = np.where(squares <= _ROUNDING * w.sum(axis=-1), np.nan, (w * x * y).sum(axis=-1) / squares)
    return slope


def _broadcast(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None) -> tuple[Scores, Scores, Scores]:
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.shape[-1:] != y.shape[-1:]:
        raise ValueError(f"{x.shape[-1]} scores cannot be paired with {y.shape[-1]}")
    w = np.ones(x.shape[-1]) if weights is None else np.asarray(weights, dtype=np.float64)
    x, y, w = np.broadcast_arrays(x, y, w)
    return x, y, w


def _compute_signs(values: Scores) -> NDArray[np.float64]:
    signs: NDArray[np.float64] = np.sign(values[..., :, None] - values[..., None, :])
    return signs


def _weigh_pairs(weights: Scores) -> Scores:
    return weights[..., :, None] * weights[..., None, :] * (1.0 - np.eye(weights.shape[-1]))


def _rank(values: Scores, weights: Scores) -> Scores:
    """Compute mean ranks, up to a constant, with policies counted by weight."""
    below: Scores = ((_compute_signs(values) + 1.0) / 2.0 * weights[..., None, :]).sum(axis=-1)
    return below
