"""Relations between objects and regions, tested on scenes whose answer is known by geometry."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mygym_lite.config.rotation import quaternion_from_rpy
from mygym_lite.config.state import Pose
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.terms import TERMS, load_task

TASK = """
schema  = 1
name    = "regions"
about   = "A scene with regions."
episode = { seconds = 2 }

[objects.cube]
model    = "cube"
position = [0.45, 0.0, 0.0]
[objects.brick]
model    = "brick"
position = [0.45, 0.2, 0.0]
[objects.block]
model    = "l_block"
position = [0.35, -0.2, 0.0]

[regions.disc]
shape    = "disc"
size     = [0.06]
position = [0.5, -0.1, 0.0]
[regions.strip]
shape    = "box"
size     = [0.2, 0.04]
position = [0.5, 0.1, 0.0]
yaw      = 0.5
height   = 0.1
[regions.lid]
shape    = "disc"
size     = [0.02]
position = [0.0, 0.0, 0.03]
of       = "cube"
[regions.outline]
shape    = "footprint"
model    = "l_block"
position = [0.35, 0.1, 0.0]

[observe.things]
cube = { term = "position", of = "cube" }

[success]
there = { term = "inside", thing = "cube", region = "disc" }
"""


def write_task(folder: Path, text: str = TASK) -> Path:
    path = folder / "regions.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module", params=["bullet", "mujoco"])
def env(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    if request.param == "mujoco":
        pytest.importorskip("mujoco")
    env = TaskEnv(write_task(tmp_path_factory.mktemp("task")), engine=request.param)
    env.reset(seed=0)
    yield env
    env.close()


def check(env: TaskEnv, term: str, **parameters: object) -> bool:
    return bool(TERMS["check"][term](env.state, **parameters))


def place(env: TaskEnv, name: str, x: float, y: float, z: float, rpy: tuple[float, float, float] = (0, 0, 0)) -> None:
    env.world.set_object_poses({name: Pose((x, y, z), quaternion_from_rpy(rpy))})


@given(x=st.floats(0.3, 0.7), y=st.floats(-0.3, 0.1))
def test_inside_a_disc_is_a_distance(env, x, y):
    place(env, "cube", x, y, 0.0225)
    x, y, _ = env.state.position("cube")  # as the engine rounds it
    assert check(env, "inside", thing="cube", region="disc") == (math.hypot(x - 0.5, y + 0.1) <= 0.06)
    margin = 0.02
    assert check(env, "inside", thing="cube", region="disc", margin=margin) == (math.hypot(x - 0.5, y + 0.1) <= 0.04)


@pytest.mark.parametrize(
    ("along", "across", "z", "expected"),
    [(0.09, 0.01, 0.02, True), (0.11, 0.01, 0.02, False), (0.0, 0.03, 0.02, False), (0.0, 0.0, 0.12, False)],
)
def test_a_box_may_be_turned_and_have_a_height(env, along, across, z, expected):
    c, s = math.cos(0.5), math.sin(0.5)
    place(env, "cube", 0.5 + c * along - s * across, 0.1 + s * along + c * across, z)
    assert check(env, "inside", thing="cube", region="strip") is expected


def test_a_region_of_an_object_moves_and_turns_with_it(env):
    place(env, "cube", 0.4, 0.05, 0.2, (math.pi / 2, 0, 0))
    assert np.allclose(env.state.position("lid"), (0.4, 0.05 - 0.03, 0.2), atol=1e-6)


def test_on_top_needs_height_place_and_contact(env):
    place(env, "brick", 0.45, 0.2, env.state.object_shapes["brick"].extents[2] / 2)
    height = env.state.object_shapes["brick"].extents[2] + 0.0225
    place(env, "cube", 0.45, 0.2, height)
    assert not check(env, "on_top", thing="cube", of="brick"), "there is no contact before the first step"
    for _ in range(5):
        env.step(np.zeros(env.action_space.shape))
    assert check(env, "on_top", thing="cube", of="brick")
    assert not check(env, "on_top", thing="brick", of="cube")
    assert check(env, "released", thing="cube")
    assert check(env, "at_rest", thing="cube")
    env.reset(seed=0)


def test_on_top_holds_on_an_object_that_lies_on_its_side(env):
    brick = env.state.object_shapes["brick"].extents
    place(env, "brick", 0.45, 0.2, brick[0] / 2, (0.0, math.pi / 2, 0.0))
    place(env, "cube", 0.45, 0.2, brick[0] + 0.0225)
    for _ in range(5):
        env.step(np.zeros(env.action_space.shape))
    assert check(env, "on_top", thing="cube", of="brick")
    env.reset(seed=0)


@given(tilt=st.floats(0.0, math.pi), yaw=st.floats(-3, 3))
def test_uprightness_is_the_angle_of_the_z_axis(env, tilt, yaw):
    place(env, "cube", 0.45, 0.0, 0.3, (tilt, 0.0, yaw))
    assert TERMS["observe"]["tilt"](env.state, of="cube")[0] == pytest.approx(tilt, abs=2e-3)
    if abs(tilt - 0.3) > 1e-2:
        assert check(env, "upright", thing="cube", within=0.3) == (tilt < 0.3)
    if abs(math.pi - tilt - 0.3) > 1e-2:
        assert check(env, "upside_down", thing="cube", within=0.3) == (math.pi - tilt < 0.3)


def test_an_object_on_its_own_outline_covers_all_of_it(env):
    place(env, "block", 0.35, 0.1, 0.02)
    assert TERMS["observe"]["coverage"](env.state, thing="block", region="outline")[0] > 0.995
    assert check(env, "coverage_above", thing="block", region="outline", share=0.9)


@given(shift=st.floats(-0.3, 0.3), yaw=st.sampled_from([0.0, math.pi / 2, math.pi]))
def test_coverage_of_a_strip_is_the_overlap_of_rectangles(env, shift, yaw):
    """A cube that slides along the turned strip covers the length that overlaps, times the width of the strip."""
    c, s = math.cos(0.5), math.sin(0.5)
    place(env, "cube", 0.5 + c * shift, 0.1 + s * shift, 0.0225, (0.0, 0.0, 0.5 + yaw))
    edge = env.state.object_shapes["cube"].extents[0]
    overlap = max(0.0, min(0.1, shift + edge / 2) - max(-0.1, shift - edge / 2))
    expected = overlap * min(edge, 0.04) / (0.2 * 0.04)
    assert TERMS["observe"]["coverage"](env.state, thing="cube", region="strip")[0] == pytest.approx(
        expected, abs=0.012
    )


def test_order_and_counts(env):
    place(env, "cube", 0.45, -0.1, 0.0225)
    place(env, "brick", 0.45, 0.1, 0.0225)
    assert check(env, "ordered", things=("cube", "brick"), axis="y", gap=0.15)
    assert not check(env, "ordered", things=("brick", "cube"), axis="y")
    place(env, "cube", 0.5, -0.1, 0.0225)
    assert check(env, "count_in", things=("cube", "brick"), region="disc", at_least=1)
    assert not check(env, "count_in", things=("cube", "brick"), region="disc", at_least=2)


def test_a_disc_on_the_surface_makes_a_goal(tmp_path):
    with GoalEnv(write_task(tmp_path)) as env:
        observation, _ = env.reset(seed=0)
        assert np.allclose(observation["desired_goal"], (0.5, -0.1, 0.0), atol=1e-6)
        goals = np.array([[0.5, -0.1, 0.0], [0.55, -0.1, 0.3], [0.5, -0.17, 0.0]], np.float32)
        desired = np.tile(observation["desired_goal"], (3, 1))
        assert env.compute_reward(goals, desired, {}).tolist() == [0.0, 0.0, -1.0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('size     = [0.06]', 'size     = [0.06, 0.1]', "regions.disc: disc takes 1 sizes, got 2"),
        ("position = [0.5, -0.1, 0.0]", "position = [2.5, -0.1, 0.0]", "beyond the surface of table"),
        ('of       = "cube"', 'of       = "cup"', "regions.lid.of: nothing is called 'cup' here"),
        ('model    = "l_block"\nposition = [0.35, 0.1', 'model    = "mug"\nposition = [0.35, 0.1', "'mug' has a hull"),
        ('region = "disc"', 'region = "disk"', "success.there.region: nothing is called 'disk' here; did you mean"),
        ('thing = "cube"', 'thing = "disc"', "success.there.thing: nothing is called 'disc' here"),
        ("[regions.disc]", '[regions.brick]', "objects.brick: has the name of a frame or contact group"),
        ('shape    = "disc"\nsize     = [0.02]', 'shape    = "cavity"', "'cube' has no cavity"),
        ('shape    = "footprint"', 'shape    = "box"', "box takes 2 sizes, got 0"),
    ],
)  # fmt: skip
def test_an_error_names_the_region_and_the_remedy(tmp_path, old, new, message):
    assert old in TASK
    with pytest.raises(ConfigError) as caught:
        load_task(write_task(tmp_path, TASK.replace(old, new, 1)))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_regions_are_parameters(tmp_path):
    """A region may be varied like anything else, and its mark is seen by cameras."""
    with TaskEnv(write_task(tmp_path), variations={"regions.disc.position": {"shift": [-0.05, 0.05]}}) as env:
        env.reset(seed=1)
        first = env.state.position("disc")
        env.reset(seed=2)
        assert first != env.state.position("disc")
