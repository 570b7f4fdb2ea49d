"""Suites and presets: every axis changes what it says by what it says on every task, and presets stay in bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mygym_lite.config.field_path import find_paths, get_value, join_keys
from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.placement import find_first_movable
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.task import Task, list_tasks
from mygym_lite.config.textures import list_textures
from mygym_lite.config.variation import Variation
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.paths import get_evaluation_folder, get_tasks_folder
from mygym_lite.randomization.preset import list_presets, load_preset
from mygym_lite.randomization.suite import Condition, list_suites, load_suite
from mygym_lite.terms import load_task

SIM2REAL = load_suite("sim2real")
AXES = {axis.name: axis for axis in SIM2REAL.axes}
GROUPS = ("visual", "camera", "sensing", "dynamics", "actuation", "object", "disturbance")
# What a model decides changes with it.
OF_THE_MODEL = ("mass", "friction", "rolling_friction", "spinning_friction", "restitution", "color", "texture")
CROWD = ("distractors", "clutter")  # axes after which other objects stand there


@cache
def task_of(name: str) -> Task:
    return load_task(name)


@cache
def conditions_of(name: str) -> tuple[Condition, ...]:
    return SIM2REAL.build_conditions(task_of(name))


def leaves(node: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every single value of a task by its path."""
    if is_dataclass(node):
        children = {f.name: getattr(node, f.name) for f in fields(node)}
    elif isinstance(node, dict):
        children = node
    else:
        yield join_keys(at), node
        return
    for key, child in children.items():
        yield from leaves(child, (*at, key))


def differences(a: Task, b: Task) -> set[str]:
    one, two = dict(leaves(a)), dict(leaves(b))
    return {path for path in one.keys() | two.keys() if one.get(path, "absent") != two.get(path, "absent")}


# --- every axis, every level, every task


@pytest.mark.parametrize("name", list_tasks())
@pytest.mark.parametrize("axis", list(AXES))
def test_axis_changes_what_it_says_by_what_it_says(name: str, axis: str) -> None:
    task = task_of(name)
    for condition in (c for c in conditions_of(name) if c.axis == axis and c.applicable):
        variations = condition.variations
        assert variations
        for seed in (3, 4):
            nominal, varied = sample(task, (), seed), sample(task, variations, seed)
            declared = {path: v for v in variations for path in find_paths(task, v.path)}
            for path, variation in declared.items():
                assert_by_as_much(variation, get_value(nominal, path), get_value(varied, path))
            others = differences(nominal, varied) - declared.keys()
            assert {path for path in others if not follows(path, declared, axis, name)} == set()
            assert varied.name == nominal.name
            assert varied.about == nominal.about


def follows(path: str, declared: dict[str, Variation], axis: str, task: str) -> bool:
    """Whether one change entails another: a model brings its mass, and who stands in the way gives way."""
    thing, _, field = path.rpartition(".")
    if field in OF_THE_MODEL and f"{thing}.model" in declared:
        return True
    if path.startswith("objects.distractor_"):
        moves = {"objects.target.nudge", "objects.target.size", "objects.target.model"}
        return axis in CROWD or (task == "grasp_clutter" and bool(moves & declared.keys()))
    return False


def assert_by_as_much(variation: Variation, nominal: Any, varied: Any) -> None:
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
def test_levels_differ(axis: str) -> None:
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


def test_held_out_banks_are_for_levels_4_and_5() -> None:
    held, trained = set(list_textures("held_out")), set(list_textures("train"))
    for path in ("workspace.texture", "workspace.floor", "objects.target.texture"):
        [levels] = [c[path]["choice"] for c in (axis.changes for axis in SIM2REAL.axes) if path in c]
        for level, bank in enumerate(levels, start=1):
            names = set(list_textures(bank)) if isinstance(bank, str) else set(bank)
            assert names <= (held if level >= 4 else trained), (path, level)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", ["grasp", "grasp_any", "grasp_clutter"])
def test_clutter_stands_exactly_as_near_as_it_says(name: str, seed: int) -> None:
    for condition in (c for c in conditions_of(name) if c.axis == "clutter"):
        drawn = sample(task_of(name), condition.get_variations(seed), seed)
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
def test_crowded_episodes_find_room(name: str) -> None:
    hardest = [c for c in conditions_of(name) if c.axis in CROWD]
    before = 0 if (rules := task_of(name).distractors) is None else rules.count
    for seed in range(40):
        for condition in hardest:
            drawn = sample(task_of(name), condition.get_variations(seed), seed)
            more = {"distractors": before + (1, 2, 4, 6, 10)[condition.severity - 1], "clutter": 4}[condition.axis]
            assert len(drawn.objects) == 1 + more


def test_who_is_not_in_the_way_stays() -> None:
    """A target that is moved leaves the others where they were, but for those it would stand in."""
    task, stayed = task_of("grasp_clutter"), 0
    [condition] = [c for c in conditions_of("grasp_clutter") if (c.axis, c.severity) == ("start_displacement", 3)]
    for seed in range(20):
        one, two = sample(task, (), seed).objects, sample(task, condition.get_variations(seed), seed).objects
        assert list(one) == list(two)
        stayed += sum(one[key] == two[key] for key in one if key.startswith("distractor_"))
    assert stayed > 65  # of 80


# --- which axes there are on which task


@pytest.mark.parametrize("suite", list_suites())
@pytest.mark.parametrize("name", list_tasks())
def test_every_suite_loads_on_every_task(suite: str, name: str) -> None:
    conditions = load_suite(suite).build_conditions(task_of(name))
    assert (conditions[0].axis, conditions[0].severity, conditions[0].variations) == ("nominal", 0, ())
    assert len({(c.axis, c.severity) for c in conditions}) == len(conditions)
    for condition in conditions:
        if condition.applicable:
            sample(task_of(name), condition.get_variations(1), 1)


def test_what_a_task_lacks_is_not_applicable() -> None:
    lacking = {c.axis for c in conditions_of("reach") if not c.applicable}
    assert {"mass", "object_size", "object_shape", "start_displacement", "push_object", "clutter"} <= lacking
    assert "force_noise" in lacking  # a task without a sense of touch
    assert not {"light_dimmer", "action_delay", "gravity", "push_arm", "table_height"} & lacking
    assert not {c.axis for c in conditions_of("grasp") if not c.applicable}
    assert "mass" in {c.axis for c in conditions_of("reach_avoid") if not c.applicable}  # of a wall


def test_a_condition_that_is_not_applicable_is_never_nominal() -> None:
    [condition] = [c for c in conditions_of("reach") if (c.axis, c.severity) == ("mass", 1)]
    assert condition.variations is None
    with pytest.raises(UsageError, match="not applicable"):
        condition.get_variations(0)


def test_wildcards_pass_over_cameras_that_move_with_the_robot() -> None:
    [condition] = [c for c in conditions_of("grasp") if (c.axis, c.severity) == ("camera_orbit", 2)]
    changed = differences(*(sample(task_of("grasp"), v, 0) for v in ((), condition.get_variations(0))))
    assert changed == {"cameras.front.orbit", "cameras.side.orbit"}


def test_robot_without_neck_has_the_axes_too() -> None:
    task = load_task(replace(task_of("grasp"), robot=replace(task_of("grasp").robot, model="panda")))
    assert all(c.applicable for c in SIM2REAL.build_conditions(task))


# --- several at once


@pytest.mark.parametrize("name", ["grasp", "reach"])
def test_combined_takes_more_and_more_axes(name: str) -> None:
    conditions = load_suite("combined").build_conditions(task_of(name))[1:]
    assert [c.severity for c in conditions] == [1, 2, 3, 4, 5]
    for seed in range(30):
        axes = [c.list_axes(seed) for c in conditions]
        assert [len(a) for a in axes[:4]] == [2, 3, 4, 5]
        for few, more in pairwise(axes):
            assert more[: len(few)] == few
        for condition in conditions:
            paths = [p for v in condition.get_variations(seed) for p in find_paths(task_of(name), v.path)]
            assert len(set(paths)) == len(paths)


def test_combined_axes_have_severity_2_and_change_with_the_seed() -> None:
    two, *_, every = load_suite("combined").build_conditions(task_of("grasp"))[1:]
    single = {c.axis: c.variations for c in conditions_of("grasp") if c.severity == 2}
    for part in every.select_axis_variations(5):
        assert part.variations == single[part.axis]
    assert len({two.list_axes(seed) for seed in range(50)}) > 40
    met = {axis for seed in range(300) for axis in two.list_axes(seed)}
    assert met == set(AXES)
    assert len(every.list_axes(1)) >= len(AXES) - 4  # brighter and dimmer exclude one another, and such


def test_combined_has_no_variations_of_its_own() -> None:
    _, two, *_ = load_suite("combined").build_conditions(task_of("grasp"))
    with pytest.raises(UsageError, match="use get_variations"):
        _ = two.variations


def test_unseen_objects_are_none_that_training_shows() -> None:
    for condition in load_suite("unseen_objects").build_conditions(task_of("grasp"))[1:]:
        seen = {sample(task_of("grasp"), condition.get_variations(s), s).objects["target"].model for s in range(60)}
        assert seen == set(list_objects(condition.axis))


def test_quick_is_sim2real_at_three_levels() -> None:
    quick = load_suite("quick")
    assert quick.severities == (1, 3, 5)
    assert 10 <= len(quick.axes) <= 14
    mine = {(c.axis, c.severity): c.variations for c in quick.build_conditions(task_of("grasp"))}
    theirs = {(c.axis, c.severity): c.variations for c in conditions_of("grasp")}
    assert mine.items() <= theirs.items()


# --- mistakes

MISTAKES = [
    ('"light.color" = { offset', '"light.colr" = { offset', 'changes."light.colr"', "did you mean 'color'?"),
    ('"objects.*.mass"', '"object.*.mass"', 'changes."object.*.mass"', "did you mean 'objects'?"),
    ('"objects.*.mass"', '"objects.*.mas"', 'changes."objects.*.mas"', "no field 'mas' in 'objects.*'; did you mean"),
    ('"objects.*.mass"', '"objects.*"', 'changes."objects.*"', "is not a single value"),
    ('"objects.*.mass"', '"observe.proprio"', 'changes."observe.proprio"', "no field 'observe'"),
    ("factor = [1.25, 1.5, 2, 3, 5]", "factor = [1.25, 1.5, 2, 3]", "factor", "has 4 levels, the suite has 5"),
    ("factor = [1.25, 1.5, 2, 3, 5]", "factor = 2", "factor", "the suite has 5; write a list"),
    ("factor = [1.25, 1.5, 2, 3, 5]", "facter = [1.25, 1.5, 2, 3, 5]", "mass", "did you mean 'factor'?"),
    ("factor = [1.25, 1.5, 2, 3, 5]", "factor = [0.5, 1.5, 2, 3, 5]", "factor", "at least 1"),
    ('    "train",\n    ["plain_blue"', '    "trian",\n    ["plain_blue"', "choice", "did you mean 'train'?"),
    ('observes = ["contact_force"]', 'observe = ["contact_force"]', "force_noise.observe", "did you mean 'observes'?"),
    ('name   = "sim2real"', 'name = "sim"', "name", "make them equal"),
    ("schema = 1", "schema = 9", "schema", "write schema = 1"),
]  # fmt: skip
BOUNDS = [
    ("factor = [1.25, 1.5, 2, 3, 5]", "factor = [1.25, 1.5, 2, 3, 500]", "above the highest allowed, 20 kg"),
    ("offset = [1, 2, 5, 8, 12]", "offset = [1, 2, 5, 8, 80]", "below the lowest allowed, 5 deg"),
    ('    "far",\n', '    ["cube", "cub"],\n', "did you mean 'cube'?"),
    ('"marble_black"', '"marble_blak"', "did you mean 'marble_black'?"),
    ('"cameras.*.orbit"', '"cameras.head.orbit"', "moves with it and has no 'orbit'"),
]


def edited(folder: Path, old: str, new: str) -> Path:
    text = (get_evaluation_folder() / "suites" / "sim2real.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "sim2real.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / "sim2real.toml"


@pytest.mark.parametrize(("old", "new", "key", "remedy"), MISTAKES)
def test_mistake_in_a_suite_is_refused_in_one_line(old: str, new: str, key: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_suite(edited(tmp_path, old, new))
    assert_line(str(error.value), "sim2real.toml", key, remedy)


@pytest.mark.parametrize(("old", "new", "remedy"), BOUNDS)
def test_level_that_no_task_can_take_is_refused(old: str, new: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_suite(edited(tmp_path, old, new)).build_conditions(task_of("grasp"))
    assert_line(str(error.value), "sim2real.toml", "changes", remedy)


def assert_line(message: str, file: str, key: str, remedy: str) -> None:
    assert "\n" not in message
    assert message.startswith(f"{file}: "), message
    assert key in message, message
    assert remedy in message, message


def test_suite_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigError, match="did you mean 'sim2real'"):
        load_suite("sim2reel")


def test_axis_that_another_suite_lacks_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('schema = 1\nname = "mine"\nabout = "."\n[select]\nsuite = "sim2real"\naxes = ["mas"]\n')
    with pytest.raises(ConfigError, match=r"mine\.toml: select\.axes: no axis 'mas' in sim2real; did you mean 'mass'"):
        load_suite(file)


# --- presets


@pytest.mark.parametrize("preset", list_presets())
@pytest.mark.parametrize("name", list_tasks())
def test_preset_stays_within_severity_3(preset: str, name: str) -> None:
    task = resolve(task_of(name))
    reach = severity_3(name)
    for variation in load_preset(preset, task_of(name)):
        for path in find_paths(task, variation.path):
            assert path in reach, f"{path} is on no axis of sim2real"
            assert_within(variation, get_value(task, path), reach[path])


def severity_3(name: str) -> dict[str, list[Variation]]:
    """Who changes each path, up to severity 3, whether or not this task feels it."""
    found: dict[str, list[Variation]] = {}
    everywhere = [replace(axis, needs=(), observes=()) for axis in AXES.values()]
    for variation in (
        v for axis in everywhere for level in (1, 2, 3) for v in axis.build_variations(task_of(name), level) or ()
    ):
        for path in find_paths(task_of(name), variation.path):
            found.setdefault(path, []).append(variation)
    return found


def assert_within(variation: Variation, nominal: Any, others: list[Variation]) -> None:
    if variation.path.endswith((".model", ".texture", ".floor", ".color")) and variation.verb == "choice":
        allowed = [option for other in others for option in other.argument]
        bank = list_textures("train") if variation.path.endswith((".texture", ".floor")) else list_objects("train")
        for option in variation.argument:
            assert option in allowed
            assert not isinstance(option, str) or option in bank
        return
    ends = np.array([np.broadcast_to(e, np.shape(nominal)) for e in variation.compute_extremes(nominal)], dtype=float)
    theirs = [np.broadcast_to(e, np.shape(nominal)) for other in others for e in other.compute_extremes(nominal)]
    hull = np.array([nominal, *theirs], dtype=float)
    assert (hull.min(axis=0) - 1e-9 <= ends).all(), variation.path
    assert (ends <= hull.max(axis=0) + 1e-9).all(), variation.path
    if np.ndim(nominal) == 1 and all(other.verb == "offset" for other in others):
        farthest = np.linalg.norm(np.abs(ends - nominal).max(axis=0))
        assert farthest <= max(other.argument for other in others) + 1e-9, variation.path


def test_full_is_all_of_the_others() -> None:
    for name in list_tasks():
        full = set(drawn_by("full", name))
        others = {entry for preset in ("visual", "dynamics", "sensing") for entry in drawn_by(preset, name)}
        assert others < full or (others == full and task_of(name).distractors is None)
        assert all(path.startswith("distractors.") for path, _ in full - others)


def drawn_by(preset: str, name: str) -> list[tuple[str, str]]:
    return [(v.path, f"{v.verb} {v.argument}") for v in load_preset(preset, task_of(name))]


@pytest.mark.parametrize("name", list_tasks())
def test_preset_finds_an_episode_for_every_seed(name: str) -> None:
    variations = load_preset("full", task_of(name))
    drawn = [sample(task_of(name), variations, seed) for seed in range(60)]
    assert len({d.light.intensity for d in drawn}) == 60
    assert all(d.sensing.latency <= 0.15 for d in drawn)


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ('"sensing.blur"', '"sensing.blurr"', "did you mean 'blur'?"),
        ("uniform = [0.0, 3.0]", "uniform = [0.0, 30.0]", "above the highest allowed, 20 px"),
        ('"sensing.blur"', '"sensing.drop"', "not valid TOML"),
        ('name   = "sensing"', 'name = "seeing"', "make them equal"),
        ("[vary.sensing]", '[vary.more]\n"objects.*.size" = { scale = 1.1 }\n"objects.target.size" = { scale = 1.1 }\n'
         "[vary.sensing]", "'objects.target.size' is varied twice"),
    ],
)  # fmt: skip
def test_mistake_in_a_preset_is_refused_in_one_line(old: str, new: str, remedy: str, tmp_path: Path) -> None:
    text = (get_tasks_folder() / "randomization" / "sensing.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "sensing.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_preset(tmp_path / "sensing.toml", task_of("grasp"))
    assert_line(str(error.value), "sensing.toml", "", remedy)
