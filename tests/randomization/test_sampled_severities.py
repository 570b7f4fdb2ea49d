"""Severities between the levels of an axis, and suites that sample them for several axes at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sim2real import AXES, load_cached_task

from mygym_lite.config.field_path import find_paths, get_value
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import list_tasks
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.randomization.severity import interpolate_argument, sample_severities
from mygym_lite.randomization.suite_file import load_suite

BLOCK = 64


@pytest.mark.parametrize("block", [0, 1, 14_062])
def test_each_stratum_of_an_axis_holds_one_episode_of_a_block(block: int) -> None:
    severities = np.array([sample_severities(BLOCK * block + i, 12, 3.0) for i in range(BLOCK)])
    strata = np.sort(np.floor(severities / 3.0 * BLOCK).astype(int), axis=0)
    assert (strata == np.arange(BLOCK)[:, None]).all()


def test_severities_of_axes_are_independent() -> None:
    severities = np.array([sample_severities(seed, 8, 1.0) for seed in range(64 * BLOCK)])
    correlations = np.corrcoef(severities.T)[np.triu_indices(8, 1)]
    assert np.abs(correlations).max() < 0.06  # 4 standard deviations of 4,096 episodes


@pytest.mark.parametrize("axis", list(AXES))
def test_whole_severities_are_the_levels(axis: str) -> None:
    task = load_cached_task("grasp_clutter")
    for severity in (1, 3, 5):
        assert AXES[axis].build_variations(task, float(severity)) == AXES[axis].build_variations(task, severity)


@pytest.mark.parametrize("axis", list(AXES))
def test_a_vanishing_severity_is_the_nominal_task(axis: str) -> None:
    task = load_cached_task("grasp_clutter")
    nominal, varied = (sample(task, v or (), 3) for v in ((), AXES[axis].build_variations(task, 1e-6)))
    for variation in AXES[axis].build_variations(task, 1) or ():
        for path in find_paths(task, variation.path):
            expected, value = get_value(nominal, path), get_value(varied, path)
            if np.asarray(expected).dtype.kind in "if":
                np.testing.assert_allclose(value, expected, atol=1e-4, err_msg=path)
            else:
                assert value == expected, path


@given(st.floats(0, 5), st.floats(-3, 3), st.lists(st.floats(-3, 3), min_size=3, max_size=3, unique=True))
def test_interpolation_stays_between_the_levels(severity: float, nominal: float, levels: list[float]) -> None:
    value = interpolate_argument("value", levels, (1, 3, 5), severity, nominal)
    assert value is not None
    knots = dict(zip((0, 1, 3, 5), (nominal, *levels), strict=True))
    lower, upper = max(k for k in knots if k <= severity), min(k for k in knots if k >= severity)
    assert min(knots[lower], knots[upper]) - 1e-8 <= value <= max(knots[lower], knots[upper]) + 1e-8


def test_of_names_the_nearer_level_counts() -> None:
    arguments = [interpolate_argument("choice", [["oak"], ["steel"]], (1, 2), s, "pine") for s in (0.4, 0.6, 1.4, 1.6)]
    assert arguments == [None, ["oak"], ["oak"], ["steel"]]


@pytest.mark.parametrize("name", list_tasks())
def test_interactions_perturb_every_axis_that_applies(name: str) -> None:
    task, suite = load_cached_task(name), load_suite("interactions")
    nominal, sampled = suite.build_conditions(task)
    applicable = [axis.name for axis in suite.axes if axis.build_variations(task, 3)]
    assert not nominal.get_variations(0)
    assert list(sampled.list_axes(7)) == applicable
    assert sample(task, sampled.get_variations(7), 7) != sample(task, sampled.get_variations(8), 8)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('axes = ["frictoin"]', "combine.axes: no axis 'frictoin' in sim2real; did you mean 'friction'?"),
        ("sampled_up_to = 6.0", "combine.sampled_up_to: 6 is above the highest allowed, 5; use 5 or less"),
    ],
)
def test_mistakes_in_a_file_are_named(lines: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mine\.toml") as error:
        load_suite(write_suite(tmp_path, lines))
    assert message in str(error.value)


@pytest.mark.parametrize("line", ["sampled_up_to = 3.0", "severity = 3"])
def test_a_severity_above_those_of_the_source_is_refused(line: str, tmp_path: Path) -> None:
    source = tmp_path / "gentle.toml"
    table = '[axes.light]\ngroup="visual"\nabout="x"\nchanges={"light.intensity"={scale=[0.9, 0.8]}}\n'
    source.write_text('schema=1\nname="gentle"\nabout="x"\nseverities=[1, 2]\n' + table)
    with pytest.raises(ConfigError, match=r": is 3, .*gentle.toml has severities up to 2; give at most"):
        load_suite(write_suite(tmp_path, line, str(source)))


def test_two_axes_of_one_field_are_refused(tmp_path: Path) -> None:
    suite = load_suite(write_suite(tmp_path, 'axes = ["light_dimmer", "light_brighter"]\nsampled_up_to = 2.0'))
    with pytest.raises(UsageError, match=r"light_dimmer and light_brighter both change light\.ambient of reach; leave"):
        suite.build_conditions(load_cached_task("reach"))


def write_suite(folder: Path, lines: str, source: str = "sim2real") -> Path:
    file = folder / "mine.toml"
    file.write_text(f'schema=1\nname="mine"\nabout="x"\n[combine]\nsuite="{source}"\n{lines}\n')
    return file
