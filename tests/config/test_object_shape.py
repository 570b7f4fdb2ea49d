"""Shape of an object apart from its material: another outline with the mass, the friction and the colour it had."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from variations import LOCATION, sample_task, seeds

from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import parse_variations
from mygym_lite.errors import ConfigError
from mygym_lite.terms import load_task

MATERIAL = ("mass", "friction", "restitution", "color", "texture")


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from(list_objects("train") + list_objects("near") + list_objects("far")))
def test_another_shape_keeps_mass_friction_and_look(seed: int, shape: str) -> None:
    nominal = sample_task({}, seed).objects["target"]
    changed = sample_task({"objects.target.shape": {"choice": [shape]}}, seed).objects["target"]
    assert changed.model == shape
    assert [getattr(changed, name) for name in MATERIAL] == [getattr(nominal, name) for name in MATERIAL]
    assert (changed.position, changed.yaw, changed.size) == (nominal.position, nominal.yaw, nominal.size)


def test_a_ball_rolls_with_the_friction_of_a_ball():
    ball = sample_task({"objects.target.shape": {"choice": ["ball"]}}, 0).objects["target"]
    assert ball.rolling_friction == load_object("ball").rolling_friction > 0.0


def test_a_declared_shape_is_a_setting_like_any_other():
    task = load_task("grasp", ["objects.target.shape=can", "objects.target.mass=0.2"])
    target = sample(task, (), 0).objects["target"]
    assert (target.model, target.mass) == ("can", 0.2)
    assert resolve(resolve(task)) == resolve(task)


def test_a_variation_of_the_shape_also_applies_to_a_model_that_is_drawn():
    task = load_task("grasp_any")
    shapes = parse_variations({"objects.target.shape": {"choice": ["domino"]}}, LOCATION)
    for seed in range(3):
        nominal, changed = (sample(task, variations, seed).objects["target"] for variations in ((), shapes))
        assert (changed.model, changed.mass) == ("domino", nominal.mass)


def test_an_unknown_shape_is_refused():
    variations = parse_variations({"objects.target.shape": {"choice": ["cubee"]}}, LOCATION)
    with pytest.raises(ConfigError, match=r"objects\.target\.shape.*cubee.*cube"):
        check_variations(load_task("grasp"), variations, LOCATION)
    with pytest.raises(ConfigError, match=r"objects\.target\.shape.*cubee"):
        load_task("grasp", ["objects.target.shape=cubee"])
