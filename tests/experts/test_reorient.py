"""Reorienting: turns, grasps across the body, and the expert on tasks that turn objects over."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engines import ENGINES, require_engine
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.state import Pose, State
from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.body_grasps import iterate_closing_directions, list_body_grasps
from mygym_lite.experts.expert import Expert
from mygym_lite.experts.orientations import OrientationGoal
from mygym_lite.experts.turns import list_turns
from mygym_lite.paths import get_tasks_folder

TASKS = ("upright", "flip")
ROBOTS = ("humanoid_right", "humanoid_left", "panda")
OPENING = 0.085  # m
quarters = st.integers(0, 3)
rotations = st.integers(0, 2**32 - 1).map(lambda seed: Rotation.random(random_state=seed).as_matrix())


def run_expert(task: str | Path, robot: str, seed: int, engine: str = "bullet") -> dict[str, object]:
    with TaskEnv(task, robot=robot, engine=engine) as env:
        expert = Expert.from_env(env)
        info: dict[str, object] = {}
        for step in iterate_steps(env, expert, seed):
            info = dict(step.info)
        return info


def place_die(state: State, rotation: np.ndarray) -> State:
    """Return the state with the die in an orientation, and the goal in that of the world."""
    x, y, z, w = Rotation.from_matrix(rotation).as_quat().tolist()
    target, goal = Pose(state.position("target"), (x, y, z, w)), Pose(state.position("goal"), (0.0, 0.0, 0.0, 1.0))
    return replace(state, frames={**state.frames, "target": target, "goal": goal})


@pytest.fixture(scope="module")
def flip_state() -> State:
    with TaskEnv("flip") as env:
        env.reset(seed=0)
        return env.state


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("robot", ROBOTS)
def test_the_expert_turns_an_object(task: str, robot: str) -> None:
    assert run_expert(task, robot, seed=2)["success"]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_expert_turns_an_object_in_both_engines(task: str, engine: str) -> None:
    assert run_expert(task, "humanoid_right", seed=4, engine=require_engine(engine))["success"]


@pytest.mark.parametrize("task", TASKS)
def test_doing_nothing_turns_no_object(task: str) -> None:
    with TaskEnv(task) as env:
        for seed in range(3):
            env.reset(seed=seed)
            for _ in range(60):
                info = env.step(np.zeros(env.action_space.shape, np.float32))[-1]
            assert not info["success"]


@pytest.mark.parametrize("model", ["bottle", "can", "box", "prism", "domino"])
def test_the_expert_lifts_an_object_that_lies_on_its_side(model: str, tmp_path: Path) -> None:
    text = (get_tasks_folder() / "grasp.toml").read_text().replace('name    = "grasp"', f'name = "lying_{model}"')
    lying = f'model = "{model}"\nroll = 1.5708\nrolling_friction = 0.001'
    (tmp_path / f"lying_{model}.toml").write_text(text.replace('model    = "cube"', lying))
    assert run_expert(tmp_path / f"lying_{model}.toml", "humanoid_right", seed=5)["success"]


@settings(max_examples=100, deadline=None)
@given(rotations, st.sampled_from(list_objects()))
def test_a_grasp_across_the_body_fits_the_hand_and_lies_within_the_object(rotation: np.ndarray, name: str) -> None:
    model = load_object(name)
    for direction in iterate_closing_directions(model, rotation):
        assert np.linalg.norm(direction) == pytest.approx(1.0)
        assert abs(direction[2]) < 0.31
        for grasp in list_body_grasps(model, 1.0, rotation.T @ direction, OPENING):
            assert 0.0 < grasp.width < OPENING
            assert np.all(np.abs(grasp.shift(np.zeros(3))) <= np.array(model.extents) / 2 + 1e-9)


def test_a_bottle_is_grasped_across_its_body_and_not_along_it() -> None:
    bottle = load_object("bottle")
    across = list_body_grasps(bottle, 1.0, np.array([1.0, 0.0, 0.0]), OPENING)
    assert [round(grasp.width, 3) for grasp in across] == [0.06]
    assert list_body_grasps(bottle, 1.0, np.array([0.0, 0.0, 1.0]), OPENING) == []


@settings(max_examples=60, deadline=None)
@given(quarters, quarters, st.floats(-math.pi, math.pi))
def test_two_turns_bring_any_face_of_a_die_to_the_top(flip_state: State, roll: int, pitch: int, yaw: float) -> None:
    rotation = Rotation.from_euler("xyz", [roll * math.pi / 2, pitch * math.pi / 2, yaw]).as_matrix()
    for _ in range(2):
        turns = list_turns(place_die(flip_state, rotation), "target", OrientationGoal(frame="goal"), load_object("die"))
        rotation = next(turns[0][0].iterate_rotations())
    assert rotation[2, 2] == pytest.approx(1.0)


def test_the_error_of_an_orientation_without_yaw_is_the_tilt(flip_state: State) -> None:
    half = math.pi / 4
    lying = Pose((0.4, 0.0, 0.03), (0.0, math.sin(half), 0.0, math.cos(half)))
    state = replace(flip_state, frames={**flip_state.frames, "target": lying})
    assert OrientationGoal().compute_error(state, "target") == pytest.approx(math.pi / 2)
    assert OrientationGoal((1.0, 0.0, 0.0)).compute_error(state, "target") == pytest.approx(math.pi)


def test_an_object_that_tumbles_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """No grasp fits a die that falls on a corner."""
    falling = Rotation.from_quat((0.474873, 0.791266, 0.370957, -0.103849)).as_matrix()
    with TaskEnv("flip") as env:
        env.reset(seed=0)
        state = place_die(env.state, falling)
        expert = Expert.from_env(env)
        expert.reset(0)
        monkeypatch.setattr(type(env), "state", state)
        action = expert.act({})
    assert np.isfinite(action).all()
    assert action[-1] <= 0.0
