"""A choice between values and ranges, such as goals on the table and goals in the air."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mygym_lite.config.sampling import sample
from mygym_lite.config.variation import parse_variation
from mygym_lite.errors import ConfigError
from mygym_lite.rng import make_stream
from mygym_lite.schema import Location
from mygym_lite.terms import load_task

LOW, HIGH = {"uniform": [0.1, 0.2]}, {"uniform": [0.5, 0.9]}


def draw_masses(entry: Mapping[str, Any], seeds: int) -> np.ndarray:
    variation = parse_variation("objects.target.mass", entry, Location("test.toml"))
    return np.array([variation.draw(0.3, make_stream(seed, variation.path)) for seed in range(seeds)])


def test_each_option_is_as_likely_and_uniform_in_itself() -> None:
    masses = draw_masses({"choice": [LOW, HIGH, 2.0]}, 3000)
    low, high, fixed = masses < 0.3, (masses > 0.4) & (masses < 1.0), masses == 2.0
    assert np.all(low | high | fixed)
    assert [np.mean(part) for part in (low, high, fixed)] == pytest.approx([1 / 3] * 3, abs=0.03)
    assert np.mean(masses[low]) == pytest.approx(0.15, abs=0.003)
    assert np.mean(masses[high]) == pytest.approx(0.7, abs=0.02)


@given(a=st.floats(0.0, 1.0), b=st.floats(0.0, 1.0), c=st.floats(2.0, 3.0))
def test_extremes_are_those_of_all_options(a: float, b: float, c: float) -> None:
    variation = parse_variation("goal.phase", {"choice": [{"uniform": sorted([a, b])}, c]}, Location(""))
    assert variation.compute_extremes(0.0) == [*sorted([a, b]), c]
    assert variation.to_dict() == {"choice": [{"uniform": sorted([a, b])}, c]}


def test_half_of_the_goals_of_pick_place_are_on_the_table() -> None:
    task = load_task("pick_place")
    heights = np.array([sample(task, (), seed).goal.position[2] for seed in range(1000)])  # type: ignore[union-attr]
    on_table = heights == 0.0225
    assert 0.45 < np.mean(on_table) < 0.55
    assert np.all((heights[~on_table] >= 0.06) & (heights[~on_table] <= 0.25))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"unifrom": [0, 1]}, "choice.1: is {'unifrom': [0, 1]}; wants a value, or one range"),
        ({"scale": [1, 2]}, "wants a value, or one range, for example { uniform = [0, 1] }"),
        ({"uniform": [2, 1]}, "choice.1.uniform: low 2 is above high 1; exchange them"),
        ({"uniform": 3}, "choice.1.uniform: is 3; wants [low, high]"),
    ],
)
def test_a_broken_option_is_refused_in_one_line(option: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_variation("objects.target.mass", {"choice": [0.1, option]}, Location("test.toml"))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
