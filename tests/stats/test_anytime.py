"""Anytime-valid intervals: error rates under optional stopping, and the episodes that they take."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm

from mygym_lite.stats import paired_difference
from mygym_lite.stats.anytime import anytime_interval, compute_log_capital, compute_threshold, refutes

RUNS, EPISODES = 2000, 400


def draw_differences(rate_a: float, rate_b: float, correlation: float, runs: int, episodes: int) -> np.ndarray:
    """Differences in success of two policies whose episodes of one seed share some of the luck."""
    rng = np.random.default_rng(0)
    shared = np.sqrt(correlation) * rng.standard_normal((runs, episodes))
    a, b = (
        shared + np.sqrt(1.0 - correlation) * rng.standard_normal((runs, episodes)) < norm.ppf(rate)
        for rate in (rate_a, rate_b)
    )
    return a.astype(float) - b.astype(float)


def find_first_refutation(differences: np.ndarray, mean: float = 0.0) -> int | None:
    """Episodes after which it is first refuted that the mean is at most ``mean``."""
    refuted = compute_log_capital(differences, mean) >= compute_threshold(0.95)
    return int(np.argmax(refuted)) + 1 if refuted.any() else None


@pytest.mark.parametrize(("rate", "correlation"), [(0.5, 0.0), (0.9, 0.5)])
def test_of_2000_comparisons_of_equals_at_most_5_percent_ever_find_a_difference(rate, correlation):
    runs = draw_differences(rate, rate, correlation, RUNS, EPISODES)
    better = sum(find_first_refutation(run) is not None for run in runs)
    worse = sum(find_first_refutation(-run) is not None for run in runs)
    assert better <= 0.025 * RUNS
    assert worse <= 0.025 * RUNS


def test_the_same_holds_for_partial_credit():
    rng = np.random.default_rng(1)
    stages = rng.integers(0, 4, (2, RUNS, EPISODES)) / 3.0
    found = sum(find_first_refutation(sign * run) is not None for run in stages[0] - stages[1] for sign in (1, -1))
    assert found <= 0.05 * RUNS


def test_a_difference_of_the_size_of_the_margin_is_rarely_taken_for_none():
    runs = draw_differences(0.9, 0.85, 0.5, RUNS, EPISODES)
    assert sum(find_first_refutation(-run, -0.05) is not None for run in runs) <= 0.025 * RUNS


@pytest.mark.parametrize(("rate", "correlation"), [(0.6, 0.0), (0.6, 0.5), (0.75, 0.3)])
def test_20_points_take_less_than_half_of_a_fixed_sample_that_can_detect_10_points(rate, correlation):
    stops = [find_first_refutation(run) for run in draw_differences(rate + 0.2, rate, correlation, 300, 600)]
    assert None not in stops
    small = draw_differences(rate + 0.1, rate, correlation, 300, 600)
    fixed = (norm.ppf(0.975) + norm.ppf(0.9)) ** 2 * small.var() / 0.1**2
    assert np.mean(stops) < 0.5 * fixed


def test_the_interval_surrounds_the_mean_and_mirrors_its_differences():
    [run] = draw_differences(0.8, 0.6, 0.3, 1, 80)
    value, low, high = anytime_interval(run)
    assert value == pytest.approx(run.mean())
    assert low < value < high
    assert anytime_interval(-run) == pytest.approx((-value, -high, -low))
    assert refutes(run, low - 1e-6)
    assert not refutes(run, low + 1e-6)


def test_the_interval_of_a_fixed_sample_is_narrower_at_one_look():
    [run] = draw_differences(0.8, 0.6, 0.3, 1, 200)
    _, low, high = anytime_interval(run)
    _, fixed_low, fixed_high = paired_difference(run > 0, run < 0)
    assert low < fixed_low < fixed_high < high


def test_more_differences_never_widen_the_interval():
    [run] = draw_differences(0.7, 0.6, 0.3, 1, 200)
    bounds = [anytime_interval(run[:count])[1:] for count in (1, 10, 50, 200)]
    assert all(a[0] <= b[0] and b[1] <= a[1] for a, b in pairwise(bounds))


def test_no_difference_gives_no_interval():
    assert anytime_interval([]) == (None, None, None)
