"""Draws without replacement: one value for each path, from a stream of their own, refused if values do not suffice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placed_tasks import write_task
from variations import LOCATION, sample_task, seeds

from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.sampling import sample
from mygym_lite.config.start import Draw
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.validation import check_task
from mygym_lite.datasets.scenes.appearance import AppearanceSampler
from mygym_lite.errors import ConfigError
from mygym_lite.rollout.episode import EpisodeSpec, read_varied_values
from mygym_lite.terms import load_task

NAMES = ("target", "second", "third")
MODELS = [f"objects.{name}.model" for name in NAMES]
COLORS = [f"objects.{name}.color" for name in NAMES]
RED, GREEN, BLUE, WHITE = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0]


def make_task(**draws: tuple[list[Any], Any]) -> Task:
    """Make a task with three cubes in a row and these draws."""
    things = {name: ObjectConfig("cube", (0.45, 0.15 * i - 0.15, 0.0)) for i, name in enumerate(NAMES)}
    made = {
        name: Draw(tuple(path if isinstance(path, str) else tuple(path) for path in paths), values)
        for name, (paths, values) in draws.items()
    }
    return replace(load_task("grasp"), objects=things, start={}, draws=made)


def list_models(task: Task) -> list[str]:
    return [thing.model for thing in task.objects.values()]


def list_colors(task: Task) -> list[Any]:
    return [list(thing.color or ()) for thing in task.objects.values()]


@settings(max_examples=40, deadline=None)
@given(seeds, st.permutations(["cube", "can", "cuboid", "brick", "box"]), st.integers(3, 5))
def test_values_are_drawn_without_replacement(seed: int, models: list[str], count: int) -> None:
    drawn = list_models(sample(make_task(kinds=(MODELS, models[:count])), (), seed))
    assert len(set(drawn)) == 3
    assert set(drawn) <= set(models[:count])


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_paths_of_a_nested_list_take_the_same_value(seed: int) -> None:
    task = make_task(colors=([COLORS[:2], COLORS[2]], [RED, GREEN, BLUE]))
    check_task(task, LOCATION)
    target, second, third = list_colors(sample(task, (), seed))
    assert target == second != third


def test_all_orders_are_equally_likely() -> None:
    task = make_task(colors=(COLORS, [RED, GREEN, BLUE]))
    counts = Counter(str(list_colors(sample(task, (), seed))) for seed in range(900))
    assert set(counts) == {str(list(order)) for order in permutations([RED, GREEN, BLUE])}
    assert min(counts.values()) > 150 - 4 * 11.2  # 4 deviations


def test_a_repeated_value_is_drawn_as_often_as_it_is_listed() -> None:
    drawn = list_models(sample(make_task(kinds=(MODELS, ["cube", "cube", "can"])), (), 0))
    assert sorted(drawn) == ["can", "cube", "cube"]


@pytest.mark.parametrize("values", ["far", ["far"]])
def test_a_bank_expands_to_its_models(values: Any) -> None:
    task = make_task(kinds=(MODELS, values))
    drawn = {model for seed in range(60) for model in list_models(sample(task, (), seed))}
    assert drawn == set(list_objects("far"))


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_another_draw_does_not_change_the_first(seed: int) -> None:
    alone = sample(make_task(kinds=(MODELS, "train")), (), seed)
    both = sample(make_task(colors=(COLORS, [RED, GREEN, BLUE]), kinds=(MODELS, "train")), (), seed)
    assert list_models(both) == list_models(alone)
    assert replace(both.objects["target"], color=None) == replace(alone.objects["target"], color=None)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_absent_values_are_those_of_the_drawn_model(seed: int) -> None:
    for thing in sample(make_task(kinds=(MODELS, ["can", "cube", "brick"])), (), seed).objects.values():
        assert thing.mass == load_object(thing.model).mass
        assert thing.color == load_object(thing.model).color


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_variations_win_over_draws(seed: int) -> None:
    task = make_task(kinds=(MODELS, ["can", "cube", "brick"]), colors=(COLORS, [RED, GREEN, BLUE]))
    nominal = sample_task({}, seed, task)
    table: dict[str, dict[str, Any]] = {
        "objects.target.model": {"value": "hammer"},
        "objects.second.color": {"scale": [0.5, 0.5]},
    }
    varied = sample_task(table, seed, task)
    assert list_models(varied) == ["hammer", *list_models(nominal)[1:]]
    assert list_colors(varied)[1] == [x / 2 for x in list_colors(nominal)[1]]
    assert list_colors(varied)[2] == list_colors(nominal)[2]


def test_positions_are_drawn_as_whole_vectors() -> None:
    places = [[0.4, -0.2, 0.0], [0.5, 0.0, 0.0], [0.45, 0.2, 0.0]]
    task = make_task(places=([f"objects.{name}.position" for name in NAMES], places))
    check_task(task, LOCATION)
    for seed in range(5):
        assert sorted(list(t.position) for t in sample(task, (), seed).objects.values()) == sorted(places)


def test_the_record_names_what_was_drawn() -> None:
    task = make_task(kinds=(MODELS, ["can", "cube", "brick"]))
    drawn = sample(task, (), 4)
    assert read_varied_values(EpisodeSpec(task, 4), drawn) == dict(zip(MODELS, list_models(drawn), strict=True))


def test_each_image_of_a_dataset_has_drawn_colors() -> None:
    task = make_task(colors=(COLORS, [RED, GREEN, BLUE, WHITE]))
    scene = sample(task, (), 0)
    sampler = AppearanceSampler(task, ())
    for seed in range(5):
        colors = list_colors(sampler.sample(scene, seed))
        assert all(color in [RED, GREEN, BLUE, WHITE] for color in colors)
        assert len({str(color) for color in colors}) == 3


@pytest.mark.parametrize(
    ("paths", "values", "message"),
    [
        (MODELS, ["cube", "can"], "draws.d.values: has 2 values for 3 paths; add values or remove paths"),
        ([], ["cube"], "draws.d.paths: is empty"),
        ([MODELS, []], ["cube", "can"], "draws.d.paths: is empty"),
        ([MODELS[:2], MODELS[2]], ["cube"], "draws.d.values: has 1 values for 2 paths"),
        (MODELS, "trian", "draws.d.values: no object bank 'trian'; did you mean 'train'?"),
        (MODELS, [], "draws.d.values: is []; wants a list with at least one value"),
        (MODELS, ["cube", "can", "cub"], "draws.d.values: cub: no object of that name is shipped"),
        (COLORS, [RED, GREEN, [0, 0, 2]], "draws.d.values.2: 2 RGB is above the highest allowed"),
        (["objects.targt.model"], ["cube"], "no entry 'targt' in 'objects'; did you mean 'target'?"),
        (["objects.*.model"], ["cube"], "'objects.*.model' is a pattern, but each path takes a value of its own"),
        ([MODELS[0], MODELS[0]], ["cube", "can"], "'objects.target.model' is in [draws.d] too; remove one"),
        (["name"], ["other"], "no field 'name'"),
        (["robot.model"], ["panda"], "'robot.model' is the same in all episodes"),
        (["objects.target.position"], [[3, 0, 0]], "(3.000, 0.000) is outside the area of table"),
    ],
)
def test_mistakes_are_refused_in_one_line(paths: list[Any], values: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_task(make_task(d=(paths, values)), LOCATION)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_path_is_drawn_or_in_start_but_not_both() -> None:
    task = replace(make_task(d=(MODELS, "train")), start={"objects.*.model": {"choice": "train"}})
    with pytest.raises(ConfigError, match=r"'objects.target.model' is in \[start\] objects.\*.model too; remove one"):
        check_task(task, LOCATION)


def test_a_task_file_declares_draws(tmp_path: Path) -> None:
    task = load_task(write_task(tmp_path))
    assert task.draws["models"] == Draw(("objects.red.model", "objects.green.model"), ["cube", "cuboid", "cube_small"])
