"""Statistics: against scipy and numbers worked out by hand, and by how often an interval holds the truth."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from scipy.integrate import trapezoid
from scipy.special import expit, ndtr, ndtri

from mygym_lite.stats import (
    Estimate,
    adjust_p_values,
    compute_area_weights,
    compute_interval_width,
    compute_required_episodes,
    compute_retention,
    compute_robustness_area,
    compute_seed_scores,
    iqm,
    mcnemar_p_value,
    mean_interval,
    paired_difference,
    probability_of_improvement,
    proportion_interval,
    sign_flip_p_value,
    stratified_bootstrap,
    warn_if_too_few,
    wilson_interval,
)
from mygym_lite.stats.robustness_curve import classify_curve

RUNS = 2000
NOTHING = Estimate(None, None, None)


def coverage(one_run) -> float:
    """Share of simulated runs whose interval holds the truth; a run gives an interval (low, high) and the truth."""
    held = [low - 1e-12 <= truth <= high + 1e-12 for low, high, truth in (one_run() for _ in range(RUNS))]
    return float(np.mean(held))


class TestCoverage:
    """A 95% interval holds the truth in 93 to 97% of 2,000 simulated runs, at the sizes that evaluations have."""

    @pytest.mark.parametrize("episodes", [5, 10, 20, 50, 200])
    def test_rate(self, episodes):
        rng = np.random.default_rng(episodes)

        def one_run():
            rate = rng.uniform(0.05, 0.95)
            return *wilson_interval(rng.binomial(episodes, rate), episodes), rate

        assert 0.93 <= coverage(one_run) <= 0.97

    @pytest.mark.parametrize("episodes", [10, 20, 50, 200])
    @pytest.mark.parametrize(
        ("draw", "mean"),
        [
            (lambda rng, n: rng.normal(40.0, 8.0, n), 40.0),
            (lambda rng, n: rng.gamma(2.0, 10.0, n), 20.0),
            (lambda rng, n: rng.exponential(3.0, n), 3.0),
            (lambda rng, n: rng.lognormal(0.0, 0.5, n), np.exp(0.125)),
        ],
        ids=["normal", "gamma", "exponential", "log-normal"],
    )
    def test_mean_of_skewed_forces(self, draw, mean, episodes):
        rng = np.random.default_rng([episodes, 0])
        assert 0.93 <= coverage(lambda: (*mean_interval(draw(rng, episodes))[1:], mean)) <= 0.97

    @pytest.mark.parametrize("pairs", [5, 10, 20, 50, 200])
    def test_paired_difference_of_outcomes(self, pairs):
        rng = np.random.default_rng(pairs)

        def one_run():
            rate_a, rate_b = rng.uniform(0.05, 0.95, 2)
            luck = rng.random(pairs)
            other = np.where(rng.random(pairs) < rng.uniform(0.0, 0.8), luck, rng.random(pairs))
            return *paired_difference(luck < rate_a, other < rate_b)[1:], rate_a - rate_b

        assert 0.93 <= coverage(one_run) <= 0.97

    @pytest.mark.parametrize("pairs", [10, 50])
    def test_paired_difference_of_times(self, pairs):
        rng = np.random.default_rng(pairs)

        def one_run():
            start = rng.gamma(4.0, 0.5, pairs)
            return *paired_difference(start + rng.exponential(0.5, pairs), start)[1:], 0.5

        assert 0.93 <= coverage(one_run) <= 0.97

    @pytest.mark.parametrize("seeds", [5, 20, 50])
    def test_area_over_conditions_that_share_their_seeds(self, seeds):
        rng = np.random.default_rng(seeds)
        levels, hardness = np.arange(6), ndtri((np.arange(100) + 0.5) / 100)

        def one_run():
            spread, easy = rng.uniform(0.0, 2.0), rng.uniform(-1.0, 4.0)
            truth = compute_robustness_area(
                levels, expit(easy - 0.7 * levels + spread * hardness[:, None]).mean(axis=0)
            )
            rates = expit(easy - 0.7 * levels + spread * rng.normal(size=(seeds, 1)))
            outcomes = rng.random((seeds, 6)) < rates
            return *proportion_interval(compute_seed_scores(outcomes, compute_area_weights(levels)))[1:], truth

        assert 0.93 <= coverage(one_run) <= 0.97

    @pytest.mark.parametrize("pairs", [20, 50])
    def test_probability_of_improvement(self, pairs):
        rng = np.random.default_rng(pairs)

        def one_run():
            better = rng.uniform(-1.5, 1.5)
            estimate = probability_of_improvement(rng.normal(better, 1.0, pairs), rng.normal(0.0, 1.0, pairs))
            return *estimate[1:], ndtr(better / np.sqrt(2))

        assert 0.93 <= coverage(one_run) <= 0.97


class TestOneRate:
    def test_wilson_is_that_of_scipy(self):
        for successes in range(11):
            expected = scipy_stats.binomtest(successes, 10).proportion_ci(0.9, method="wilson")
            assert wilson_interval(successes, 10, confidence=0.9) == pytest.approx(
                (expected.low, expected.high), abs=1e-12
            )

    def test_from_no_episode_anything_is_possible(self):
        assert wilson_interval(0, 0) == (0.0, 1.0)

    def test_all_alike_is_no_certainty(self):
        assert wilson_interval(20, 20) == (pytest.approx(0.8389, abs=1e-4), 1.0)

    def test_plain_outcomes_as_scores_have_about_wilsons_interval(self):
        outcomes = np.arange(200) < 70
        assert proportion_interval(outcomes)[1:] == pytest.approx(wilson_interval(70, 200), abs=0.001)


class TestOneMean:
    def test_is_students_for_values_without_skew(self):
        values = [1.0, 2.0, 3.0, 4.0, 5.0]
        expected = scipy_stats.t.interval(0.95, 4, loc=3.0, scale=scipy_stats.sem(values))
        assert mean_interval(values) == pytest.approx((3.0, *expected))

    def test_reaches_to_where_the_tail_is(self):
        value, low, high = mean_interval([1.0] * 9 + [11.0])
        assert value == pytest.approx(2.0)
        assert high - value > 2 * (value - low)

    def test_is_the_same_in_other_units(self):
        values = np.array([1.0, 1.5, 2.0, 7.0])
        assert mean_interval(1000 * values + 5) == pytest.approx([1000 * x + 5 for x in mean_interval(values)])
        assert mean_interval(-values)[1:] == pytest.approx([-x for x in mean_interval(values)[:0:-1]])

    @pytest.mark.parametrize("values", [[2.0], [2.0, 2.0, 2.0]])
    def test_without_spread_there_is_no_interval(self, values):
        assert mean_interval(values) == Estimate(2.0, None, None)

    def test_of_nothing_is_nothing(self):
        assert (
            mean_interval([])
            == proportion_interval([])
            == paired_difference([], [])
            == stratified_bootstrap([])
            == NOTHING
        )


class TestPairs:
    def test_newcombes_own_example(self):
        """Table II of Newcombe (1998), case 36, 12, 2, 0 of 50."""
        a = np.array([True] * 48 + [False] * 2)
        b = np.array([True] * 36 + [False] * 12 + [True] * 2)
        assert paired_difference(a, b) == pytest.approx((0.2, 0.0569, 0.3404), abs=5e-5)

    def test_pairs_that_all_agree_leave_room_for_doubt(self):
        value, low, high = paired_difference([True] * 20, [True] * 20)
        assert value == 0.0
        assert low == pytest.approx(-high)
        assert 0.1 < high < 0.2

    def test_swapping_turns_the_sign(self):
        a, b = np.arange(12) < 9, np.arange(12) % 2 == 0
        assert paired_difference(a, b)[1:] == pytest.approx([-x for x in paired_difference(b, a)[:0:-1]])

    def test_what_is_common_to_a_pair_does_not_count(self):
        hard = np.array([1.0, 5.0, 30.0, 2.0, 11.0, 80.0])
        easier = hard + np.array([0.9, 1.0, 1.1, 1.0, 0.8, 1.2])
        assert paired_difference(easier, hard).low > 0.8

    @pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (5, 0), (1, 9), (12, 7)])
    def test_mcnemar_is_a_binomial_test_of_the_pairs_that_differ(self, only_a, only_b):
        a = [True] * only_a + [False] * only_b + [True] * 4
        b = [False] * only_a + [True] * only_b + [True] * 4
        differ = only_a + only_b
        expected = scipy_stats.binomtest(only_a, differ).pvalue if differ else 1.0
        assert mcnemar_p_value(a, b) == pytest.approx(expected)

    @given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
    def test_flipped_signs_of_outcomes_are_mcnemars_test(self, pairs):
        a, b = np.array([p[0] for p in pairs], dtype=bool), np.array([p[1] for p in pairs], dtype=bool)
        assert sign_flip_p_value(a.astype(int) - b) == pytest.approx(mcnemar_p_value(a, b))

    @given(st.lists(st.integers(-5, 5), max_size=9))
    def test_flipped_signs_are_counted_exactly(self, differences):
        flipped = [abs(np.dot(signs, differences)) for signs in itertools.product((-1, 1), repeat=len(differences))]
        expected = np.mean(np.array(flipped) >= abs(sum(differences)))
        assert sign_flip_p_value(differences) == pytest.approx(expected)

    def test_unequal_sides_are_no_pairs(self):
        with pytest.raises(ValueError, match="3 values cannot be paired with 2"):
            mcnemar_p_value([True] * 3, [True] * 2)

    def test_holm_by_hand(self):
        assert adjust_p_values([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
        assert adjust_p_values([0.6, 0.9]) == [1.0, 1.0]
        assert adjust_p_values([]) == []

    def test_a_tie_counts_half(self):
        assert probability_of_improvement([1.0, 2.0, 3.0, 5.0], [1.0, 1.0, 4.0, 1.0]).value == pytest.approx(0.625)


class TestSeverity:
    def test_area_by_hand(self):
        assert compute_robustness_area(range(6), [1.0] * 6) == pytest.approx(1.0)
        assert compute_robustness_area(range(6), [1.0, 0.8, 0.6, 0.4, 0.2, 0.0]) == pytest.approx(0.5)
        assert compute_robustness_area(range(6), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]) == pytest.approx(0.1)

    def test_levels_count_by_how_far_they_are_apart_in_any_order(self):
        levels, rates = [0, 1, 3, 5], [1.0, 0.9, 0.6, 0.1]
        expected = trapezoid(rates, levels) / 5
        assert compute_robustness_area(levels, rates) == pytest.approx(expected)
        assert compute_robustness_area(levels[::-1], rates[::-1]) == pytest.approx(expected)

    def test_one_level_is_its_own_area(self):
        assert compute_robustness_area([2], [0.7]) == 0.7

    @pytest.mark.parametrize(
        ("rates", "shape"),
        [
            ((1.0, 1.0, 1.0, 0.95, 1.0, 1.0), "flat"),
            ((1.0, 0.9, 0.75, 0.6, 0.45, 0.3), "graded"),
            ((1.0, 1.0, 1.0, 0.4, 0.3, 0.3), "jumps at 3"),
            ((1.0, 0.0, 0.0, 0.0, 0.0, 0.0), "jumps at 1"),
        ],
    )
    def test_shape_of_a_curve_is_named(self, rates, shape):
        assert classify_curve(list(enumerate(rates))) == shape

    def test_nothing_can_be_kept_of_nothing(self):
        assert compute_retention(0.0, 0.0) is None
        assert compute_retention(0.4, 0.8) == 0.5

    def test_score_of_a_seed_is_its_mean_when_no_seed_is_missing(self):
        outcomes = np.array([[1, 1, 0], [1, 0, 0]])
        assert compute_seed_scores(outcomes, [2, 1, 1]) == pytest.approx([0.75, 0.5])

    def test_missing_seeds_leave_the_mean_of_each_condition(self):
        outcomes = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, np.nan], [0.0, np.nan]])
        assert compute_seed_scores(outcomes, [0.5, 0.5]).mean() == pytest.approx(0.5 * 0.5 + 0.5 * 0.5)
        assert compute_seed_scores(outcomes).mean() == pytest.approx(3 / 6)

    def test_a_condition_without_episodes_leaves_nothing_to_say(self):
        assert compute_seed_scores([[1.0, np.nan]], [0.5, 0.5]).size == 0


class TestRobustStatistics:
    def test_iqm_ignores_the_extremes(self):
        assert iqm([-1000.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1e9]) == pytest.approx(3.5)

    def test_each_stratum_is_drawn_from_itself(self):
        """Between strata nothing varies: only what varies within them widens the interval."""
        apart = [np.array([0.0, 1.0] * 10), np.array([100.0, 101.0] * 10)]
        value, low, high = stratified_bootstrap(apart, np.mean)
        assert value == pytest.approx(50.5)
        assert 50.2 < low < 50.4
        assert 50.6 < high < 50.8

    def test_same_seed_same_interval(self):
        values = np.random.default_rng(0).exponential(size=(3, 10))
        assert stratified_bootstrap(values, seed=1) == stratified_bootstrap(values, seed=1)
        assert stratified_bootstrap(values, seed=1) != stratified_bootstrap(values, seed=2)


class TestPlanning:
    @pytest.mark.parametrize("wanted", [0.05, 0.1, 0.3, 0.9])
    @pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.95])
    def test_required_n_is_the_smallest_that_does(self, wanted, rate):
        count = compute_required_episodes(wanted, rate)
        assert compute_interval_width(rate * count, count) <= wanted
        assert compute_interval_width(rate * (count - 1), count - 1) > wanted

    def test_few_episodes_are_said_to_be_few(self):
        assert "3 episodes say little" in warn_if_too_few(3)
        assert "from 12 episodes on" in warn_if_too_few(11)
        assert warn_if_too_few(12) is None
