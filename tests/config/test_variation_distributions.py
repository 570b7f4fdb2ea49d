"""Distributions of variations and independence of their random streams, over ten thousand episodes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy import stats
from variations import make_variation

from mygym_lite.rng import make_stream, make_streams

DRAWS = 10_000


def draw_values(verb: str, argument: Any, nominal: Any, path: str = "objects.target.mass") -> np.ndarray:
    """Draw one value for each of ten thousand episodes."""
    made = make_variation(verb, argument)
    return np.array([made.draw(nominal, rng) for seed in range(DRAWS // 10) for rng in make_ten_streams(seed, path)])


def make_ten_streams(seed: int, path: str) -> Iterator[np.random.Generator]:
    yield from make_streams(seed, [f"{path}.{i}" for i in range(10)])


SIGNIFICANCE = 0.001  # p-value below which draws do not follow their distribution


@pytest.mark.parametrize(
    ("verb", "argument", "low", "high"),
    [("uniform", [0.2, 1.4], 0.2, 1.4), ("shift", [-0.3, 0.1], 0.7, 1.1), ("scale", [0.5, 3.0], 0.5, 3.0)],
)
def test_ranges_are_uniform(verb: str, argument: Any, low: float, high: float) -> None:
    assert stats.kstest(draw_values(verb, argument, 1.0), stats.uniform(low, high - low).cdf).pvalue > SIGNIFICANCE
    each = draw_values(verb, argument, (1.0, 1.0, 1.0))
    if verb != "scale":  # which scales a vector as a whole
        assert np.abs(np.corrcoef(each.T) - np.eye(3)).max() < 0.04
    for column in each.T:
        assert stats.kstest(column, stats.uniform(low, high - low).cdf).pvalue > SIGNIFICANCE


def test_normal_is_a_gaussian_cut_at_three_deviations() -> None:
    wanted = stats.truncnorm(-3, 3, loc=1.0, scale=0.5)
    assert stats.kstest(draw_values("normal", 0.5, 1.0), wanted.cdf).pvalue > SIGNIFICANCE
    assert stats.kstest(draw_values("normal", 0.5, (1.0, 1.0))[:, 1], wanted.cdf).pvalue > SIGNIFICANCE


def test_offset_directions_are_uniform() -> None:
    """On a sphere each coordinate is even (Archimedes); on a circle the angle is; on a line both ways are."""
    for column in draw_values("offset", 0.2, (0.0, 0.0, 0.0)).T:
        assert stats.kstest(column, stats.uniform(-0.2, 0.4).cdf).pvalue > SIGNIFICANCE
    x, y = draw_values("offset", 0.2, (0.0, 0.0)).T
    assert stats.kstest(np.arctan2(y, x), stats.uniform(-math.pi, 2 * math.pi).cdf).pvalue > SIGNIFICANCE
    assert stats.binomtest(int((draw_values("offset", 0.2, 0.0) > 0).sum()), DRAWS).pvalue > SIGNIFICANCE


@pytest.mark.parametrize(
    ("verb", "argument", "nominal", "kinds"),
    [("choice", [1.0, 2.0, 3.0, 4.0], 1.0, 4), ("factor", 2.0, 1.0, 2), ("uniform", [3, 9], 5, 7)],
)
def test_discrete_values_are_equally_frequent(verb: str, argument: Any, nominal: Any, kinds: int) -> None:
    _, counts = np.unique(draw_values(verb, argument, nominal), return_counts=True)
    assert len(counts) == kinds
    assert stats.chisquare(counts).pvalue > SIGNIFICANCE


def test_streams_of_different_paths_are_independent() -> None:
    """Also of where episodes start, and whatever the seeds: neighbours are as different as any two."""
    names = ["objects.target.mass", "objects.target.friction", "robot.time_constant", "start/objects.target.mass", "x"]
    draws = np.array([[rng.random() for rng in make_streams(seed, names)] for seed in range(DRAWS)])
    for column in draws.T:
        assert stats.kstest(column, "uniform").pvalue > SIGNIFICANCE
        assert abs(np.corrcoef(column[1:], column[:-1])[0, 1]) < 0.04
    assert np.abs(np.corrcoef(draws.T) - np.eye(len(names))).max() < 0.04  # a deviation is 0.01
    assert np.abs(stats.spearmanr(draws).statistic - np.eye(len(names))).max() < 0.04


@pytest.mark.parametrize("seed", [0, 1, 7, 2**31 - 1, 2**32 - 1, 2**32, 2**50])
def test_streams_made_together_equal_streams_made_alone(seed: int) -> None:
    names = [f"objects.thing_{i}.mass" for i in range(40)]
    for name, together in zip(names, make_streams(seed, names), strict=True):
        alone = make_stream(seed, name)
        assert together.random() == alone.random()
        assert [together.random() for _ in range(5)] == alone.random(5).tolist()
        assert together.bit_generator.state == alone.bit_generator.state
        assert together.standard_normal(3).tolist() == alone.standard_normal(3).tolist()
        assert [together.random() for _ in range(2)] == alone.random(2).tolist()
        assert together.integers(7) == alone.integers(7)
