"""Initial pose of the head: joint angles of the neck that point its camera at a target."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from visual_checks import replace_robot

from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.robot import list_robots, load_robot
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.scenery import Camera
from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import Goal
from mygym_lite.render.camera import View, compute_view
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task

HUMANOIDS = [name for name in list_robots() if load_robot(name).gaze is not None]
HEAD = Camera(mount="head")


def compute_head_view(world: World, task: Task) -> View:
    gaze = world.robot_model.gaze
    assert gaze is not None
    row = world.compute_poses()[world.pose_names.index(("robot", gaze.link))].tolist()
    return compute_view("head", HEAD, Pose(tuple(row[:3]), tuple(row[3:])), None)


@pytest.mark.parametrize("robot", HUMANOIDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_head_looks_at_the_target_of_its_camera(robot: str, seed: int, world: World) -> None:
    task = replace_robot(load_task("grasp"), robot)
    task = sample(replace(task, cameras={"head": replace(HEAD, look_at="target")}), (), seed)
    state = world.reset(task, seed)
    u, v, _ = compute_head_view(world, task).project(np.array(state.position("target")))[0]
    assert (u, v) == pytest.approx((240.0, 240.0), abs=1e-3)
    assert compute_initial_position(task, "target") == pytest.approx(state.position("target"), abs=1e-9)


def test_the_head_looks_at_the_initial_position_of_a_moving_goal(world: World) -> None:
    task = load_task("reach_moving")
    task = sample(replace(task, cameras={"head": replace(HEAD, look_at="goal")}), (), 4)
    state = world.reset(task, 4)
    assert compute_head_view(world, task).project(np.array(state.position("goal")))[0, :2] == pytest.approx(
        240.0, abs=1e-3
    )


def test_the_head_turns_as_close_to_its_target_as_its_joint_limits_allow() -> None:
    """The goal is beside the robot, beyond the limit of the pan joint."""
    goal = Goal(position=(0.1, -0.35, 0.45))
    task = replace(load_task("reach"), goal=goal, cameras={"head": replace(HEAD, look_at="goal")})
    robot = load_robot("humanoid_right")
    assert robot.gaze is not None
    limits = [(robot.tree.joints[name].lower, robot.tree.joints[name].upper) for name in robot.gaze.joints]
    aim = resolve(task).robot.gaze
    assert aim is not None
    assert all(low <= angle <= high for angle, (low, high) in zip(aim, limits, strict=True))
    assert any(angle in limit for angle, limit in zip(aim, limits, strict=True))
    best = compute_head_error(task, goal, aim)
    for joint in (0, 1):
        for nudge in (-0.02, 0.02):
            other = [angle + nudge * (i == joint) for i, angle in enumerate(aim)]
            if limits[joint][0] <= other[joint] <= limits[joint][1]:
                assert compute_head_error(task, goal, (other[0], other[1])) > best - 1e-4


def compute_head_error(task: Task, goal: Goal, gaze: tuple[float, float]) -> float:
    """Compute the angle between the optical axis and the goal for given neck joints, rad."""
    fixed = replace(task, cameras={}, robot=replace(task.robot, gaze=gaze))
    with World() as world:
        world.reset(sample(replace(fixed, start={}), (), 0), 0)
        row = world.compute_poses()[world.pose_names.index(("robot", "head_camera"))]
    ray = np.array(goal.position) - row[:3]
    axis = rotation_from_quaternion(tuple(row[3:].tolist()))[:, 0]
    return math.acos(float(ray @ axis) / float(np.linalg.norm(ray)))


def test_a_head_without_a_target_is_at_home() -> None:
    task = resolve(load_task("grasp"))
    gaze = load_robot(task.robot.model).gaze
    assert gaze is not None
    assert task.robot.gaze == gaze.home


def test_a_robot_without_a_head_has_no_head_pose() -> None:
    task = replace_robot(replace(load_task("grasp"), cameras={"head": replace(HEAD, look_at="target")}), "panda")
    assert resolve(load_task(task)).robot.gaze is None
