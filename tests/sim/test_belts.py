"""Conveyor belts: a fixed object whose surface moves carries what lies on it, the same way in every engine."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engines import require_engine

from mygym_lite.config.sampling import sample
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_tasks_folder
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task

SURFACE = 0.02  # m, top of the belt


def make_belt_task(engine: str, speed: float, yaw: float = 0.0, **mujoco: Any) -> Task:
    """Build a task with a cube on a belt."""
    task = load_task("grasp")
    objects = {
        "belt": ObjectConfig("belt", (0.45, 0.0, 0.0), yaw=yaw, fixed=True, belt_speed=speed),
        "target": ObjectConfig("cube", (0.40, 0.0, SURFACE)),
    }
    physics = replace(task.physics, engine=engine, mujoco=replace(task.physics.mujoco, **mujoco))  # type: ignore[arg-type]
    return sample(replace(task, objects=objects, start={}, physics=physics), (), 0)


def ride(world: World, task: Task, steps: int) -> list[State]:
    """Let the arm rest for some steps."""
    start = world.reset(task, 0)
    return [start, *(world.step(np.zeros(world.action_size)) for _ in range(steps))]


def test_an_object_rides_at_the_speed_of_the_belt(world: World, engine: str) -> None:
    states = ride(world, make_belt_task(engine, 0.1, yaw=0.5), 20)
    vx, vy, _ = states[-1].motions["target"].linear
    assert (vx, vy) == pytest.approx((0.1 * math.cos(0.5), 0.1 * math.sin(0.5)), abs=2e-4)
    assert math.hypot(*states[-1].motions["target"].angular) < 0.01


def test_it_rides_at_that_speed_with_pyramidal_cones(world: World) -> None:
    require_engine("mujoco")
    states = ride(world, make_belt_task("mujoco", 0.1, cone="pyramidal"), 20)
    assert states[-1].motions["target"].linear[0] == pytest.approx(0.1, abs=2e-4)


def test_the_belt_itself_stays_where_it_is(world: World, engine: str) -> None:
    states = ride(world, make_belt_task(engine, 0.3), 10)
    assert {state.frames["belt"] for state in states} == {states[0].frames["belt"]}
    assert states[-1].motions["belt"].linear == (0.0, 0.0, 0.0)


def test_a_belt_without_speed_is_a_plate(world: World, engine: str) -> None:
    states = ride(world, make_belt_task(engine, 0.0), 10)
    assert math.dist(states[-1].position("target"), states[0].position("target")) < 5e-4


def test_friction_speeds_an_object_up(world: World, engine: str) -> None:
    """A cube at rest slips until friction, 0.9 times 0.8 of its weight, has brought it to 0.8 m/s."""
    states = ride(world, make_belt_task(engine, 0.8), 2)
    assert states[2].motions["target"].linear[0] == pytest.approx(0.9 * 0.8 * 9.81 * 0.1, rel=0.05)


def test_the_speed_of_one_episode_does_not_outlive_it(world: World, engine: str) -> None:
    still = ride(world, make_belt_task(engine, 0.0), 5)[-1]
    ride(world, make_belt_task(engine, 0.2), 5)
    assert ride(world, make_belt_task(engine, 0.0), 5)[-1].frames == still.frames


def test_a_placed_belt_carries_along_its_new_direction(world: World, engine: str) -> None:
    task = make_belt_task(engine, 0.1)
    world.reset(task, 0)
    x, y, z = world.state.position("belt")
    turned = world.state.frames["belt"]._replace(rotation=(0.0, 0.0, math.sin(math.pi / 4), math.cos(math.pi / 4)))
    world.set_object_poses({"belt": turned})
    for _ in range(10):
        state = world.step(np.zeros(world.action_size))
    assert state.motions["target"].linear[1] == pytest.approx(0.1, abs=1e-3)
    assert state.position("belt") == pytest.approx((x, y, z))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "fixed      = true\n",
            "",
            "objects.belt: 'belt_speed' is for a fixed object; add fixed = true, or leave it out",
        ),
        ("belt_speed = 0.08", "belt_speed = 3", "objects.belt.belt_speed: 3 m/s is above the highest allowed, 1 m/s"),
        ('"objects.belt.belt_speed"', '"objects.target.belt_speed"', "only the surface of a fixed object moves"),
    ],
)
def test_a_loose_belt_or_a_wild_one_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (get_tasks_folder() / "conveyor.toml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / "conveyor.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_task(tmp_path / "conveyor.toml")
    assert message in str(error.value)
