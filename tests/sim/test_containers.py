"""Objects in, on and beside each other: cavities of containers, compartments, stacks, and what rolls or slides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.rotation import quaternion_from_rpy, rotation_from_quaternion
from mygym_lite.config.sampling import sample
from mygym_lite.config.state import Pose, State, Vec3
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task

AT = (0.5, -0.24)  # m; beside the arm at home
FITS = {"bowl": "cube_small", "mug": "cube_small"}  # the others take a cube of 45 mm
SHELF_FLOORS = {
    "left": (-0.004, 0.096, -0.075),
    "right": (-0.004, -0.096, -0.075),
    "top": (0.045, 0.0, 0.087),
}  # m, in the frame of the shelf; the positions that the README of the objects states


def make_scene(engine: str, objects: Mapping[str, ObjectConfig], tilt: float = 0.0) -> Task:
    """Make a task of some objects and a still arm; gravity may be tilted towards y, rad."""
    task = load_task("grasp")
    physics = replace(task.physics, engine=engine, tilt=(0.0, tilt))  # type: ignore[arg-type]
    return replace(task, objects=dict(objects), start={}, physics=physics)


def simulate(world: World, task: Task, poses: Mapping[str, Pose], seconds: float) -> State:
    """Simulate a task whose objects begin at some poses."""
    world.reset(sample(task, (), 0), 0)
    world.set_object_poses(poses)
    for _ in range(round(seconds * task.episode.control_hz)):
        world.step(np.zeros(world.action_size))
    return world.state


def compute_local_position(state: State, name: str, of: str) -> Vec3:
    """Compute the position of an object in the frame of another."""
    frame = state.frames[of]
    x, y, z = rotation_from_quaternion(frame.rotation).T @ np.subtract(state.position(name), frame.position)
    return float(x), float(y), float(z)


def measure_speed(state: State, name: str) -> float:
    return math.hypot(*state.motions[name].linear)


# --- containers


@pytest.mark.parametrize("name", [name for name in list_objects() if load_object(name).cavity])
def test_a_cube_dropped_into_a_cavity_stays_inside(name: str, engine: str) -> None:
    """It falls 5 cm, from anywhere above the floor of the cavity where it fits, at any yaw."""
    model, thing = load_object(name), load_object(FITS.get(name, "cube"))
    cavity = model.cavity
    assert cavity is not None
    objects = {"container": ObjectConfig(name, (*AT, 0.0)), "cube": ObjectConfig(thing.name, (*AT, 0.5))}
    task, shares = make_scene(engine, objects), st.floats(-0.7, 0.7)
    room = [max(0.0, half - thing.footprint_radius - 0.002) for half in cavity.half_edges]

    with World() as world:

        @settings(max_examples=4, deadline=None)
        @given(shares, shares, st.floats(-math.pi, math.pi))
        def drop(x_share: float, y_share: float, yaw: float) -> None:
            x, y = x_share * room[0], y_share * room[1]
            z = model.half_height + cavity.position[2] + thing.half_height + 0.05
            pose = Pose((AT[0] + cavity.position[0] + x, AT[1] + y, z), quaternion_from_rpy((0.0, 0.0, yaw)))
            state = simulate(world, task, {"cube": pose}, 1.5)
            x, y, z = np.subtract(compute_local_position(state, "cube", "container"), cavity.position)
            assert abs(x) <= cavity.half_edges[0]
            assert abs(y) <= cavity.half_edges[1]
            assert cavity.shape == "box" or math.hypot(x, y) <= cavity.size[0]
            assert 0.0 < z <= cavity.height
            assert measure_speed(state, "cube") < 0.01

        drop()


@pytest.mark.parametrize("floor", SHELF_FLOORS)
def test_a_compartment_of_the_shelf_holds_an_object(floor: str, engine: str) -> None:
    shelf, cube = load_object("shelf"), load_object("cube")
    objects = {"shelf": ObjectConfig("shelf", (*AT, 0.0), fixed=True), "cube": ObjectConfig("cube", (*AT, 0.5))}
    x, y, z = SHELF_FLOORS[floor]
    place = Pose((AT[0] + x, AT[1] + y, shelf.half_height + z + cube.half_height + 0.01), (0.0, 0.0, 0.0, 1.0))
    with World() as world:
        state = simulate(world, make_scene(engine, objects), {"cube": place}, 1.0)
    expected = (x, y, z + cube.half_height)
    assert compute_local_position(state, "cube", "shelf") == pytest.approx(expected, abs=1e-3)


# --- stacks


@pytest.mark.parametrize("shift", [0.0, 0.01])
def test_three_cubes_stay_stacked(shift: float, engine: str) -> None:
    """For 3 s; the middle one may stand aside by a centimetre."""
    objects = {f"cube_{i}": ObjectConfig("cube", (AT[0] + shift * (i % 2), AT[1], 0.045 * i)) for i in range(3)}
    with World() as world:
        state = simulate(world, make_scene(engine, objects), {}, 3.0)
    for number in range(3):
        expected = (AT[0] + shift * (number % 2), AT[1], 0.0225 + 0.045 * number)
        assert state.position(f"cube_{number}") == pytest.approx(expected, abs=1.5e-3)


# --- rolling and sliding


def test_a_standing_bottle_stays_where_it_is(engine: str) -> None:
    with World() as world:
        state = simulate(world, make_scene(engine, {"bottle": ObjectConfig("bottle", (*AT, 0.0))}), {}, 3.0)
    assert state.position("bottle") == pytest.approx((*AT, 0.075), abs=1e-3)


@pytest.mark.parametrize("yaw", [0.0, 0.3, 2.0])
def test_a_lying_bottle_rests_with_rolling_friction(yaw: float, engine: str) -> None:
    """Without it, a bottle on its side rolls for ever, and in PyBullet begins to by itself."""
    thing = ObjectConfig("bottle", (*AT, 0.0), rolling_friction=0.001)
    radius = load_object("bottle").extents[0] / 2
    lying = quaternion_from_rpy((0.0, math.pi / 2, yaw))
    with World() as world:
        state = simulate(world, make_scene(engine, {"bottle": thing}), {"bottle": Pose((*AT, radius), lying)}, 3.0)
    assert state.position("bottle") == pytest.approx((*AT, radius), abs=1e-3)


def test_an_egg_stops_rolling(engine: str) -> None:
    """On a slope of 3 degrees: the ratio of rolling friction to its radius, 0.002 / 0.0225, is that of 5 degrees."""
    egg = ObjectConfig("egg", (*AT, 0.0))
    with World() as world:
        state = simulate(world, make_scene(engine, {"egg": egg}, tilt=math.radians(3)), {}, 2.0)
    assert math.dist(state.position("egg")[:2], AT) < 0.005


def test_a_puck_slides_much_farther_than_a_cube(engine: str) -> None:
    """On a slope of 10 degrees, a puck of friction 0.1 accelerates by g (sin 10° - 0.1 cos 10°)."""
    slope = math.radians(10)
    moved = {}
    for model in ("puck", "cube"):
        with World() as world:
            task = make_scene(engine, {model: ObjectConfig(model, (*AT, 0.0))}, tilt=slope)
            moved[model] = math.dist(simulate(world, task, {}, 0.5).position(model)[:2], AT)
    assert moved["puck"] == pytest.approx(0.5 * 9.81 * (math.sin(slope) - 0.1 * math.cos(slope)) * 0.25, rel=0.05)
    assert moved["cube"] < 1e-3
