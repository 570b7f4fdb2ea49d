"""Effects of factors that were varied together."""

from __future__ import annotations

import numpy as np
import pytest

from mygym_lite.stats import compute_interaction, compute_main_effect

RATES = {(False, False): 0.95, (True, False): 0.85, (False, True): 0.8, (True, True): 0.3}
INTERACTION = 0.3 - 0.85 - 0.8 + 0.95


def draw(seed: int, episodes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw two independent factors, and success with the rate of both."""
    rng = np.random.default_rng(seed)
    a, b = rng.random((2, episodes)) < 0.5
    rates = np.array([RATES[bool(x), bool(y)] for x, y in zip(a, b, strict=True)])
    return rng.random(episodes) < rates, a, b


def test_estimates_are_those_of_the_rates() -> None:
    success, a, b = draw(0, 100_000)
    assert compute_main_effect(success, a).value == pytest.approx((0.85 + 0.3 - 0.95 - 0.8) / 2, abs=0.01)
    assert compute_interaction(success, a, b).value == pytest.approx(INTERACTION, abs=0.02)


@pytest.mark.parametrize("episodes", [40, 100, 400])
def test_intervals_cover_the_interaction(episodes: int) -> None:
    estimates = [compute_interaction(*draw(seed, episodes)) for seed in range(1000)]
    covered = np.mean([e.low <= INTERACTION <= e.high for e in estimates])
    assert 0.93 <= covered <= 0.985


def test_a_factor_without_both_values_has_no_effect_to_estimate() -> None:
    success, a, b = draw(0, 20)
    assert compute_interaction(success, a, np.ones_like(b)).value is None
    assert compute_main_effect(success, np.ones_like(a)).value is None
