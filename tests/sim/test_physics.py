"""Textbook physics: motion, contact forces and grips within 2% of their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from engines import measure_loads

from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.sampling import sample
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig, Push
from mygym_lite.config.task_physics import Physics
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert
from mygym_lite.sim.pushes import draw_pushes
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task

G = 9.81
ASIDE = (0.58, -0.26)  # m; out of reach of the arm at home
Simulate = Callable[[Task, float], State]


def make_scene(
    engine: str, model: str = "cube", height: float = 0.0, at: tuple[float, float] = ASIDE, **changes: Any
) -> Task:
    """Make a task with one object and a still arm; other fields as given."""
    task = load_task("grasp")
    placed = {key: changes.pop(key) for key in list(changes) if key in ObjectConfig.__dataclass_fields__}
    changes["engine"] = engine
    thing = ObjectConfig(model=model, position=(*at, height), **placed)
    physics = Physics(**{key: changes.pop(key) for key in list(changes) if key in Physics.__dataclass_fields__})
    episode = replace(task.episode, control_hz=changes.pop("control_hz", 20.0))
    return replace(task, objects={"target": thing}, physics=physics, episode=episode, start={}, **changes)


@pytest.fixture
def simulate(world: World) -> Simulate:
    """Simulate a task from its beginning for a time in s."""

    def simulate_task(task: Task, seconds: float) -> State:
        world.reset(sample(task, (), 0), 0)
        return wait(world, task, seconds)

    return simulate_task


def wait(world: World, task: Task, seconds: float) -> State:
    for _ in range(round(seconds * task.episode.control_hz)):
        world.step(np.zeros(world.action_size))
    return world.state


# --- motion


@pytest.mark.parametrize("step_hz", [240, 960])
@pytest.mark.parametrize("gravity", [9.81, 1.62])
def test_free_fall_follows_gravity(simulate: Simulate, engine: str, step_hz: float, gravity: float) -> None:
    seconds, start = 0.3, 0.6
    task = make_scene(engine, height=start, step_hz=step_hz, gravity=(0.0, 0.0, -gravity))
    state = simulate(task, seconds)
    fallen = start + 0.0225 - state.position("target")[2]
    assert fallen == pytest.approx(gravity * seconds**2 / 2, rel=0.02)
    assert state.motions["target"].linear[2] == pytest.approx(-gravity * seconds, rel=1e-3)


@pytest.mark.parametrize("heading", [0.0, 0.4, math.pi / 4, 2.0])
@pytest.mark.parametrize(("friction", "table"), [(0.6, 1.0), (0.8, 0.5)])
def test_sliding_begins_at_the_friction_angle(
    simulate: Simulate, engine: str, heading: float, friction: float, table: float
) -> None:
    """Gravity is tilted instead of the table, in several directions."""

    def simulate_tilted(angle: float, seconds: float = 0.2) -> State:
        down = math.sin(angle)
        gravity = (G * down * math.cos(heading), G * down * math.sin(heading), -G * math.cos(angle))
        task = make_scene(engine, "cube", at=(0.52, -0.22), friction=friction, gravity=gravity)
        return simulate(replace(task, workspace=replace(task.workspace, friction=table)), seconds)

    critical = math.atan(friction * table)
    still = simulate_tilted(0.98 * critical)
    assert math.dist(still.position("target")[:2], still.initial_positions["target"][:2]) < 5e-4
    slid = simulate_tilted(1.02 * critical)
    assert math.dist(slid.position("target")[:2], slid.initial_positions["target"][:2]) > 5e-4
    angle = 1.5 * critical
    early, late = (math.hypot(*simulate_tilted(angle, seconds).motions["target"].linear[:2]) for seconds in (0.1, 0.4))
    braked = G * math.sin(angle) - (late - early) / 0.3
    assert braked / (G * math.cos(angle)) == pytest.approx(friction * table, rel=0.02)


def test_a_sliding_object_stays_on_the_surface(world: World, engine: str) -> None:
    """Friction presses no object off the table, at up to 2 m/s."""
    gravity = (-G * math.sin(0.7), 0.0, -G * math.cos(0.7))
    task = make_scene(engine, "slab", at=(0.6, -0.26), friction=0.4, gravity=gravity, control_hz=60)
    start = world.reset(sample(task, (), 0), 0).position("target")[2]
    while abs(world.state.motions["target"].linear[0]) < 1.0:
        state = world.step(np.zeros(world.action_size))
        assert -5e-4 < state.position("target")[2] - start < 1e-4
        assert state.touch("target", "table").mean > 0.0
    assert state.position("target")[0] > 0.3, "still on the table"


@pytest.mark.parametrize("model", ["ball", "slab"])
@pytest.mark.parametrize("height", [0.1, 0.17, 0.3, 0.5])
@pytest.mark.parametrize("restitution", [0.3, 0.6, 0.9])
def test_a_bounce_keeps_the_declared_share_of_speed(
    world: World, engine: str, model: str, height: float, restitution: float
) -> None:
    """Restitution e keeps e of the speed, and so e squared of the height, at any moment within a step."""
    task = make_scene(engine, model, height, restitution=restitution, step_hz=2400, control_hz=800)
    state = world.reset(sample(task, (), 0), 0)
    lowest, speed = state.initial_positions["target"][2] - height, 0.0
    while speed <= 0.0:
        state = world.step(np.zeros(world.action_size))
        speed = state.motions["target"].linear[2]
    rises_to = state.position("target")[2] - lowest + speed**2 / (2 * G)
    assert math.sqrt(rises_to / height) == pytest.approx(restitution, rel=0.02)


@pytest.mark.parametrize("height", [0.05, 0.1, 0.3])
def test_an_object_without_restitution_does_not_bounce(world: World, engine: str, height: float) -> None:
    """An object without restitution rises by less than 1% of its fall, at the default rate."""
    task = make_scene(engine, "slab", height, restitution=0.0, control_hz=240)
    world.reset(sample(task, (), 0), 0)
    rest = world.state.initial_positions["target"][2] - height
    fall = math.ceil(math.sqrt(2 * height / G) * 240) + 1
    track = [world.step(np.zeros(world.action_size)).position("target")[2] - rest for _ in range(fall + 480)]
    assert max(track[fall:]) < 0.01 * height
    assert track[-1] == pytest.approx(0.0, abs=5e-4)


@pytest.mark.parametrize("mass", [0.05, 0.5])
@pytest.mark.parametrize("step_hz", [240, 480])
def test_a_push_gives_its_impulse_as_momentum(world: World, engine: str, mass: float, step_hz: float) -> None:
    """Frictionless: a push of force F and duration t gives m v = F t."""
    push = Push(on="target", newtons=mass * 1.5, seconds=0.2, rate=1.0)
    task = make_scene(engine, "slab", at=(0.52, -0.1), mass=mass, friction=0.0, step_hz=step_hz, pushes={"shove": push})
    seed, [shove] = next(
        (s, found) for s in range(99) if len(found := [x for x in draw_pushes(task, s) if x.start < 1]) == 1
    )
    world.reset(sample(task, (), seed), seed)
    while world.state.seconds < shove.end + 0.05:
        world.step(np.zeros(world.action_size))
    momentum = [mass * v for v in world.state.motions["target"].linear]
    assert momentum[:2] == pytest.approx([0.2 * f for f in shove.force[:2]], rel=0.02)
    assert abs(world.state.motions["target"].angular[2]) < 0.01


# --- force


@pytest.mark.parametrize("model", list_objects())
def test_a_resting_object_presses_with_its_weight(simulate: Simulate, engine: str, model: str) -> None:
    task = make_scene(engine, model, at=(0.50, -0.20))
    state = simulate(task, 2.0)
    assert state.touch("target", "table").mean == pytest.approx(load_object(model).mass * G, rel=0.01)
    assert state.touch("table", "target") == state.touch("target", "table")
    assert state.touch("objects", "table") == state.touch("target", "table")


@pytest.mark.parametrize(("step_hz", "control_hz"), [(60, 20), (100, 20), (240, 20), (250, 25), (960, 20)])
def test_contact_force_at_rest_does_not_depend_on_the_physics_rate(
    simulate: Simulate, engine: str, step_hz: float, control_hz: float
) -> None:
    state = simulate(make_scene(engine, "slab", at=(0.50, -0.20), step_hz=step_hz, control_hz=control_hz), 2.0)
    touch, weight = state.touch("target", "table"), load_object("slab").mass * G
    assert touch.peak == pytest.approx(weight, rel=0.01)
    assert touch.mean == pytest.approx(weight, rel=0.01)
    assert touch.impulse == pytest.approx(weight / control_hz, rel=0.01)


@pytest.mark.parametrize("step_hz", [240, 480, 960])
def test_peak_force_of_an_impact_follows_from_its_momentum(world: World, engine: str, step_hz: float) -> None:
    """The mean force over the 50 ms of the impact is m v / 50 ms plus the weight."""
    height, mass = 0.1, 0.2
    task = make_scene(engine, "slab", height, at=(0.50, -0.20), mass=mass, restitution=0.0, step_hz=step_hz)
    world.reset(sample(task, (), 0), 0)
    peaks = [world.step(np.zeros(world.action_size)).touch("target", "table").peak for _ in range(12)]
    assert max(peaks) == pytest.approx(mass * math.sqrt(2 * G * height) / 0.05 + mass * G, rel=0.02)


@pytest.mark.parametrize("model", ["cube", "slab", "cylinder"])
@pytest.mark.parametrize("height", [0.05, 0.2])
@pytest.mark.parametrize("step_hz", [240, 960])
def test_a_dropped_object_hands_over_its_momentum(
    world: World, engine: str, model: str, height: float, step_hz: float
) -> None:
    """All impulses until it rests are m v plus the weight times the time."""
    task = make_scene(engine, model, height, restitution=0.0, step_hz=step_hz)
    world.reset(sample(task, (), 0), 0)
    fall = math.sqrt(2 * height / G)
    impulse = sum(world.step(np.zeros(world.action_size)).touch("target", "table").impulse for _ in range(12))
    mass = load_object(model).mass
    assert impulse - mass * G * (world.state.seconds - fall) == pytest.approx(mass * G * fall, rel=0.02)


# --- grip


def lift_cube(engine: str, pad_friction: float, mass: float) -> tuple[TaskEnv, bool]:
    """Let the expert lift a cube for five seconds; return the environment and whether it is lifted."""
    task = load_task("grasp")
    task = replace(task, episode=replace(task.episode, seconds=60.0, hold_seconds=60.0), failure={})
    settings = [f"physics.engine={engine}", f"robot.pad_friction={pad_friction}", f"objects.target.mass={mass}"]
    env = TaskEnv(task, settings=settings)
    env.reset(seed=1)
    expert = Expert.from_env(env)
    expert.reset(1)
    for _ in range(100):
        env.step(expert.act())
    return env, env.state.position("target")[2] > 0.08


@pytest.mark.parametrize("mass", [0.09, 0.4])
def test_grip_carries_the_weight(engine: str, mass: float) -> None:
    """Contact forces add up to the weight, which friction can carry."""
    env, lifted = lift_cube(engine, 1.5, mass)
    assert lifted
    still = np.zeros(env.action_space.shape)
    still[-1] = 2 * env.state.closure[0] - 1
    forces = []
    for _ in range(40):
        env.step(still)
        force, pressed = measure_loads(env.world, "target")
        forces.append(force)
        assert pressed == pytest.approx(env.state.touch("hand", "target").mean, rel=0.1)
        assert 1.5 * load_object("cube").friction * pressed > mass * G
    assert np.mean(forces[10:], axis=0) == pytest.approx([0.0, 0.0, mass * G], abs=0.02 * mass * G)
    env.close()


def test_grip_without_friction_carries_nothing(engine: str) -> None:
    """An object heavier than friction times force stays on the table."""
    env, lifted = lift_cube(engine, 0.05, 0.4)
    assert not lifted
    assert 0.05 * load_object("cube").friction * 60.0 < 0.4 * G  # the expert never presses harder than 60 N
    env.close()
