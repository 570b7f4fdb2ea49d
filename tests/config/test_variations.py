"""Variations: each verb draws within its extremes, and nonsense is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from variations import LOCATION, make_variation, sample_task, seeds

from mygym_lite.config.objects import list_objects
from mygym_lite.config.textures import list_textures
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import parse_variations
from mygym_lite.config.verbs import VERBS
from mygym_lite.errors import ConfigError
from mygym_lite.rng import make_stream
from mygym_lite.terms import load_task

numbers = st.floats(-5, 5)
sizes = st.floats(0, 3)
vectors = st.tuples(numbers, numbers, numbers)


def sort_pair(pair: tuple[float, float]) -> list[float]:
    return sorted(pair)


@st.composite
def verbs(draw: st.DrawFn) -> tuple[str, Any]:
    verb = draw(st.sampled_from(sorted(VERBS)))
    if verb in ("uniform", "shift", "scale"):
        return verb, sort_pair(draw(st.tuples(numbers, numbers)))
    if verb == "choice":
        return verb, draw(st.lists(numbers, min_size=1, max_size=4))
    if verb == "value":
        return verb, draw(numbers)
    return verb, draw(st.floats(1, 4) if verb == "factor" else sizes)


@given(verbs(), numbers, seeds)
def test_number_stays_within_its_extremes(verb: tuple[str, Any], nominal: float, seed: int) -> None:
    made = make_variation(*verb)
    ends = made.compute_extremes(nominal)
    drawn = made.draw(nominal, make_stream(seed, "x"))
    assert isinstance(drawn, float)
    assert min(ends) - 1e-9 <= drawn <= max(ends) + 1e-9
    assert drawn == made.draw(nominal, make_stream(seed, "x"))


@given(verbs().filter(lambda v: v[0] not in ("choice", "value")), vectors, seeds)
def test_vector_stays_within_its_extremes(verb: tuple[str, Any], nominal: tuple[float, ...], seed: int) -> None:
    made = make_variation(*verb)
    ends = np.array([np.broadcast_to(end, 3) for end in made.compute_extremes(nominal)])
    drawn = made.draw(nominal, make_stream(seed, "x"))
    assert isinstance(drawn, tuple)
    assert (ends.min(axis=0) - 1e-9 <= drawn).all()
    assert (drawn <= ends.max(axis=0) + 1e-9).all()


@given(st.integers(0, 30), st.integers(0, 30), seeds)
def test_count_stays_a_whole_number(low: int, extra: int, seed: int) -> None:
    drawn = make_variation("uniform", [low, low + extra]).draw(3, make_stream(seed, "x"))
    assert type(drawn) is int
    assert low <= drawn <= low + extra


def test_count_takes_each_value_equally_often() -> None:
    made = make_variation("uniform", [0, 3])
    found = np.bincount([made.draw(2, make_stream(seed, "x")) for seed in range(2000)])
    assert len(found) == 4
    assert found.min() > 420  # 500 each, 4 deviations


@given(sizes, vectors, seeds)
def test_offset_has_exactly_its_size(size: float, nominal: tuple[float, ...], seed: int) -> None:
    moved = make_variation("offset", size).draw(nominal, make_stream(seed, "x"))
    assert math.dist(moved, nominal) == pytest.approx(size, abs=1e-9)
    alone = make_variation("offset", size).draw(nominal[0], make_stream(seed, "x"))
    assert abs(alone - nominal[0]) == pytest.approx(size, abs=1e-9)


def test_offset_has_no_preferred_direction() -> None:
    moved = np.array([make_variation("offset", 1.0).draw((0.0, 0.0, 0.0), make_stream(s, "x")) for s in range(2000)])
    assert np.abs(moved.mean(axis=0)).max() < 0.06  # a deviation is 0.013
    assert moved.std(axis=0) == pytest.approx(np.full(3, math.sqrt(1 / 3)), rel=0.05)


@given(st.floats(1, 5), st.floats(0.1, 5), seeds)
def test_factor_multiplies_or_divides(size: float, nominal: float, seed: int) -> None:
    drawn = make_variation("factor", size).draw(nominal, make_stream(seed, "x"))
    assert drawn == pytest.approx(nominal * size) or drawn == pytest.approx(nominal / size)


def test_factor_multiplies_half_of_the_time() -> None:
    up = sum(make_variation("factor", 2.0).draw(1.0, make_stream(seed, "x")) > 1 for seed in range(1000))
    assert 440 < up < 560


def test_normal_is_cut_at_three_deviations() -> None:
    drawn = np.array([make_variation("normal", 0.5).draw(1.0, make_stream(seed, "x")) for seed in range(3000)])
    assert np.abs(drawn - 1.0).max() <= 1.5
    assert drawn.std() == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("nominal", [0.3, 4, (0.1, 0.2, 0.3)])
def test_shift_and_scale_by_one_number_are_exact(nominal: Any) -> None:
    rng = make_stream(0, "x")
    assert make_variation("shift", 2).draw(nominal, rng) == pytest.approx(np.asarray(nominal) + 2)
    assert make_variation("scale", 2).draw(nominal, rng) == pytest.approx(np.asarray(nominal) * 2)
    assert [np.shape(end) for end in make_variation("scale", 0.9).compute_extremes(nominal)] == [np.shape(nominal)]


def test_choice_of_a_bank_depends_on_what_the_field_holds() -> None:
    table = {"workspace.texture": {"choice": "held_out"}, "objects.target.model": {"choice": "near"}}
    textures, models = (v.argument for v in parse_variations(table, LOCATION))
    assert textures == list(list_textures("held_out"))
    assert models == list_objects("near")
    with pytest.raises(ConfigError, match="no texture bank 'near'; one of extra, held_out, train"):
        parse_variations({"objects.target.texture": {"choice": "near"}}, LOCATION)
    drawn = {sample_task({"workspace.texture": {"choice": "train"}}, seed).workspace.texture for seed in range(300)}
    assert drawn == set(list_textures("train"))


@given(st.tuples(numbers, numbers).map(sort_pair), seeds)
def test_uniform_draws_match_numpy(ends: list[float], seed: int) -> None:
    low, high = ends
    wanted = make_stream(seed, "x").uniform(low, high, size=3).tolist()
    assert list(make_variation("uniform", ends).draw((0.0, 0.0, 0.0), make_stream(seed, "x"))) == wanted
    assert list(make_variation("uniform", [[low] * 3, [high] * 3]).draw((0.0,) * 3, make_stream(seed, "x"))) == wanted
    assert make_variation("uniform", ends).draw(0.0, make_stream(seed, "x")) == wanted[0]


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
def test_invalid_variations_are_refused_before_sampling(table: dict[str, Any], message: str) -> None:
    task = load_task("reach" if "goal.rpy" in table else "grasp")
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")) as error:
        check_variations(task, parse_variations(table, LOCATION), LOCATION)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("variations: ")


def test_probability_is_the_share_of_varied_episodes() -> None:
    always = {"objects.target.mass": {"scale": [0.5, 2.0]}}
    rarely = {"objects.target.mass": {"scale": [0.5, 2.0], "probability": 0.3}}
    masses = [
        [sample_task(table, seed).objects["target"].mass for seed in range(200)] for table in ({}, always, rarely)
    ]
    takes_part = [rare != declared for declared, _, rare in zip(*masses, strict=True)]
    assert all(rare == (drawn if part else declared)
               for part, declared, drawn, rare in zip(takes_part, *masses, strict=True))  # fmt: skip
    assert stats.binomtest(sum(takes_part), 200, 0.3).pvalue > 0.01
    assert parse_variations(rarely, LOCATION)[0].to_dict() == rarely["objects.target.mass"]


@pytest.mark.parametrize("chance", [0, 1.5, True, "often"])
def test_invalid_probabilities_are_refused(chance: Any) -> None:
    with pytest.raises(
        ConfigError, match=r'^variations: "objects.target.mass".probability: is .*; wants a number above 0'
    ):
        parse_variations({"objects.target.mass": {"scale": [0.5, 2.0], "probability": chance}}, LOCATION)
