"""Clearance of the scripted expert: from its own body, and from the neighbours of the object that it grasps."""

from __future__ import annotations

import numpy as np
import pytest
from engines import require_engine

from mygym_lite.config.robot import load_robot
from mygym_lite.config.task_physics import EngineName
from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert
from mygym_lite.experts.self_clearance import SelfClearance

SHOULDER_ROLL = 1
"""Joint of the humanoid's arm that lowers it to the side of the body."""


def play(task: str, robot: str, engine: EngineName, seed: int) -> tuple[bool, float]:
    """Play an episode of the expert, and return its success and the largest contact force between robot links, N."""
    require_engine(engine)
    success, largest = False, 0.0
    env = TaskEnv(task, robot=robot, engine=engine)
    for step in iterate_steps(env, Expert.from_env(env), seed):
        success, largest = step.info["success"], max(largest, env.state.touch("robot", "robot").peak)
    env.close()
    return success, largest


@pytest.mark.parametrize("robot", ["humanoid_right", "humanoid_left", "humanoid"])
def test_the_arm_is_clear_at_home_and_overlaps_inside_the_body(robot: str) -> None:
    model = load_robot(robot)
    clearance, home = SelfClearance(model), np.array(next(iter(model.arms.values())).home)
    inward = home.copy()
    inward[SHOULDER_ROLL] = -0.3
    assert clearance.compute(home) > 0.02
    assert clearance.compute(inward) < 0.0


@pytest.mark.parametrize("robot", ["panda", "kuka"])
def test_an_arm_without_declared_pairs_is_always_clear(robot: str) -> None:
    model = load_robot(robot)
    assert SelfClearance(model).compute(np.array(next(iter(model.arms.values())).home)) == np.inf


@pytest.mark.parametrize(
    ("task", "robot", "seed"),
    [("fragile", "humanoid_left", 40028), ("fragile", "humanoid_right", 40001), ("grasp_any", "humanoid_left", 40017)],
)
def test_the_expert_does_not_press_the_arm_against_the_body(task: str, robot: str, seed: int) -> None:
    """The shortest way to these objects leads through the torso."""
    assert play(task, robot, "mujoco", seed) == (True, 0.0)


@pytest.mark.parametrize(
    ("task", "robot", "seed"),
    [
        ("grasp_clutter", "humanoid_right", 40005),
        ("grasp_clutter", "humanoid_left", 40016),
        ("pick_by_name", "humanoid_right", 40015),
        ("pick_by_name", "panda", 40015),
    ],
)
def test_the_open_hand_does_not_come_down_on_a_neighbour(task: str, robot: str, seed: int) -> None:
    """A can stands beside the object, where thumb or gripper would come down in the usual grasp."""
    assert play(task, robot, "mujoco", seed)[0]
