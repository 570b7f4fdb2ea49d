"""Quantiles of the normal and of Student's t distribution; SciPy is slow to import, and is not loaded before."""

from __future__ import annotations


def compute_normal_quantile(probability: float) -> float:
    """Compute the quantile of the standard normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(probability))


def compute_t_quantile(degrees: float, probability: float) -> float:
    """Compute the quantile of Student's t distribution with these degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))
