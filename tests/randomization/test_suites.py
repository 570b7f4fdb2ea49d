"""Suites: every axis changes the fields that it declares, by the amount that it declares, on every task."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sim2real import AXES, SIM2REAL, build_conditions, load_cached_task

from mygym_lite.config.field_path import find_paths, get_value, join_keys
from mygym_lite.config.head_pose import find_gaze_target
from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.placement import find_first_movable
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task, list_tasks
from mygym_lite.config.textures import list_textures
from mygym_lite.config.variation import Variation
from mygym_lite.errors import UsageError
from mygym_lite.randomization.suite_file import list_suites, load_suite
from mygym_lite.terms import load_task

GROUPS = ("visual", "camera", "sensing", "dynamics", "actuation", "object", "disturbance")
# What a shape decides changes with it.
OF_THE_SHAPE = ("model", "rolling_friction", "spinning_friction")  # frictions with a lever arm
CROWD = ("distractors", "clutter")  # axes after which other objects stand there


def find_differences(one: Any, two: Any, at: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the path of every single value in which two tasks differ."""
    if one == two:
        return
    children = [list_children(node) for node in (one, two)]
    if not any(children):
        yield join_keys(at)
    for key in dict.fromkeys([*children[0], *children[1]]):
        yield from find_differences(*(of_one.get(key) for of_one in children), (*at, key))


def list_children(node: Any) -> dict[str, Any]:
    if is_dataclass(node):
        return {f.name: getattr(node, f.name) for f in fields(node)}
    return node if isinstance(node, dict) else {}


@cache
def sample_nominal(name: str, seed: int) -> Task:
    return sample(load_cached_task(name), (), seed)


@pytest.mark.parametrize("name", list_tasks())
@pytest.mark.parametrize("axis", list(AXES))
def test_an_axis_changes_its_fields_by_the_declared_amount(name: str, axis: str) -> None:
    task = load_cached_task(name)
    for condition in (c for c in build_conditions(name) if c.axis == axis and c.applicable):
        variations = condition.variations
        assert variations
        seed = condition.severity
        nominal, varied = sample_nominal(name, seed), sample(task, variations, seed)
        declared = {path: v for v in variations for path in find_paths(task, v.path)}
        for path, variation in declared.items():
            sampled = path.replace(".shape", ".model")  # a sampled object is the one of that shape
            assert_amount(variation, get_value(nominal, sampled), get_value(varied, sampled))
        others = set(find_differences(nominal, varied)) - declared.keys()
        assert {path for path in others if not is_entailed(path, declared, axis, name)} == set()
        assert varied.name == nominal.name
        assert varied.about == nominal.about


def is_entailed(path: str, declared: dict[str, Variation], axis: str, task: str) -> bool:
    """Tell if other changes entail this one: a shape its lever arms, objects their room, the head its gaze."""
    thing, _, field = path.rpartition(".")
    if field in OF_THE_SHAPE and f"{thing}.shape" in declared:
        return True
    if path.startswith("objects.distractor_"):
        moves = {"objects.target.nudge", "objects.target.size", "objects.target.shape"}
        return axis in CROWD or (task == "grasp_clutter" and bool(moves & declared.keys()))
    if path == "robot.gaze":
        return find_gaze_target(load_cached_task(task)) is not None
    return any(path.startswith(f"objects.{name}.") for name in load_cached_task(task).place)


def assert_amount(variation: Variation, nominal: Any, varied: Any) -> None:
    by = variation.argument
    if variation.verb in ("value", "choice"):
        allowed = [by] if variation.verb == "value" else list(by)
        assert any(np.array_equal(np.asarray(varied), np.asarray(a)) for a in allowed)
    elif variation.verb == "offset":
        assert np.linalg.norm(np.asarray(varied) - nominal) == pytest.approx(by, abs=1e-12)
    elif variation.verb == "factor":
        low, high = np.asarray(nominal) / by, np.asarray(nominal) * by
        assert np.allclose(varied, low, rtol=1e-12) or np.allclose(varied, high, rtol=1e-12)
    elif variation.verb == "scale":
        assert varied == pytest.approx(nominal * by, rel=1e-12)
    elif isinstance(by, list):
        moved = np.asarray(varied) - nominal
        assert (np.asarray(by[0]) - 1e-12 <= moved).all()
        assert (moved <= np.asarray(by[1]) + 1e-12).all()
        assert np.abs(moved).max() > 0
    else:
        assert varied == pytest.approx(np.asarray(nominal) + by, rel=1e-12)


@pytest.mark.parametrize("axis", list(AXES))
def test_severities_differ(axis: str) -> None:
    """Each level asks for something that the one before did not."""
    for path_levels in zip(*(zip(*c.values(), strict=True) for c in AXES[axis].changes.values()), strict=True):
        assert len(path_levels) > 0
    rows = [
        [repr(arguments[level]) for c in AXES[axis].changes.values() for arguments in c.values()] for level in range(5)
    ]
    assert len({tuple(row) for row in rows}) == 5


def test_sim2real_has_its_seven_groups_and_five_levels() -> None:
    assert tuple(dict.fromkeys(axis.group for axis in SIM2REAL.axes)) == GROUPS
    assert SIM2REAL.severities == (1, 2, 3, 4, 5)
    assert len(SIM2REAL.axes) >= 40


def test_held_out_banks_are_for_severities_4_and_5() -> None:
    held, trained = set(list_textures("held_out")), set(list_textures("train"))
    for path in ("workspace.texture", "workspace.floor"):
        [levels] = [c[path]["choice"] for c in (axis.changes for axis in SIM2REAL.axes) if path in c]
        for level, bank in enumerate(levels, start=1):
            names = set(list_textures(bank)) if isinstance(bank, str) else set(bank)
            assert names <= (held if level >= 4 else trained), (path, level)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", ["grasp", "grasp_any", "grasp_clutter"])
def test_clutter_stands_at_the_declared_gap(name: str, seed: int) -> None:
    for condition in (c for c in build_conditions(name) if c.axis == "clutter"):
        drawn = sample(load_cached_task(name), condition.get_variations(seed), seed)
        target = find_first_movable(drawn.objects)
        others = [thing for key, thing in drawn.objects.items() if key.startswith("distractor_")]
        assert target is drawn.objects["target"]
        assert len(others) == 4
        for thing in others:
            radii = sum(load_object(t.model).footprint_radius * t.size for t in (thing, target))
            gap = math.dist(thing.position[:2], target.position[:2]) - radii
            assert drawn.distractors is not None
            assert gap == pytest.approx(drawn.distractors.gap, abs=1e-9)


@pytest.mark.parametrize("name", ["grasp", "grasp_clutter", "grasp_any"])
def test_crowded_episodes_can_be_sampled(name: str) -> None:
    hardest = [c for c in build_conditions(name) if c.axis in CROWD]
    before = 0 if (rules := load_cached_task(name).distractors) is None else rules.count
    for seed in range(40):
        for condition in hardest:
            drawn = sample(load_cached_task(name), condition.get_variations(seed), seed)
            more = {"distractors": before + (1, 2, 4, 6, 10)[condition.severity - 1], "clutter": 4}[condition.axis]
            assert len(drawn.objects) == 1 + more


def test_distractors_move_only_to_make_room() -> None:
    """A target that is moved leaves the others where they were, but for those it would stand in."""
    task, stayed = load_cached_task("grasp_clutter"), 0
    [condition] = [c for c in build_conditions("grasp_clutter") if (c.axis, c.severity) == ("start_displacement", 3)]
    for seed in range(20):
        one, two = sample(task, (), seed).objects, sample(task, condition.get_variations(seed), seed).objects
        assert list(one) == list(two)
        stayed += sum(one[key] == two[key] for key in one if key.startswith("distractor_"))
    assert stayed > 65  # of 80


@pytest.mark.parametrize("suite", list_suites())
@pytest.mark.parametrize("name", list_tasks())
def test_every_suite_loads_on_every_task(suite: str, name: str) -> None:
    conditions = load_suite(suite).build_conditions(load_cached_task(name))
    assert (conditions[0].axis, conditions[0].severity, conditions[0].variations) == ("nominal", 0, ())
    assert len({(c.axis, c.severity) for c in conditions}) == len(conditions)
    for condition in conditions:
        if condition.applicable and condition.severity in (1, 5):
            sample(load_cached_task(name), condition.get_variations(1), 1)


def test_axes_of_missing_parts_are_not_applicable() -> None:
    lacking = {c.axis for c in build_conditions("reach") if not c.applicable}
    assert {"mass", "object_size", "object_shape", "start_displacement", "push_object", "clutter"} <= lacking
    assert "force_noise" in lacking  # a task without a sense of touch
    assert not {"light_dimmer", "action_delay", "gravity", "backlash", "table_height"} & lacking
    assert not {c.axis for c in build_conditions("grasp") if not c.applicable}
    assert "mass" in {c.axis for c in build_conditions("reach_avoid") if not c.applicable}  # of a wall


def test_an_inapplicable_condition_has_no_variations() -> None:
    [condition] = [c for c in build_conditions("reach") if (c.axis, c.severity) == ("mass", 1)]
    assert condition.variations is None
    with pytest.raises(UsageError, match="not applicable"):
        condition.get_variations(0)


def test_wildcards_skip_cameras_that_move_with_the_robot() -> None:
    [condition] = [c for c in build_conditions("grasp") if (c.axis, c.severity) == ("camera_orbit", 2)]
    varied = sample(load_cached_task("grasp"), condition.get_variations(0), 0)
    assert set(find_differences(sample_nominal("grasp", 0), varied)) == {"cameras.front.orbit", "cameras.side.orbit"}


def test_all_axes_apply_to_a_robot_without_neck() -> None:
    task = load_task(replace(load_cached_task("grasp"), robot=replace(load_cached_task("grasp").robot, model="panda")))
    assert all(c.applicable for c in SIM2REAL.build_conditions(task))


@pytest.mark.parametrize("name", ["grasp", "reach"])
def test_combined_severities_add_axes(name: str) -> None:
    conditions = load_suite("combined").build_conditions(load_cached_task(name))[1:]
    assert [c.severity for c in conditions] == [1, 2, 3, 4, 5]
    for seed in range(30):
        axes = [c.list_axes(seed) for c in conditions]
        assert [len(a) for a in axes[:4]] == [2, 3, 4, 5]
        for few, more in pairwise(axes):
            assert more[: len(few)] == few
        for condition in conditions:
            paths = [p for v in condition.get_variations(seed) for p in find_paths(load_cached_task(name), v.path)]
            assert len(set(paths)) == len(paths)


def test_combined_axes_have_severity_2_and_change_with_the_seed() -> None:
    two, *_, every = load_suite("combined").build_conditions(load_cached_task("grasp"))[1:]
    single = {c.axis: c.variations for c in build_conditions("grasp") if c.severity == 2}
    for part in every.select_axis_variations(5):
        assert part.variations == single[part.axis]
    assert len({two.list_axes(seed) for seed in range(50)}) > 40
    met = {axis for seed in range(300) for axis in two.list_axes(seed)}
    assert met == set(AXES)
    assert len(every.list_axes(1)) >= len(AXES) - 4  # brighter and dimmer exclude one another, and such


def test_combined_has_no_variations_of_its_own() -> None:
    _, two, *_ = load_suite("combined").build_conditions(load_cached_task("grasp"))
    with pytest.raises(UsageError, match="use get_variations"):
        _ = two.variations


def test_unseen_objects_come_from_their_banks() -> None:
    for condition in load_suite("unseen_objects").build_conditions(load_cached_task("grasp"))[1:]:
        seen = {
            sample(load_cached_task("grasp"), condition.get_variations(s), s).objects["target"].model for s in range(60)
        }
        assert seen == set(list_objects(condition.axis))


def test_quick_is_sim2real_at_three_levels() -> None:
    quick = load_suite("quick")
    assert quick.severities == (1, 3, 5)
    assert 10 <= len(quick.axes) <= 14
    mine = {(c.axis, c.severity): c.variations for c in quick.build_conditions(load_cached_task("grasp"))}
    theirs = {(c.axis, c.severity): c.variations for c in build_conditions("grasp")}
    assert mine.items() <= theirs.items()
