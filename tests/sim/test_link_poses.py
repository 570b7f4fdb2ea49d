"""Poses of links and objects for the renderer, compared with PyBullet and the state."""

from __future__ import annotations

import numpy as np
import pybullet as bullet
import pytest
from visual_checks import assert_same_pose, find_visuals, replace_robot

from mygym_lite.config.robot import list_robots, load_robot
from mygym_lite.config.sampling import sample
from mygym_lite.config.workspace import FLOOR_HEIGHT
from mygym_lite.sim.link_poses import LinkPoses
from mygym_lite.sim.mujoco.link_heights import compute_lowest_height
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task


def move_randomly(world: World, steps: int = 15) -> None:
    rng = np.random.default_rng(0)
    for _ in range(steps):
        world.step(rng.uniform(-1, 1, world.action_size))


@pytest.mark.parametrize("robot", list_robots())
def test_link_poses_equal_those_of_pybullet(robot: str, world: World) -> None:
    task = sample(replace_robot(load_task("reach_moving"), robot), (), 3)
    world.reset(task, 3)
    move_randomly(world)
    rows = dict(zip(world.pose_names, world.compute_poses(), strict=True))
    for (body, index), (name, link) in world.engine.link_names.items():
        if name == "robot" and index >= 0:
            state = bullet.getLinkState(body, index, computeForwardKinematics=1, physicsClientId=world.engine.client)
            assert_same_pose(rows["robot", link], (*state[4], *state[5]), link)
    assert [link for name, link in rows if name == "robot"] == list(load_robot(robot).tree.links)
    assert tuple(rows["goal", ""][:3]) == world.state.position("goal")


@pytest.mark.parametrize("robot", list_robots())
def test_links_with_a_fixed_pose_do_not_move(robot: str, world: World) -> None:
    task = sample(replace_robot(load_task("grasp"), robot), (), 0)
    world.reset(task, 0)
    move_randomly(world)
    rows = dict(zip(world.pose_names, world.compute_poses(), strict=True))
    things = find_visuals(task, "robot")
    standing = {link: thing.fixed_pose for link, thing in things.items() if thing.fixed_pose is not None}
    assert standing
    for link, pose in standing.items():
        assert_same_pose(rows["robot", link], (*pose.position, *pose.rotation), link)


def test_object_poses_equal_those_of_the_state(world: World) -> None:
    world.reset(sample(load_task("grasp_clutter"), (), 1), 1)
    move_randomly(world)
    rows = dict(zip(world.pose_names, world.compute_poses(), strict=True))
    objects = [name for name in world.state.frames if name == "target" or name.startswith("distractor")]
    assert len(objects) == 5
    for name in objects:
        pose = world.state.frames[name]
        assert tuple(rows[name, ""]) == (*pose.position, *pose.rotation)


@pytest.mark.parametrize("name", ["grasp_clutter", "reach_moving", "reach_pose"])
def test_visual_shapes_do_not_change_the_physics(name: str) -> None:
    task, states = sample(load_task(name), (), 5), []
    for visuals in (False, True):
        with World(visuals=visuals) as world:
            world.reset(sample(load_task("reach_avoid"), (), 2), 2)  # a different scene precedes it
            move_randomly(world, 5)
            world.reset(task, 5)
            move_randomly(world, 40)
            states.append((world.state.joints, world.state.fingers, world.state.frames, world.state.motions))
    assert states[0] == states[1]


@pytest.mark.parametrize("robot", list_robots())
def test_no_link_gets_below_its_lowest_height(robot: str) -> None:
    model = load_robot(robot)
    joints = {joint.name: joint for joint in model.tree.joints.values() if joint.movable}
    poses, reader = np.empty((len(model.tree.links), 7)), LinkPoses(model, list(joints))
    bounds = np.array([compute_lowest_height(model, link, 0.0) for link in model.tree.links])
    rng = np.random.default_rng(0)
    for _ in range(200):
        ranges = [(j.lower, j.upper) if j.kind == "prismatic" else (-np.pi, np.pi) for j in joints.values()]
        reader.fill(np.array([rng.uniform(*ends) for ends in ranges]), poses)
        assert (poses[:, 2] >= bounds - 1e-9).all()


def test_the_hands_of_the_humanoid_are_always_above_the_floor() -> None:
    assert compute_lowest_height(load_robot("humanoid"), "right_index_distal", 0.05) > FLOOR_HEIGHT
