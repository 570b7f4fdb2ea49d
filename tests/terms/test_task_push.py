"""The tasks of pushing and sliding: solved by the expert, not by doing nothing, and never solved at the start."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mygym_lite.config.sampling import sample
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.composition import can_solve
from mygym_lite.experts.expert import Expert
from mygym_lite.experts.hand_profile import select_profile
from mygym_lite.experts.push_planning import list_contacts
from mygym_lite.terms import Thing, load_task, relations
from mygym_lite.terms.registry import RegionName

TASKS = {"push": ("target", "goal_area"), "push_t": ("tee", "outline"), "slide": ("target", "goal_area")}
ROBOTS = ["humanoid_right", "humanoid_left", "panda"]


@pytest.mark.parametrize("robot", ROBOTS)
@pytest.mark.parametrize("task", TASKS)
def test_the_expert_solves_the_task_without_lifting(task: str, robot: str) -> None:
    env = TaskEnv(task, robot=robot)
    thing, solved, heights = TASKS[task][0], [], []
    for seed in range(4, 8):
        for step in iterate_steps(env, Expert.from_env(env), seed):
            heights.append(env.state.position(thing)[2] - env.state.initial_positions[thing][2])
            success = step.info["success"]
        solved.append(success)
    assert sum(solved) >= 3
    assert max(heights) < 0.01


@pytest.mark.parametrize("task", TASKS)
def test_doing_nothing_fails(task: str) -> None:
    env = TaskEnv(task, settings=["episode.seconds=2"])
    env.reset(seed=1)
    still = np.zeros(env.action_space.shape, np.float32)
    for _ in range(env.task.max_steps):
        *_, terminated, truncated, info = env.step(still)
    assert truncated
    assert not terminated
    assert not info["success"]


@pytest.mark.parametrize("task", TASKS)
def test_starts_vary_and_are_not_solved(task: str) -> None:
    thing, region = TASKS[task]
    env, places = TaskEnv(task), set()
    for seed in range(40):
        env.reset(seed=seed)
        places.add(env.state.position(region))
        if task == "push_t":
            assert relations.compute_coverage(env.state, Thing(thing), RegionName(region)) < 0.9
        else:
            assert not relations.inside(env.state, Thing(thing), RegionName(region))
    assert len(places) == 40


def test_the_outline_of_the_t_is_drawn_at_any_yaw() -> None:
    yaws = [sample(load_task("push_t"), (), seed).regions["outline"].yaw for seed in range(60)]
    assert min(yaws) < -2.0
    assert max(yaws) > 2.0


@pytest.mark.parametrize("seed", range(3))
def test_the_reward_of_the_goal_environment_equals_success(seed: int) -> None:
    env = GoalEnv("push")
    expert, rewards, inside = Expert.from_env(env), [], []
    for step in iterate_steps(env, expert, seed):
        if step.action is None:
            continue
        rewards.append(step.reward)
        inside.append(relations.inside(env.state, Thing("target"), RegionName("goal_area")))
    assert [reward == 0.0 for reward in rewards] == inside
    assert any(inside)
    assert not all(inside)


def test_contacts_leave_room_for_the_hand_beside_the_stem() -> None:
    """The hand pushes the stem of a T far from its corners with the bar, and all sides are available."""
    env = TaskEnv("push_t")
    env.reset(seed=0)
    contacts = list_contacts(env.state.object_shapes["tee"].footprint, select_profile(None), 0.025)
    left = contacts.points[(contacts.points[:, 0] == -0.02) & (contacts.normals[:, 0] > 0.9)]
    assert len(left)
    assert left[:, 1].max() < 0.03
    assert {tuple(np.round(normal).tolist()) for normal in contacts.normals} == {(1, 0), (-1, 0), (0, 1), (0, -1)}


def test_pushing_beside_the_centroid_turns_an_object() -> None:
    env = TaskEnv("push")
    env.reset(seed=0)
    contacts = list_contacts(env.state.object_shapes["target"].footprint, select_profile(None), 0.025)
    lever = contacts.points - contacts.centroid
    torque = lever[:, 0] * contacts.velocities[:, 1] - lever[:, 1] * contacts.velocities[:, 0]
    assert np.all(torque * contacts.turns >= -1e-12)
    assert math.isclose(float(np.linalg.norm(contacts.directions, axis=1).max()), 1.0)


def test_a_robot_without_fingers_is_not_asked_to_push() -> None:
    assert can_solve(load_task("push"))
    assert not can_solve(load_task("push", ["robot.model=kuka"]))
