"""Means of few real measurements that simulation corrects, and differences of independent rates."""

import numpy as np
import pytest

from mygym_lite.stats import Estimate, mean_interval, prediction_powered_mean, proportion_difference


def test_by_hand():
    """The simulation says 0.8 on average and is 0.1 too high on the units that were tried."""
    estimate = prediction_powered_mean([0.5, 0.7], [0.6, 0.8], [0.6, 0.8, 0.9, 0.9], is_population=True)
    assert estimate == (pytest.approx(0.7), None, None)  # both corrections are equal: nothing tells how they vary


def test_interval_is_that_of_the_correction_about_the_simulated_mean():
    real, paired, simulated = [0.4, 0.7, 0.5], [0.6, 0.8, 0.6], [0.6, 0.8, 0.6, 0.7, 0.9]
    correction = mean_interval(np.subtract(real, paired))
    estimate = prediction_powered_mean(real, paired, simulated, is_population=True)
    assert estimate == pytest.approx([max(0.0, 0.72 + bound) for bound in correction])


def test_a_sample_of_simulations_widens_the_interval():
    rng = np.random.default_rng(0)
    real, paired, simulated = rng.random(10), rng.random(10), rng.random(40)
    population = prediction_powered_mean(real, paired, simulated, is_population=True)
    sample = prediction_powered_mean(real, paired, simulated)
    assert sample.value == population.value
    assert sample.low <= population.low
    assert sample.high >= population.high


def test_a_simulator_that_is_always_wrong_alike_costs_nothing():
    rng = np.random.default_rng(1)
    simulated = rng.random(200)
    tried = simulated[:10]
    estimate = prediction_powered_mean(tried * 0.5 + rng.normal(0, 0.01, 10), tried, simulated, is_population=True)
    assert estimate.low < simulated.mean() * 0.5 < estimate.high


@pytest.mark.parametrize("tried", [3, 10, 30])
def test_coverage_over_conditions(tried):
    """A 95% interval holds the truth in 93 to 98% of trials, and is narrower than that of the real rates alone."""
    rng, held, width, width_alone = np.random.default_rng(tried), [], [], []
    for _ in range(1000):
        simulated = rng.beta(2, 1, 240)
        truth = np.clip(simulated - 0.2 + 0.05 * rng.standard_normal(240), 0, 1)
        chosen = rng.choice(240, tried, replace=False)
        real = rng.binomial(10, truth[chosen]) / 10
        estimate, alone = (
            prediction_powered_mean(real, simulated[chosen], simulated, is_population=True),
            mean_interval(real),
        )
        if estimate.low is not None and alone.low is not None:
            held.append(estimate.low <= truth.mean() <= estimate.high)
            width.append(estimate.high - estimate.low)
            width_alone.append(min(1.0, alone.high) - max(0.0, alone.low))
    assert 0.93 <= np.mean(held) <= 0.98
    assert np.mean(width) < 0.9 * np.mean(width_alone)


def test_nothing_gives_nothing():
    assert prediction_powered_mean([], [], [0.5]) == Estimate(None, None, None)


def test_unpaired_values_are_refused():
    with pytest.raises(ValueError, match="2 real values cannot be paired with 1 simulated ones"):
        prediction_powered_mean([0.1, 0.2], [0.1], [0.1, 0.2])


class TestProportionDifference:
    def test_newcombe_of_two_samples(self):
        """The example of Newcombe (1998), table II, row a: 56 of 70 against 48 of 80."""
        assert proportion_difference(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)

    def test_exchanged_sides_change_the_sign(self):
        there, back = proportion_difference(7, 10, 2, 20), proportion_difference(2, 20, 7, 10)
        assert there == pytest.approx((-back.value, -back.high, -back.low))

    def test_without_episodes_there_is_no_difference(self):
        assert proportion_difference(0, 0, 1, 2) == Estimate(None, None, None)
