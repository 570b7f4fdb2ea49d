"""Episodes drawn from a task: a stream of its own for each variation, and the same episode for the same seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from variations import LOCATION, sample_task, seeds

from mygym_lite.config import field_path as paths
from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.overlap import is_overlapping
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.task_objects import Distractors
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import parse_variations
from mygym_lite.terms import load_task

TABLE: dict[str, dict[str, Any]] = {
    "objects.target.mass": {"scale": [0.5, 2.0]},
    "objects.target.friction": {"uniform": [0.4, 1.2]},
    "objects.target.position": {"shift": [[-0.02, -0.02, 0.0], [0.02, 0.02, 0.0]]},
    "objects.target.size": {"normal": 0.03},
    "objects.target.color": {"uniform": [0.0, 1.0]},
    "robot.time_constant": {"factor": 1.5},
    "robot.posture": {"offset": 0.1},
    "cameras.*.position": {"offset": 0.05},
    "physics.solver_iterations": {"uniform": [20, 80]},
    "physics.gravity": {"shift": [-0.2, 0.2]},
}


@settings(max_examples=25, deadline=None)
@given(seeds, st.sets(st.sampled_from(sorted(TABLE)), min_size=1), st.sampled_from(sorted(TABLE)))
def test_an_additional_variation_does_not_change_the_others(seed: int, chosen: set[str], more: str) -> None:
    few = sample_task({path: TABLE[path] for path in chosen}, seed)
    many = sample_task({path: TABLE[path] for path in (*sorted(chosen), more)}, seed)
    for path in chosen | {"objects.target.yaw"}:
        for concrete in paths.match_paths(few, path, LOCATION):
            assert paths.get_value(few, concrete) == paths.get_value(many, concrete)


@settings(max_examples=25, deadline=None)
@given(seeds, st.permutations(sorted(TABLE)))
def test_order_of_variations_does_not_matter(seed: int, order: list[str]) -> None:
    assert sample_task(TABLE, seed) == sample_task({path: TABLE[path] for path in order}, seed)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_sampling_depends_on_the_seed_only(seed: int) -> None:
    first = sample_task(TABLE, seed)
    sample_task({"objects.target.model": {"choice": "train"}}, seed + 1)
    np.random.seed(seed % 1000)
    assert sample_task(TABLE, seed) == first


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_severities_of_an_axis_share_the_direction(seed: int) -> None:
    """The same seed displaces in the same direction at every level, from the same start."""
    nominal = sample_task({}, seed)
    start = np.array(nominal.cameras["front"].position)
    small, large = (
        np.array(sample_task({"cameras.front.position": {"offset": size}}, seed).cameras["front"].position) - start
        for size in (0.02, 0.08)
    )
    assert large == pytest.approx(4 * small, abs=1e-9)
    heavy = sample_task({"objects.target.mass": {"value": 0.3}}, seed)
    assert replace(heavy, objects=nominal.objects) == nominal
    assert heavy.objects["target"].position == nominal.objects["target"].position


def test_variations_apply_to_the_sampled_start() -> None:
    for seed in range(5):
        start = sample_task({}, seed).objects["target"].position
        moved = (
            sample_task({"objects.target.position": {"shift": [[0.01, 0, 0], [0.01, 0, 0]]}}, seed)
            .objects["target"]
            .position
        )
        assert moved == pytest.approx((start[0] + 0.01, start[1], start[2]))


def test_variations_apply_to_the_sampled_model() -> None:
    table = {"objects.target.model": {"choice": "train"}, "objects.target.mass": {"scale": [2.0, 2.0]}}
    for seed in range(10):
        thing = sample_task(table, seed).objects["target"]
        assert thing.mass == pytest.approx(2 * load_object(thing.model).mass)
        assert thing.friction == load_object(thing.model).friction


def test_a_wildcard_draws_like_the_concrete_paths() -> None:
    task = load_task("grasp")
    front = task.cameras["front"]
    task = replace(task, cameras={"front": front, "side": front})
    every = sample_task({"cameras.*.fov": {"shift": [-5, 5]}}, 3, task)
    one = sample_task({"cameras.side.fov": {"shift": [-5, 5]}}, 3, task)
    assert every.cameras["side"] == one.cameras["side"]
    assert every.cameras["front"].fov != every.cameras["side"].fov


def test_start_positions_are_uniform() -> None:
    task = load_task("grasp")
    low, high = np.array(task.start["objects.target.position"]["uniform"])
    x, y, z = np.array([sample(task, (), seed).objects["target"].position for seed in range(600)]).T
    for values, a, b in ((x, low[0], high[0]), (y, low[1], high[1])):
        assert a <= values.min() < a + 0.03 * (b - a)
        assert b - 0.03 * (b - a) < values.max() <= b
        counts, _ = np.histogram(values, 4, (a, b))
        assert counts.min() > 105  # 150 each, 4 deviations
    assert (z == 0).all()
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.15


def test_choice_of_a_bank_covers_the_bank() -> None:
    drawn = {
        sample_task({"objects.target.model": {"choice": "far"}}, seed).objects["target"].model for seed in range(150)
    }
    assert drawn == set(list_objects("far"))


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(0, 4))
def test_distractors_are_free_and_in_their_region(seed: int, count: int) -> None:
    region = ((0.34, -0.28), (0.60, 0.28))
    rules = Distractors(models=("train",), region=region, count=count, clearance=0.02)
    drawn = sample(replace(load_task("grasp"), distractors=rules), (), seed)
    things = list(drawn.objects.values())
    assert len(things) == 1 + count
    for i, thing in enumerate(things):
        assert not any(is_overlapping(thing, other) for other in things[:i])
    for thing in things[1:]:
        assert all(low <= x <= high for x, low, high in zip(thing.position[:2], *region, strict=True))
    assert things[0] == sample(load_task("grasp"), (), seed).objects["target"]


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_image_size_varies_in_whole_pixels(seed: int) -> None:
    table = {"cameras.front.size": {"uniform": [[80, 60], [160, 120]]}}
    check_variations(load_task("grasp"), parse_variations(table, LOCATION), LOCATION)
    width, height = sample_task(table, seed).cameras["front"].size
    assert (type(width), type(height)) == (int, int)
    assert 80 <= width <= 160
    assert 60 <= height <= 120


def test_resolved_task_resolves_to_itself() -> None:
    task = resolve(load_task("grasp"))
    assert resolve(task) == task


@pytest.mark.parametrize("seed", range(20))
def test_a_displaced_object_stops_at_its_neighbours(seed: int) -> None:
    task = load_task("shelf")
    farther = parse_variations({"objects.target.nudge": {"value": [0.1, 0.0]}}, LOCATION)
    started = sample(task, farther, seed).objects
    assert 0.0 <= started["target"].nudge[0] <= 0.1
    assert not is_overlapping(started["target"], started["shelf"])
