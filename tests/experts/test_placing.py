"""Tasks of placing: the scripted expert solves them with every robot, and their start states make sense."""

from __future__ import annotations

import math

import numpy as np
import pytest
from engines import require_engine
from hypothesis import given
from hypothesis import strategies as st
from sim2real import load_cached_task

from mygym_lite.config.objects import load_object
from mygym_lite.config.sampling import sample
from mygym_lite.config.state import State
from mygym_lite.config.task_physics import EngineName
from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert
from mygym_lite.terms import relations

PLACING = ("pick_place", "place_in", "fragile", "stack", "stack_three", "shelf")
TASKS = (*PLACING, "conveyor")
ROBOTS = ("humanoid_right", "humanoid_left", "panda")
RELEASED = {"place_in": "target", "fragile": "target", "stack": "target", "stack_three": "third", "shelf": "target"}
SEED = 7


def play(env: TaskEnv, seed: int) -> tuple[list[State], str | None]:
    """Play an episode of the expert, and return its states and failure."""
    states, failure = [], None
    for step in iterate_steps(env, Expert.from_env(env), seed):
        states.append(env.state)
        failure = step.info["failure"]
    return states, failure


@pytest.mark.parametrize("robot", ROBOTS)
@pytest.mark.parametrize("task", TASKS)
def test_the_expert_solves_it(task: str, robot: str) -> None:
    env = TaskEnv(task, robot=robot)
    states, failure = play(env, SEED)
    assert failure is None
    limit = env.task.limits["hand_object"]
    assert max(state.touch("hand", "objects").peak for state in states) <= limit
    env.close()


@pytest.mark.parametrize("task", TASKS)
def test_the_expert_solves_it_in_the_other_engine(task: str) -> None:
    engine: EngineName = "mujoco"
    require_engine(engine)
    env = TaskEnv(task, engine=engine)
    assert play(env, SEED)[1] is None
    env.close()


@pytest.mark.parametrize("control", ["ee_delta", "joint_position", "joint_velocity"])
def test_the_expert_stacks_in_other_control_modes(control: str) -> None:
    env = TaskEnv("stack", control=control)  # type: ignore[arg-type]
    assert play(env, SEED)[1] is None
    env.close()


def test_an_open_hand_that_still_touches_an_object_leaves_it() -> None:
    env = TaskEnv("sort", robot="humanoid_left")
    assert play(env, 50014)[1] is None
    env.close()


@pytest.mark.parametrize("task", list(RELEASED))
def test_the_hand_leaves_without_moving_what_it_placed(task: str) -> None:
    env, thing = TaskEnv(task), RELEASED[task]
    states, _ = play(env, SEED)
    end = states[-1]
    assert relations.released(end, thing)  # type: ignore[arg-type]
    assert relations.at_rest(end, thing)  # type: ignore[arg-type]
    assert math.dist(end.position(thing), states[-10].position(thing)) < 2e-3
    assert end.position("palm")[2] > end.position(thing)[2] + 0.03
    env.close()


@pytest.mark.parametrize("task", TASKS)
def test_doing_nothing_solves_nothing(task: str) -> None:
    env = TaskEnv(task)
    _, info = env.reset(seed=0)
    assert not info["success"]
    done = False
    while not done:
        *_, terminated, truncated, info = env.step(np.zeros(env.action_space.shape, np.float32))
        done = terminated or truncated
    assert not info["success"]
    env.close()


def test_the_egg_is_gripped_gently_and_lies_in_the_bowl() -> None:
    env = TaskEnv("fragile")
    states, _ = play(env, SEED)
    assert max(state.touch("thumb", "target").peak for state in states) <= 8.0
    assert relations.inside(states[-1], "target", "inside")  # type: ignore[arg-type]
    env.close()


def test_the_cube_in_a_compartment_is_below_the_board() -> None:
    env = TaskEnv("shelf")
    states, _ = play(env, SEED)
    top = states[-1].position("shelf")[2] + 0.5 * states[-1].object_shapes["shelf"].extents[2]
    assert states[-1].position("target")[2] < top - 0.15
    env.close()


@pytest.mark.parametrize("task", [name for name in TASKS if name not in ("conveyor", "pick_place")])
@given(seed=st.integers(0, 2**31 - 1))
def test_objects_begin_apart(task: str, seed: int) -> None:
    """The circles around the objects to grasp, and around everything but long furniture, do not meet."""
    objects = sample(load_cached_task(task), (), seed).objects
    loose = {name: thing for name, thing in objects.items() if not thing.fixed}
    names = list(loose)
    for index, a in enumerate(names):
        for b in names[index + 1 :]:
            radii = sum(loose[name].size * min(load_object(loose[name].model).extents[:2]) / 2 for name in (a, b))
            assert math.dist(loose[a].position[:2], loose[b].position[:2]) > radii + 0.05


@given(seed=st.integers(0, 2**31 - 1))
def test_a_belt_carries_the_cube_past_the_robot(seed: int) -> None:
    task = sample(load_cached_task("conveyor"), (), seed)
    belt, cube = task.objects["belt"], task.objects["target"]
    along = (cube.position[1] - belt.position[1]) * math.sin(belt.yaw) * belt.belt_speed
    assert along < 0.0, "it begins at the end from which the belt moves"
    assert 0.15 < abs(cube.position[1]) < 0.27
