"""Objects that start on their side: where they stand, what they overlap, and what cannot use them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from engines import ENGINES, require_engine
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mygym_lite.config.object_bounds import compute_bounds, compute_origin_height, compute_rotation, compute_top
from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.overlap import is_overlapping
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_tasks_folder
from mygym_lite.perception.targets import require_locatable
from mygym_lite.terms import load_task

QUARTER = math.pi / 2
angles = st.floats(-math.pi, math.pi)
things = st.builds(
    ObjectConfig,
    model=st.sampled_from(list_objects()),
    position=st.just((0.4, 0.1, 0.02)),
    roll=angles,
    pitch=angles,
    yaw=angles,
    size=st.floats(0.5, 2.0),
)


def list_points(thing: ObjectConfig) -> tuple[np.ndarray, np.ndarray]:
    """Return points of the collision shapes in the world, and the radius around each, relative to the origin."""
    rotation = Rotation.from_euler("xyz", [thing.roll, thing.pitch, thing.yaw])
    outlines = [shape.outline for shape in load_object(thing.model).shapes]
    points = np.concatenate([rotation.apply(thing.size * points) for points, _ in outlines])
    return points, np.concatenate([np.full(len(points), thing.size * radius) for points, radius in outlines])


@settings(max_examples=200, deadline=None)
@given(things)
def test_the_lowest_point_is_at_the_declared_height(thing: ObjectConfig) -> None:
    points, radii = list_points(thing)
    lowest, highest = (points[:, 2] - radii).min(), (points[:, 2] + radii).max()
    assert compute_origin_height(thing) == pytest.approx(-lowest, abs=1e-9)
    assert compute_top(thing) == pytest.approx(0.02 + highest - lowest, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(things)
def test_the_footprint_contains_the_object(thing: ObjectConfig) -> None:
    points, radii = list_points(thing)
    assert (np.hypot(points[:, 0], points[:, 1]) + radii).max() <= thing.size * compute_bounds(thing).radius + 1e-9


@given(angles)
def test_an_object_without_roll_and_pitch_turns_about_the_vertical_alone(yaw: float) -> None:
    x, y, z, w = compute_rotation(ObjectConfig("cube", (0.0, 0.0, 0.0), yaw))
    assert (x, y, z, w) == (0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_lying_bottle_rests_on_the_table(engine: str) -> None:
    with TaskEnv("upright", engine=require_engine(engine)) as env:
        env.reset(seed=3)
        start = env.state.frames["target"]
        assert start.position[2] == pytest.approx(0.03, abs=2e-4)
        for _ in range(20):
            env.step(np.zeros(env.action_space.shape, np.float32))
        assert math.dist(start.position, env.state.position("target")) < 2e-3


def test_a_lying_bottle_needs_its_length() -> None:
    lying = ObjectConfig("bottle", (0.4, 0.0, 0.0), pitch=QUARTER)
    beside, ahead = ObjectConfig("cube", (0.4, 0.06, 0.0)), ObjectConfig("cube", (0.49, 0.0, 0.0))
    assert not is_overlapping(lying, beside)
    assert is_overlapping(lying, ahead)
    assert not is_overlapping(ObjectConfig("bottle", (0.4, 0.0, 0.0)), ahead)


def test_a_bowl_on_its_side_holds_nothing(tmp_path: Path) -> None:
    text = (get_tasks_folder() / "grasp.toml").read_text()
    bowl = '[objects.bowl]\nmodel = "bowl_wide"\nposition = [0.6, 0.2, 0.0]\nroll = 1.5708\n\n'
    place = '[place.target]\ninside = "bowl"\n\n'
    start = text.index('"objects.target.position"')
    text = text[:start] + text[text.index('"robot.posture"', start) :]
    (tmp_path / "grasp.toml").write_text(text.replace("[distractors]", f"{bowl}{place}[distractors]"))
    with pytest.raises(
        ConfigError, match="the cavity of 'bowl_wide' does not open upwards; leave out its roll and pitch"
    ):
        load_task(tmp_path / "grasp.toml")


def test_perception_refuses_objects_that_do_not_stand() -> None:
    with pytest.raises(ConfigError, match=r"objects\.target starts with a roll or pitch"):
        require_locatable(load_task("upright"))
