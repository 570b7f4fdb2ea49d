"""Objects placed within areas, near, on and inside others: free of overlap, uniform, and paired under variations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from placed_tasks import write_task
from variations import sample_task, seeds

from mygym_lite.config.containment import is_in_cavity
from mygym_lite.config.object_bounds import compute_gap, compute_radius, compute_top, transform_to_object
from mygym_lite.config.objects import load_object
from mygym_lite.config.overlap import is_overlapping
from mygym_lite.config.region import Region
from mygym_lite.config.sampling import sample
from mygym_lite.config.start import Placement
from mygym_lite.config.start_extents import list_start_corners
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import Distractors, ObjectConfig
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import parse_variations
from mygym_lite.errors import ConfigError
from mygym_lite.rollout.episode import EpisodeSpec, read_varied_values
from mygym_lite.schema import Location
from mygym_lite.terms import load_task

TURN = (0.3, 0.4)  # rad
Objects = Mapping[str, ObjectConfig]


@pytest.fixture(scope="module")
def tidy(tmp_path_factory: pytest.TempPathFactory) -> Task:
    return load_task(write_task(tmp_path_factory.mktemp("tidy")))


def measure_gap(a: ObjectConfig, b: ObjectConfig) -> float:
    """Measure the gap between the circles around two footprints, m."""
    x, y, _ = a.initial_position
    return compute_gap(x, y, compute_radius(a), b)


def get_local(thing: ObjectConfig, support: ObjectConfig) -> np.ndarray:
    """Return the pose of an object relative to its support: x, y, height, sine and cosine of the yaw."""
    x, y = transform_to_object(support, thing.initial_position[:2])
    yaw = thing.yaw - support.yaw
    return np.array([x, y, thing.position[2] - support.position[2], math.sin(yaw), math.cos(yaw)])


def list_overlaps(things: Objects) -> list[tuple[str, str]]:
    names = list(things)
    return [(a, b) for i, a in enumerate(names) for b in names[:i] if is_overlapping(things[a], things[b])]


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_every_object_stands_where_it_is_declared(tidy: Task, seed: int) -> None:
    things = sample(tidy, (), seed).objects
    assert list(things) == list(tidy.objects)
    assert not list_overlaps(things)
    for name in ("bowl", "slab"):
        x, y, z = things[name].position
        assert 0.34 <= x <= 0.60
        assert -0.25 <= y <= 0.0
        assert z == 0.0
    assert measure_gap(things["slab"], things["bowl"]) >= 0.03
    assert 0.03 <= measure_gap(things["can"], things["bin"]) <= 0.10
    assert all(measure_gap(things["can"], things[name]) >= 0.02 for name in ("bowl", "slab", "top"))
    assert all(is_in_cavity(things[name], things["bin"]) for name in ("red", "green"))
    assert is_in_cavity(things["block"], things["bowl"])
    assert things["red"].position[2] == pytest.approx(0.005)
    assert things["top"].position[2] == compute_top(things["slab"])


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_offset_and_yaw_are_in_the_frame_of_the_support(tidy: Task, seed: int) -> None:
    things = sample(tidy, (), seed).objects
    x, y, _, sine, _ = get_local(things["top"], things["slab"])
    assert (abs(x) <= 0.01 + 1e-9, abs(y) <= 0.005 + 1e-9) == (True, True)
    assert sine == pytest.approx(0.0, abs=1e-9)
    assert abs(get_local(things["green"], things["bin"])[3]) <= math.sin(0.2) + 1e-9
    assert things["block"].yaw == pytest.approx(0.0)  # as declared


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_placement_depends_on_the_seed_only(tidy: Task, seed: int) -> None:
    first = sample(tidy, (), seed)
    sample(tidy, (), seed + 1)
    np.random.seed(seed % 1000)
    assert sample(tidy, (), seed) == first


def test_positions_are_uniform_in_an_area() -> None:
    x, y = sample_positions(Placement(within=((0.34, -0.2), (0.60, 0.2)))).T
    for values, low, high in ((x, 0.34, 0.60), (y, -0.2, 0.2)):
        counts, _ = np.histogram(values, 4, (low, high))
        assert counts.sum() == 600
        assert counts.min() > 105  # 150 each, 4 deviations
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.15


def test_gaps_and_directions_are_uniform_beside_an_object() -> None:
    anchor = ObjectConfig("can", (0.45, 0.0, 0.0))
    positions = sample_positions(Placement(near="anchor", distance=(0.02, 0.06)), anchor=anchor)
    offsets = positions - anchor.position[:2]
    radii = compute_radius(anchor) + compute_radius(ObjectConfig("cube", anchor.position))
    gaps = np.linalg.norm(offsets, axis=1) - radii
    for values, low, high in ((gaps, 0.02, 0.06), (np.arctan2(*offsets.T), -math.pi, math.pi)):
        counts, _ = np.histogram(values, 4, (low, high))
        assert counts.sum() == 600
        assert counts.min() > 105


def test_positions_are_uniform_on_the_floor_of_a_disc() -> None:
    bowl = ObjectConfig("bowl_wide", (0.45, 0.0, 0.0), size=2.0)
    positions = sample_positions(Placement(inside="bowl"), bowl=bowl)
    radii = np.linalg.norm(positions - bowl.position[:2], axis=1)
    most = 2.0 * 0.05 - compute_radius(ObjectConfig("cube", bowl.position))
    counts, _ = np.histogram((radii / most) ** 2, 4, (0.0, 1.0))  # of equal areas
    assert counts.sum() == 600
    assert counts.min() > 105


def sample_positions(rules: Placement, **others: ObjectConfig) -> np.ndarray:
    """Sample the x, y of a placed cube in 600 episodes."""
    things = {"target": ObjectConfig("cube", (0.0, 0.0, 0.0)), **others}
    task = replace(load_task("grasp"), objects=things, start={}, place={"target": rules})
    return np.array([sample(task, (), seed).objects["target"].position[:2] for seed in range(600)])


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_a_region_gives_the_place_and_the_height(seed: int) -> None:
    zone = Region("box", (0.2, 0.02), (0.45, 0.0, 0.1), yaw=0.7)
    things = {"target": ObjectConfig("cube", (0.0, 0.0, 0.0))}
    task = replace(
        load_task("grasp"), objects=things, regions={"zone": zone}, start={}, place={"target": Placement(within="zone")}
    )
    x, y, z = sample(task, (), seed).objects["target"].position
    along = (x - 0.45) * math.cos(0.7) + y * math.sin(0.7)
    across = y * math.cos(0.7) - (x - 0.45) * math.sin(0.7)
    assert abs(along) <= 0.1
    assert abs(across) <= 0.01
    assert z == 0.1


def test_an_object_is_placed_in_a_region_that_starts_elsewhere(tmp_path: Path) -> None:
    shift = '"regions.zone.position" = { shift = [[-0.02, -0.02, 0.0], [0.0, 0.0, 0.0]] }'
    task = load_task(write_task(tmp_path, ("[start]", f"[start]\n{shift}")))
    for seed in range(20):
        sampled = sample(task, (), seed)
        offset = np.subtract(sampled.objects["bowl"].position, sampled.regions["zone"].position)
        assert abs(offset[0]) <= 0.13
        assert abs(offset[1]) <= 0.125
    far = '"regions.zone.position" = { shift = [[-0.2, 0.0, 0.0], [0.0, 0.0, 0.0]] }'
    with pytest.raises(ConfigError, match=r"place.bowl.within: reaches \(0.140, -0.250\), outside the area of table"):
        load_task(write_task(tmp_path, ("[start]", f"[start]\n{far}")))


# --- variations


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_contents_move_with_their_container(tidy: Task, seed: int) -> None:
    nominal = sample(tidy, (), seed).objects
    table = {
        "objects.bin.nudge": {"offset": 0.005},
        "objects.bin.yaw": {"shift": list(TURN)},
        "objects.slab.position": {"shift": [[0.0, 0.0, 0.0], [0.003, 0.003, 0.0]]},
    }
    varied = sample_task(table, seed, tidy).objects
    assert varied["bin"].initial_position != nominal["bin"].initial_position
    for name, support in (("red", "bin"), ("green", "bin"), ("top", "slab"), ("block", "bowl")):
        before, after = get_local(nominal[name], nominal[support]), get_local(varied[name], varied[support])
        assert after == pytest.approx(before, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_contents_stand_on_the_floor_of_a_larger_container(tidy: Task, seed: int) -> None:
    nominal = sample(tidy, (), seed).objects
    varied = sample_task({"objects.bin.size": {"value": 1.05}, "objects.slab.size": {"value": 1.2}}, seed, tidy).objects
    assert varied["red"].position[2] == pytest.approx(1.05 * 0.005)
    assert varied["top"].position[2] == compute_top(varied["slab"]) == pytest.approx(1.2 * 0.03)
    for name, support in (("red", "bin"), ("top", "slab")):
        x, y, *_ = get_local(nominal[name], nominal[support])
        assert get_local(varied[name], varied[support])[:2] == pytest.approx((x, y), abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_variations_are_relative_to_the_place(tidy: Task, seed: int) -> None:
    nominal = sample(tidy, (), seed).objects
    table = {
        "objects.can.mass": {"scale": [2.0, 2.0]},
        "objects.bowl.yaw": {"shift": [0.1, 0.1]},
        "objects.top.position": {"shift": [[0.001, 0.0, 0.0], [0.001, 0.0, 0.0]]},
        "objects.*.friction": {"scale": [0.5, 0.5]},
    }
    varied = sample_task(table, seed, tidy).objects
    assert varied["can"] == replace(nominal["can"], mass=varied["can"].mass, friction=varied["can"].friction)
    assert varied["can"].mass == pytest.approx(2 * (nominal["can"].mass or 0.0))
    assert varied["bowl"].yaw == pytest.approx(nominal["bowl"].yaw + 0.1)
    assert varied["top"].position == pytest.approx(np.add(nominal["top"].position, (0.001, 0.0, 0.0)))
    assert varied["red"].position == nominal["red"].position
    assert all(thing.friction == 0.5 * (nominal[name].friction or 0.0) for name, thing in varied.items())


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_a_nudge_ends_at_the_walls_of_the_container(tidy: Task, seed: int) -> None:
    task = place(tidy, "green")
    nominal, *nudged = (
        sample_task({"objects.green.nudge": {"offset": size}}, seed, task).objects for size in (0.0, 0.02, 0.05, 0.2)
    )
    for things in nudged:
        assert things["green"].position == nominal["green"].position
        assert is_in_cavity(things["green"], things["bin"])
    lengths = [math.hypot(*things["green"].nudge) for things in nudged]
    assert lengths == pytest.approx(sorted(lengths), abs=1e-6)
    assert lengths[0] <= 0.02 + 1e-9
    assert lengths[1] == pytest.approx(0.05) or lengths[2] == pytest.approx(lengths[1], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_a_nudge_ends_at_the_edge_of_the_support(tidy: Task, seed: int) -> None:
    things = sample_task({"objects.top.nudge": {"offset": 0.2}}, seed, tidy).objects
    x, y = transform_to_object(things["slab"], things["top"].initial_position[:2])
    edges, radius = load_object("slab").extents, compute_radius(things["top"])
    assert abs(x) <= max(edges[0] / 2 - radius, 0.01) + 1e-6
    assert abs(y) <= max(edges[1] / 2 - radius, 0.005) + 1e-6


def test_a_value_wins_over_the_place(tidy: Task) -> None:
    varied = sample_task({"objects.can.position": {"value": [0.7, 0.25, 0.0]}}, 0, tidy).objects
    assert varied["can"].position == (0.7, 0.25, 0.0)
    varied = sample_task({"objects.block.position": {"value": [0.7, 0.25, 0.0]}}, 0, tidy).objects
    assert varied["block"].position == (0.7, 0.25, 0.0)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_another_model_keeps_the_place_if_it_fits_there(tidy: Task, seed: int) -> None:
    task = place(tidy, "bowl", "slab", "can")
    nominal = sample(task, (), seed).objects
    varied = sample_task({"objects.bowl.model": {"value": "box"}, "objects.can.model": {"value": "ball"}}, seed, task)
    assert not list_overlaps(varied.objects)
    for name, thing in varied.objects.items():
        moved = thing.position != nominal[name].position
        there = replace(thing, position=nominal[name].position)
        assert not moved or any(is_overlapping(there, other) for other in varied.objects.values() if other != thing)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_an_object_that_finds_room_moves_none_before_it(tidy: Task, seed: int) -> None:
    few = sample(place(tidy, "bowl", "red"), (), seed).objects
    more = sample(place(tidy, "bowl", "red", "block"), (), seed).objects
    assert {name: more[name] for name in few} == few


def place(task: Task, *names: str) -> Task:
    """Return the task with its fixed and these placed objects alone."""
    things = {name: thing for name, thing in task.objects.items() if name not in task.place or name in names}
    return replace(task, objects=things, place={name: task.place[name] for name in names}, draws={})


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_objects_in_the_way_of_a_varied_one_are_placed_anew(tidy: Task, seed: int) -> None:
    nominal = sample(tidy, (), seed).objects
    varied = sample_task({"objects.bin.nudge": {"offset": 0.06}}, seed, tidy).objects
    assert not list_overlaps(varied)
    assert varied["bowl"].position == nominal["bowl"].position or is_overlapping(nominal["bowl"], varied["bin"])


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_distractors_keep_clear_of_placed_objects(tidy: Task, seed: int) -> None:
    rules = Distractors(models=("cube_small",), region=((0.34, -0.28), (0.70, 0.28)), count=2, clearance=0.01)
    things = sample(replace(tidy, distractors=rules), (), seed).objects
    assert not list_overlaps(things)
    assert {name: thing for name, thing in things.items() if name in tidy.objects} == sample(tidy, (), seed).objects


def test_the_record_names_where_objects_were_placed(tidy: Task) -> None:
    drawn = sample(tidy, (), 1)
    values = read_varied_values(EpisodeSpec(tidy, 1), drawn)
    assert values["objects.can.position"] == list(drawn.objects["can"].position)
    assert values["objects.slab.yaw"] == drawn.objects["slab"].yaw


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_corners_enclose_all_places(tidy: Task, seed: int) -> None:
    for name, thing in sample(tidy, (), seed).objects.items():
        low, high = np.sort(list_start_corners(tidy, f"objects.{name}.position"), axis=0)[[0, -1]]
        assert (low - 1e-9 <= thing.position).all()
        assert (thing.position <= high + 1e-9).all()


# --- mistakes


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[place.can]", "[place.cann]", "place.cann: no object 'cann'; did you mean 'can'?"),
        ('near     = "bin"', 'near     = "bni"', "place.can.near: no object 'bni'; did you mean 'bin'?"),
        ('near     = "bin"', 'near     = "can"', "place.can.near: is the object itself; name another one"),
        ('inside = "bowl"', "", "place.block: wants one of within, near, on, inside, has none; keep one"),
        (
            'inside = "bowl"',
            'inside = "bowl"\non = "bowl"',
            "place.block: wants one of within, near, on, inside, has 2: on, in",
        ),
        (
            'inside = "bowl"',
            'inside = "bowl"\nofset = 1',
            "place.block.ofset: no field 'ofset'; did you mean 'offset'?",
        ),
        ('inside = "bowl"', 'inside = "bowl"\ndistance = [0, 1]', "'distance' belongs to 'near', not to 'inside'"),
        (
            'inside = "bowl"',
            'inside = "slab"',
            "place.block.inside: 'slab' has no cavity; choose a container, or place",
        ),
        (
            'inside = "bowl"',
            'inside = "bowl"\nyaw = [1, 0]',
            "place.block: yaw goes from 1 to 0; put the lower one first",
        ),
        ("distance = [0.03, 0.10]", "", "place.can: 'near' needs a distance; add for example distance ="),
        (
            "distance = [0.03, 0.10]",
            "distance = [0.10, 0.03]",
            "distance goes from 0.1 to 0.03; put the lower one first",
        ),
        (
            "distance = [0.03, 0.10]",
            "distance = [0.9, 1.0]",
            "place.can.near: no free place for it near 'bin' with 0.02 m",
        ),
        (
            "[[0.34, -0.25], [0.60, 0.0]]\nclear",
            "[[0.34, -0.95], [0.60, 0.0]]\nclear",
            "place.slab.within: reaches (0.340",
        ),
        (
            "[[0.34, -0.25], [0.60, 0.0]]\nclear",
            "'zome'\nclear",
            "place.slab.within: no region 'zome'; did you mean 'zone'?",
        ),
        ("[[-0.01, -0.005], [0.01", "[[-0.01, -0.005], [0.09", "offset: reaches 0.09 m along x, 'slab' ends at 0.0"),
        ('block = { model = "cube_small"', 'block = { model = "bowl_wide"', "'bowl_wide' measures 0."),
        (
            "[start]",
            '[start]\n"objects.*.position" = { shift = [0, 0] }',
            "objects.bowl.position is in [start] and [place.bowl]",
        ),
        ("[start]", '[start]\n"objects.red.yaw" = { shift = [0, 1] }', "objects.red.yaw is in [start] and [place.red]"),
        (
            '"objects.can.color"]\nvalues = [[1',
            '"objects.can.nudge"]\nvalues = [[1',
            "is decided by [place.can] too; remove",
        ),
        ('[place.bowl]\nwithin = "zone"', '[place.bowl]\non = "top"', "'top' is placed after 'bowl'; write"),
    ],
)
def test_mistakes_are_refused_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = write_task(tmp_path, (old, new))
    with pytest.raises(ConfigError) as caught:
        load_task(file)
    assert message in str(caught.value)
    assert str(caught.value).startswith("tidy")
    assert "\n" not in str(caught.value)


def test_a_crowded_area_is_refused_with_a_remedy() -> None:
    things = {name: ObjectConfig("cube", (0.0, 0.0, 0.0)) for name in ("target", "b", "c")}
    rules = Placement(within=((0.4, 0.0), (0.45, 0.05)))
    task = replace(load_task("grasp"), objects=things, start={}, place=dict.fromkeys(things, rules))
    remedy = r"seed 0: place.\w+.within: no free place for it within the area with 0.02 m clearance; make room there"
    with pytest.raises(ConfigError, match=remedy):
        sample(task, (), 0)


def test_real_overlap_with_a_container_is_refused(tidy: Task) -> None:
    with pytest.raises(ConfigError, match=r"seed 0: place.block.inside: no free place"):
        sample_task({"objects.block.size": {"value": 3.0}}, 0, tidy)
    task = place(tidy, "bowl")
    through_the_wall = ObjectConfig("cube", (0.40, 0.22, 0.005))
    with pytest.raises(ConfigError, match=r"'wall' at .* overlaps 'bin'"):
        sample(replace(task, objects={**task.objects, "wall": through_the_wall}), (), 0)


@pytest.mark.parametrize("field", ["model", "shape"])
def test_a_container_keeps_a_cavity(field: str, tidy: Task) -> None:
    where = Location("suite")
    table = {f"objects.bowl.{field}": {"choice": "train"}}
    with pytest.raises(ConfigError, match=r"has no cavity for \[place.block\] inside; choose a container"):
        check_variations(tidy, parse_variations(table, where), where)
