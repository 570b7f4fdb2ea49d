"""Agreement of two rankings: against scipy and numbers worked out by hand, and what holds for any scores."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from mygym_lite.stats import compute_kendall, compute_mmrv, compute_pearson, compute_spearman
from mygym_lite.stats.rank_agreement import AGREEMENT_STATISTICS, compute_flipped_share, compute_slope


def draw_scores(seed: int, policies: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Success rates of 10 episodes, so that some are tied."""
    rng = np.random.default_rng(seed)
    return tuple(rng.integers(0, 11, (2, policies)) / 10)


class TestKnownValues:
    def test_mmrv_by_hand(self):
        """The first world exchanges the second and the third policy, which lie 0.3 apart in the second world."""
        a, b = [0.9, 0.5, 0.6, 0.1], [0.8, 0.7, 0.4, 0.1]
        assert compute_mmrv(a, b) == pytest.approx((0 + 0.3 + 0.3 + 0) / 4)

    def test_mmrv_takes_the_worst_partner(self):
        a, b = [0.1, 0.2, 0.9], [0.9, 0.7, 0.5]  # the order is reversed
        assert compute_mmrv(a, b) == pytest.approx((0.4 + 0.2 + 0.4) / 3)

    def test_mmrv_is_measured_in_the_second_world(self):
        a, b = [0.2, 0.4, 0.9], [0.5, 0.1, 0.9]
        assert compute_mmrv(a, b) == pytest.approx((0.4 + 0.4) / 3)
        assert compute_mmrv(b, a) == pytest.approx((0.2 + 0.2) / 3)

    def test_mmrv_of_a_tie_in_the_first_world_counts_once(self):
        assert compute_mmrv([0.5, 0.5], [0.2, 0.6]) == pytest.approx(0.4 / 2)

    def test_kendall_by_hand(self):
        """Five of six pairs agree, and one does not."""
        assert compute_kendall([0.9, 0.5, 0.6, 0.1], [0.8, 0.7, 0.4, 0.1]) == pytest.approx((5 - 1) / 6)

    def test_flipped_pairs_by_hand(self):
        assert compute_flipped_share([0.9, 0.5, 0.6, 0.1], [0.8, 0.7, 0.4, 0.1]) == pytest.approx(1 / 6)

    def test_a_tie_is_no_flip(self):
        assert compute_flipped_share([0.5, 0.5, 0.1], [0.2, 0.6, 0.1]) == 0.0

    def test_slope_passes_through_the_origin(self):
        assert compute_slope([0.1, 0.2], [0.2, 0.4]) == pytest.approx(2.0)
        assert compute_slope([0.1, 0.2], [0.2, 0.3]) == pytest.approx((0.02 + 0.06) / 0.05)


class TestScipy:
    @pytest.mark.parametrize("seed", range(20))
    def test_correlations(self, seed):
        a, b = draw_scores(seed)
        assert compute_pearson(a, b) == pytest.approx(scipy_stats.pearsonr(a, b).statistic)
        assert compute_spearman(a, b) == pytest.approx(scipy_stats.spearmanr(a, b).statistic)
        assert compute_kendall(a, b) == pytest.approx(scipy_stats.kendalltau(a, b).statistic)

    @pytest.mark.parametrize("seed", range(20))
    def test_weights_repeat_policies(self, seed):
        a, b = draw_scores(seed, policies=5)
        weights = np.array([2, 1, 0, 3, 1])
        repeated = np.repeat(a, weights), np.repeat(b, weights)
        assert compute_pearson(a, b, weights) == pytest.approx(scipy_stats.pearsonr(*repeated).statistic)
        assert compute_spearman(a, b, weights) == pytest.approx(scipy_stats.spearmanr(*repeated).statistic)
        assert compute_kendall(a, b, weights) == pytest.approx(scipy_stats.kendalltau(*repeated).statistic)


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a machine that does other work
RATES = st.integers(0, 20).map(lambda successes: successes / 20)
PAIRS = st.lists(st.tuples(RATES, RATES), min_size=3, max_size=10).map(lambda pairs: np.array(pairs).T)


class TestAnyScores:
    @UNHURRIED
    @given(PAIRS)
    def test_equal_worlds_agree(self, scores):
        a, _ = scores
        perfect = 1.0 if np.ptp(a) else np.nan
        values = [compute(a, a) for compute in AGREEMENT_STATISTICS.values()]
        assert values == pytest.approx([perfect, perfect, perfect, 0, 0], nan_ok=True)

    @UNHURRIED
    @given(PAIRS, st.randoms(use_true_random=False))
    def test_the_order_of_the_policies_does_not_matter(self, scores, random):
        order = random.sample(range(scores.shape[1]), scores.shape[1])
        for compute in AGREEMENT_STATISTICS.values():
            assert compute(*scores[:, order]) == pytest.approx(compute(*scores), nan_ok=True)

    @UNHURRIED
    @given(PAIRS)
    def test_of_the_first_world_only_the_order_matters(self, scores):
        a, b = scores
        for name in ("spearman", "kendall", "mmrv", "flipped_pairs"):
            compute = AGREEMENT_STATISTICS[name]
            assert compute(a**2, b) == pytest.approx(compute(a, b), nan_ok=True)

    @UNHURRIED
    @given(PAIRS)
    def test_ranges(self, scores):
        values = {name: compute(*scores) for name, compute in AGREEMENT_STATISTICS.items()}
        assert all(not abs(values[name]) > 1 + 1e-12 for name in ("pearson", "spearman", "kendall"))
        assert 0 <= values["mmrv"] <= np.ptp(scores[1]) + 1e-12
        assert 0 <= values["flipped_pairs"] <= 1

    @UNHURRIED
    @given(PAIRS)
    def test_a_flip_is_a_violation(self, scores):
        """Without flips only ties violate ranks; without violations there are no flips."""
        if compute_mmrv(*scores) == 0:
            assert compute_flipped_share(*scores) == 0

    @pytest.mark.parametrize("name", AGREEMENT_STATISTICS)
    def test_many_resamples_at_once_equal_each_alone(self, name):
        compute, rng = AGREEMENT_STATISTICS[name], np.random.default_rng(0)
        a, b, weights = rng.random((30, 6)), rng.random((30, 6)), rng.multinomial(6, np.full(6, 1 / 6), 30)
        together = compute(a, b, weights)
        assert together == pytest.approx([compute(*one) for one in zip(a, b, weights, strict=True)], nan_ok=True)

    @pytest.mark.parametrize("name", ["pearson", "spearman", "kendall"])
    def test_equal_scores_have_no_correlation(self, name):
        assert np.isnan(AGREEMENT_STATISTICS[name]([0.5, 0.5, 0.5], [0.1, 0.2, 0.3]))

    def test_other_numbers_of_policies_are_refused(self):
        with pytest.raises(ValueError, match="3 scores cannot be paired with 2"):
            compute_pearson([0.1, 0.2, 0.3], [0.1, 0.2])
