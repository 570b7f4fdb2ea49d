"""Variations keep their word: within their extremes, each from a stream of its own, the same for the same seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mygym_lite.config import field_path as paths
from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.placement import is_overlapping
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.task import Distractors, Task
from mygym_lite.config.textures import list_textures
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import VERBS, Variation, parse_variations
from mygym_lite.errors import ConfigError
from mygym_lite.rng import make_stream, make_streams
from mygym_lite.schema import Location
from mygym_lite.terms import load_task

HERE = Location("variations")
seeds = st.integers(0, 2**31 - 1)
numbers = st.floats(-5, 5)
sizes = st.floats(0, 3)
vectors = st.tuples(numbers, numbers, numbers)
SOME: dict[str, dict[str, Any]] = {
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


def variation(verb: str, argument: Any) -> Variation:
    [made] = parse_variations({"objects.target.mass": {verb: argument}}, HERE)
    return made


def ordered(pair: tuple[float, float]) -> list[float]:
    return sorted(pair)


def varied(table: dict[str, dict[str, Any]], seed: int, task: Task | None = None) -> Task:
    return sample(task or load_task("grasp"), parse_variations(table, HERE), seed)


# --- each verb


@st.composite
def verbs(draw: st.DrawFn) -> tuple[str, Any]:
    verb = draw(st.sampled_from(sorted(VERBS)))
    if verb in ("uniform", "shift", "scale"):
        return verb, ordered(draw(st.tuples(numbers, numbers)))
    if verb == "choice":
        return verb, draw(st.lists(numbers, min_size=1, max_size=4))
    if verb == "value":
        return verb, draw(numbers)
    return verb, draw(st.floats(1, 4) if verb == "factor" else sizes)


@given(verbs(), numbers, seeds)
def test_number_stays_within_its_extremes(verb: tuple[str, Any], nominal: float, seed: int) -> None:
    made = variation(*verb)
    ends = made.compute_extremes(nominal)
    drawn = made.draw(nominal, make_stream(seed, "x"))
    assert isinstance(drawn, float)
    assert min(ends) - 1e-9 <= drawn <= max(ends) + 1e-9
    assert drawn == made.draw(nominal, make_stream(seed, "x"))


@given(verbs().filter(lambda v: v[0] not in ("choice", "value")), vectors, seeds)
def test_vector_stays_within_its_extremes(verb: tuple[str, Any], nominal: tuple[float, ...], seed: int) -> None:
    made = variation(*verb)
    ends = np.array([np.broadcast_to(end, 3) for end in made.compute_extremes(nominal)])
    drawn = made.draw(nominal, make_stream(seed, "x"))
    assert isinstance(drawn, tuple)
    assert (ends.min(axis=0) - 1e-9 <= drawn).all()
    assert (drawn <= ends.max(axis=0) + 1e-9).all()


@given(st.integers(0, 30), st.integers(0, 30), seeds)
def test_count_stays_a_whole_number(low: int, extra: int, seed: int) -> None:
    drawn = variation("uniform", [low, low + extra]).draw(3, make_stream(seed, "x"))
    assert type(drawn) is int
    assert low <= drawn <= low + extra


def test_count_takes_each_value_equally_often() -> None:
    made = variation("uniform", [0, 3])
    found = np.bincount([made.draw(2, make_stream(seed, "x")) for seed in range(2000)])
    assert len(found) == 4
    assert found.min() > 420  # 500 each, 4 deviations


@given(sizes, vectors, seeds)
def test_offset_has_exactly_its_size(size: float, nominal: tuple[float, ...], seed: int) -> None:
    moved = variation("offset", size).draw(nominal, make_stream(seed, "x"))
    assert math.dist(moved, nominal) == pytest.approx(size, abs=1e-9)
    alone = variation("offset", size).draw(nominal[0], make_stream(seed, "x"))
    assert abs(alone - nominal[0]) == pytest.approx(size, abs=1e-9)


def test_offset_goes_everywhere() -> None:
    moved = np.array([variation("offset", 1.0).draw((0.0, 0.0, 0.0), make_stream(s, "x")) for s in range(2000)])
    assert np.abs(moved.mean(axis=0)).max() < 0.06  # a deviation is 0.013
    assert moved.std(axis=0) == pytest.approx(np.full(3, math.sqrt(1 / 3)), rel=0.05)


@given(st.floats(1, 5), st.floats(0.1, 5), seeds)
def test_factor_multiplies_or_divides(size: float, nominal: float, seed: int) -> None:
    drawn = variation("factor", size).draw(nominal, make_stream(seed, "x"))
    assert drawn == pytest.approx(nominal * size) or drawn == pytest.approx(nominal / size)


def test_factor_does_each_half_of_the_time() -> None:
    up = sum(variation("factor", 2.0).draw(1.0, make_stream(seed, "x")) > 1 for seed in range(1000))
    assert 440 < up < 560


def test_normal_is_cut_at_three_deviations() -> None:
    drawn = np.array([variation("normal", 0.5).draw(1.0, make_stream(seed, "x")) for seed in range(3000)])
    assert np.abs(drawn - 1.0).max() <= 1.5
    assert drawn.std() == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("nominal", [0.3, 4, (0.1, 0.2, 0.3)])
def test_shift_and_scale_by_one_number_are_exact(nominal: Any) -> None:
    rng = make_stream(0, "x")
    assert variation("shift", 2).draw(nominal, rng) == pytest.approx(np.asarray(nominal) + 2)
    assert variation("scale", 2).draw(nominal, rng) == pytest.approx(np.asarray(nominal) * 2)
    assert [np.shape(end) for end in variation("scale", 0.9).compute_extremes(nominal)] == [np.shape(nominal)]


def test_choice_of_a_bank_depends_on_what_the_field_holds() -> None:
    table = {"workspace.texture": {"choice": "held_out"}, "objects.target.model": {"choice": "near"}}
    textures, models = (v.argument for v in parse_variations(table, HERE))
    assert textures == list(list_textures("held_out"))
    assert models == list_objects("near")
    with pytest.raises(ConfigError, match="no texture bank 'near'; one of held_out, train"):
        parse_variations({"objects.target.texture": {"choice": "near"}}, HERE)
    drawn = {varied({"workspace.texture": {"choice": "train"}}, seed).workspace.texture for seed in range(300)}
    assert drawn == set(list_textures("train"))


# --- distributions

DRAWS = 10_000


def drawn_values(verb: str, argument: Any, nominal: Any, path: str = "objects.target.mass") -> np.ndarray:
    """Ten thousand episodes."""
    made = variation(verb, argument)
    return np.array([made.draw(nominal, rng) for seed in range(DRAWS // 10) for rng in tenfold(seed, path)])


def tenfold(seed: int, path: str) -> Iterator[np.random.Generator]:
    yield from make_streams(seed, [f"{path}.{i}" for i in range(10)])


ALIKE = 0.001  # below this chance, draws are said not to come from their distribution


@pytest.mark.parametrize(
    ("verb", "argument", "low", "high"),
    [("uniform", [0.2, 1.4], 0.2, 1.4), ("shift", [-0.3, 0.1], 0.7, 1.1), ("scale", [0.5, 3.0], 0.5, 3.0)],
)
def test_ranges_are_even(verb: str, argument: Any, low: float, high: float) -> None:
    assert stats.kstest(drawn_values(verb, argument, 1.0), stats.uniform(low, high - low).cdf).pvalue > ALIKE
    each = drawn_values(verb, argument, (1.0, 1.0, 1.0))
    if verb != "scale":  # which scales a vector as a whole
        assert np.abs(np.corrcoef(each.T) - np.eye(3)).max() < 0.04
    for column in each.T:
        assert stats.kstest(column, stats.uniform(low, high - low).cdf).pvalue > ALIKE


def test_normal_is_a_gaussian_cut_at_three_deviations() -> None:
    wanted = stats.truncnorm(-3, 3, loc=1.0, scale=0.5)
    assert stats.kstest(drawn_values("normal", 0.5, 1.0), wanted.cdf).pvalue > ALIKE
    assert stats.kstest(drawn_values("normal", 0.5, (1.0, 1.0))[:, 1], wanted.cdf).pvalue > ALIKE


def test_offset_goes_in_every_direction_alike() -> None:
    """On a sphere each coordinate is even (Archimedes); on a circle the angle is; on a line both ways are."""
    for column in drawn_values("offset", 0.2, (0.0, 0.0, 0.0)).T:
        assert stats.kstest(column, stats.uniform(-0.2, 0.4).cdf).pvalue > ALIKE
    x, y = drawn_values("offset", 0.2, (0.0, 0.0)).T
    assert stats.kstest(np.arctan2(y, x), stats.uniform(-math.pi, 2 * math.pi).cdf).pvalue > ALIKE
    assert stats.binomtest(int((drawn_values("offset", 0.2, 0.0) > 0).sum()), DRAWS).pvalue > ALIKE


@pytest.mark.parametrize(
    ("verb", "argument", "nominal", "kinds"),
    [("choice", [1.0, 2.0, 3.0, 4.0], 1.0, 4), ("factor", 2.0, 1.0, 2), ("uniform", [3, 9], 5, 7)],
)
def test_what_is_counted_comes_equally_often(verb: str, argument: Any, nominal: Any, kinds: int) -> None:
    _, counts = np.unique(drawn_values(verb, argument, nominal), return_counts=True)
    assert len(counts) == kinds
    assert stats.chisquare(counts).pvalue > ALIKE


def test_paths_are_independent_of_one_another() -> None:
    """Also of where episodes start, and whatever the seeds: neighbours are as different as any two."""
    names = ["objects.target.mass", "objects.target.friction", "robot.time_constant", "start/objects.target.mass", "x"]
    draws = np.array([[rng.random() for rng in make_streams(seed, names)] for seed in range(DRAWS)])
    for column in draws.T:
        assert stats.kstest(column, "uniform").pvalue > ALIKE
        assert abs(np.corrcoef(column[1:], column[:-1])[0, 1]) < 0.04
    assert np.abs(np.corrcoef(draws.T) - np.eye(len(names))).max() < 0.04  # a deviation is 0.01
    assert np.abs(stats.spearmanr(draws).statistic - np.eye(len(names))).max() < 0.04


# --- streams


@pytest.mark.parametrize("seed", [0, 1, 7, 2**31 - 1, 2**32 - 1, 2**32, 2**50])
def test_streams_made_together_are_those_made_alone(seed: int) -> None:
    names = [f"objects.thing_{i}.mass" for i in range(40)]
    for name, together in zip(names, make_streams(seed, names), strict=True):
        alone = make_stream(seed, name)
        assert together.random() == alone.random()
        assert [together.random() for _ in range(5)] == alone.random(5).tolist()
        assert together.bit_generator.state == alone.bit_generator.state
        assert together.standard_normal(3).tolist() == alone.standard_normal(3).tolist()
        assert [together.random() for _ in range(2)] == alone.random(2).tolist()
        assert together.integers(7) == alone.integers(7)


@given(st.tuples(numbers, numbers).map(ordered), seeds)
def test_even_draws_are_those_of_numpy(ends: list[float], seed: int) -> None:
    low, high = ends
    wanted = make_stream(seed, "x").uniform(low, high, size=3).tolist()
    assert list(variation("uniform", ends).draw((0.0, 0.0, 0.0), make_stream(seed, "x"))) == wanted
    assert list(variation("uniform", [[low] * 3, [high] * 3]).draw((0.0,) * 3, make_stream(seed, "x"))) == wanted
    assert variation("uniform", ends).draw(0.0, make_stream(seed, "x")) == wanted[0]


@settings(max_examples=25, deadline=None)
@given(seeds, st.sets(st.sampled_from(sorted(SOME)), min_size=1), st.sampled_from(sorted(SOME)))
def test_one_variation_more_leaves_the_others_as_they_were(seed: int, chosen: set[str], more: str) -> None:
    few = varied({path: SOME[path] for path in chosen}, seed)
    many = varied({path: SOME[path] for path in (*sorted(chosen), more)}, seed)
    for path in chosen | {"objects.target.yaw"}:
        for concrete in paths.match_paths(few, path, HERE):
            assert paths.get_value(few, concrete) == paths.get_value(many, concrete)


@settings(max_examples=25, deadline=None)
@given(seeds, st.permutations(sorted(SOME)))
def test_order_of_variations_does_not_matter(seed: int, order: list[str]) -> None:
    assert varied(SOME, seed) == varied({path: SOME[path] for path in order}, seed)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_sample_is_pure(seed: int) -> None:
    first = varied(SOME, seed)
    varied({"objects.target.model": {"choice": "train"}}, seed + 1)
    np.random.seed(seed % 1000)
    assert varied(SOME, seed) == first


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_levels_of_an_axis_are_paired(seed: int) -> None:
    """The same seed displaces in the same direction at every level, from the same start."""
    nominal = varied({}, seed)
    start = np.array(nominal.cameras["front"].position)
    small, large = (
        np.array(varied({"cameras.front.position": {"offset": size}}, seed).cameras["front"].position) - start
        for size in (0.02, 0.08)
    )
    assert large == pytest.approx(4 * small, abs=1e-9)
    heavy = varied({"objects.target.mass": {"value": 0.3}}, seed)
    assert replace(heavy, objects=nominal.objects) == nominal
    assert heavy.objects["target"].position == nominal.objects["target"].position


def test_variation_begins_from_the_start_that_was_drawn() -> None:
    for seed in range(5):
        start = varied({}, seed).objects["target"].position
        moved = (
            varied({"objects.target.position": {"shift": [[0.01, 0, 0], [0.01, 0, 0]]}}, seed)
            .objects["target"]
            .position
        )
        assert moved == pytest.approx((start[0] + 0.01, start[1], start[2]))


def test_variation_begins_from_the_model_that_was_drawn() -> None:
    table = {"objects.target.model": {"choice": "train"}, "objects.target.mass": {"scale": [2.0, 2.0]}}
    for seed in range(10):
        thing = varied(table, seed).objects["target"]
        assert thing.mass == pytest.approx(2 * load_object(thing.model).mass)
        assert thing.friction == load_object(thing.model).friction


def test_wildcard_draws_for_each_what_its_own_path_would() -> None:
    task = load_task("grasp")
    front = task.cameras["front"]
    task = replace(task, cameras={"front": front, "side": front})
    every = varied({"cameras.*.fov": {"shift": [-5, 5]}}, 3, task)
    one = varied({"cameras.side.fov": {"shift": [-5, 5]}}, 3, task)
    assert every.cameras["side"] == one.cameras["side"]
    assert every.cameras["front"].fov != every.cameras["side"].fov


# --- where episodes start


def test_start_fills_its_box_evenly() -> None:
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


def test_choice_of_a_bank_draws_all_of_it() -> None:
    drawn = {varied({"objects.target.model": {"choice": "far"}}, seed).objects["target"].model for seed in range(150)}
    assert drawn == set(list_objects("far"))


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(0, 4))
def test_distractors_stand_free_and_in_their_region(seed: int, count: int) -> None:
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


# --- what cannot be


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"goal.rpy": {"shift": [-0.1, 0.1]}}, "rpy"),
        ({"objects.target.model": {"shift": [0, 1]}}, "objects.target.model"),
        ({"objects.target.model": {"choice": ["cube", "cub"]}}, "did you mean 'cube'"),
        ({"objects.target.fixed": {"uniform": [0, 1]}}, "objects.target.fixed"),
        ({"objects.target.mass": {"uniform": [[0, 0], [1, 1]]}}, "objects.target.mass"),
        ({"objects.target.position": {"uniform": [[0, 0], [1, 1]]}}, "objects.target.position"),
        ({"objects.target.position": {"value": 3}}, "objects.target.position"),
        ({"objects.target.mass": {"scale": [-1, 1]}}, "below the lowest allowed"),
        ({"objects.target.friction": {"uniform": [0, 9]}}, "above the highest allowed"),
        ({"physics.solver_iterations": {"uniform": [0.5, 80.5]}}, "solver_iterations"),
        ({"physics.step_hz": {"uniform": [100, 300]}}, "step_hz"),
        ({"episode.observe": {"value": 1}}, "no field 'observe'"),
        ({"objects.*.mas": {"value": 1}}, "did you mean 'mass'"),
        ({"observe.proprio": {"value": 1}}, "no field 'observe'"),
        ({"cameras.head.orbit": {"offset": 0.1}}, "moves with it and has no 'orbit'"),
        ({"sensing.latency": {"value": -0.1}}, "below the lowest allowed"),
        ({"robot.backlash": {"scale": "x"}}, "robot.backlash"),
    ],
)
def test_refused_before_anything_is_drawn(table: dict[str, Any], message: str) -> None:
    task = load_task("reach" if "goal.rpy" in table else "grasp")
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")) as error:
        check_variations(task, parse_variations(table, HERE), HERE)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("variations: ")


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_image_size_varies_in_whole_pixels(seed: int) -> None:
    table = {"cameras.front.size": {"uniform": [[80, 60], [160, 120]]}}
    check_variations(load_task("grasp"), parse_variations(table, HERE), HERE)
    width, height = varied(table, seed).cameras["front"].size
    assert (type(width), type(height)) == (int, int)
    assert 80 <= width <= 160
    assert 60 <= height <= 120


def test_resolved_task_resolves_to_itself() -> None:
    task = resolve(load_task("grasp"))
    assert resolve(task) == task


def test_a_variation_with_a_chance_takes_part_now_and_then() -> None:
    always = {"objects.target.mass": {"scale": [0.5, 2.0]}}
    rarely = {"objects.target.mass": {"scale": [0.5, 2.0], "probability": 0.3}}
    masses = [[varied(table, seed).objects["target"].mass for seed in range(200)] for table in ({}, always, rarely)]
    takes_part = [rare != declared for declared, _, rare in zip(*masses, strict=True)]
    assert all(rare == (drawn if part else declared)
               for part, declared, drawn, rare in zip(takes_part, *masses, strict=True))  # fmt: skip
    assert stats.binomtest(sum(takes_part), 200, 0.3).pvalue > 0.01
    assert parse_variations(rarely, HERE)[0].to_dict() == rarely["objects.target.mass"]


@pytest.mark.parametrize("chance", [0, 1.5, True, "often"])
def test_a_chance_that_is_none_is_refused(chance: Any) -> None:
    with pytest.raises(
        ConfigError, match=r'^variations: "objects.target.mass".probability: is .*; wants a number above 0'
    ):
        parse_variations({"objects.target.mass": {"scale": [0.5, 2.0], "probability": chance}}, HERE)
