"""Contact forces stay within torque limits, lever arms and momentum, at any policy and physics rate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pytest
from force_bound import momentum_force, static_bound
from numpy.typing import NDArray

from mygym_lite.config.robot import list_robots
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import list_tasks
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.sim.contact import ContactRecorder
from mygym_lite.sim.engine import ActionContacts, LinkForces
from mygym_lite.sim.world import World
from mygym_lite.stats import mean_interval
from mygym_lite.terms import load_task

DEEPEST = 10.0  # mm, beyond which an episode ends as a physics error
PRESS = 40  # actions; by then every hand is on the table with all that the motors give
GRIPS = {"open": -1.0, "half": 0.0, "closed": 1.0}


def generate_actions(env: TaskEnv, behaviour: str, seed: int) -> Iterator[NDArray[np.float64]]:
    """Press down with the hand open, half open or closed, or act at random."""
    rng, size = np.random.default_rng(seed), env.action_space.shape[0]
    arms = len(env.world.hand_command_counts)
    down = np.concatenate([[0.0, 0.0, -1.0], np.full(size // arms - 3, GRIPS.get(behaviour, 0.0))])
    while True:
        yield rng.uniform(-1.0, 1.0, size) if behaviour == "random" else np.tile(down, arms)


@dataclass
class Worst:
    """Extremes of an episode: peaks and bounds by pair in N, penetration in mm."""

    peaks: dict[str, float] = field(default_factory=dict)
    bounds: dict[str, float] = field(default_factory=dict)
    speed: float = 0.0
    penetration: float = 0.0
    failure: str | None = None
    message: str = ""


def play(env: TaskEnv, behaviour: str, seed: int, bounded: bool = False) -> Worst:
    env.reset(seed=seed)
    worst = Worst()
    for count, action in enumerate(generate_actions(env, behaviour, seed), start=1):
        _, _, terminated, truncated, info = env.step(action)
        worst.penetration = max(worst.penetration, 1000 * env.state.contacts.penetration)
        worst.failure = info["failure"]
        if worst.failure == "physics_error":
            worst.message = info["message"]
            break
        motions = [motion for name, motion in env.state.motions.items() if name.endswith("palm")]
        worst.speed = max(worst.speed, *(float(np.linalg.norm(motion.linear)) for motion in motions))
        for pair, newtons in info["contact_force"].items():
            if newtons > worst.peaks.get(pair, 0.0):
                worst.peaks[pair] = newtons
                worst.bounds[pair] = static_bound(env, pair) if bounded else 0.0
        if terminated or truncated or (behaviour != "random" and count == PRESS):
            break
    return worst


def make_env(task: str, robot: str | None = None, step_hz: int = 240) -> TaskEnv:
    return TaskEnv(task, robot=robot, control="ee_translation", settings=[f"physics.step_hz={step_hz}"])


@pytest.mark.parametrize("behaviour", [*GRIPS, "random"])
@pytest.mark.parametrize("robot", list_robots())
def test_forces_stay_within_the_bound_of_the_motors(robot: str, behaviour: str) -> None:
    env = make_env("reach", robot)
    worst = play(env, behaviour, 1, bounded=True)
    assert worst.failure != "physics_error"
    for pair, peak in worst.peaks.items():
        assert peak < 1.5 * (worst.bounds[pair] + momentum_force(env, worst.speed)), pair
    env.close()


@pytest.mark.parametrize("behaviour", ["open", "closed"])
@pytest.mark.parametrize("robot", list_robots())
def test_a_pressing_force_does_not_depend_on_the_physics_rate(robot: str, behaviour: str) -> None:
    """The same commands give the same forces at any rate."""
    means = []
    for step_hz in (240, 960):
        env = make_env("reach", robot, step_hz)
        means.append(np.mean([play(env, behaviour, seed).peaks["robot_table"] for seed in range(2)]))
        env.close()
    assert min(means) > 100.0
    assert max(means) / min(means) < 1.15, means


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", [*GRIPS, "random"])
@pytest.mark.parametrize("robot", list_robots())
@pytest.mark.parametrize("task", ["reach", "reach_avoid", "grasp_clutter"])
def test_peak_forces_do_not_depend_on_the_physics_rate(task: str, robot: str, behaviour: str) -> None:
    """Means over 60 seeds agree within 15%, or within their confidence intervals."""
    if task.startswith("grasp") and robot == "kuka":
        pytest.skip("kuka has no hand")
    found: dict[str, list[list[float]]] = {}
    for step_hz in (240, 480, 960):
        env = make_env(task, robot, step_hz)
        for seed in range(60):
            for pair, peak in play(env, behaviour, 1000 + seed).peaks.items():
                found.setdefault(pair, [[], [], []])[(240, 480, 960).index(step_hz)].append(peak)
        env.close()
    for pair, (slow, *faster) in found.items():
        for peaks in faster:
            one, two = mean_interval(slow), mean_interval(peaks)
            overlap = one.low <= two.high and two.low <= one.high
            assert overlap or max(one.value, two.value) < 1.15 * min(one.value, two.value), (pair, one, two)


@pytest.mark.parametrize(
    ("task", "behaviour"), [(name, ("closed", "random")[index % 2]) for index, name in enumerate(list_tasks())]
)
def test_deep_penetration_is_always_a_physics_error(task: str, behaviour: str) -> None:
    env = make_env(task)
    worst = play(env, behaviour, 4)
    assert worst.failure == "physics_error" or worst.penetration <= DEEPEST
    env.close()


def test_deep_penetration_ends_an_episode_as_a_physics_error() -> None:
    """Few physics steps and solver iterations let a pressing hand penetrate the table."""
    env = TaskEnv("reach", control="ee_translation", settings=["physics.step_hz=60", "physics.solver_iterations=1"])
    worst = play(env, "open", 0)
    assert worst.failure == "physics_error"
    assert worst.penetration > DEEPEST
    assert re.match(r"reach: .*robot right_\w+.* penetrate each other by \d+ mm", worst.message)
    env.close()


def test_penetration_is_that_of_the_last_action() -> None:
    env = make_env("reach")
    env.reset(seed=0)
    for action in islice(generate_actions(env, "open", 0), 15):
        env.step(action)
    assert 0.0 < env.state.contacts.penetration < DEEPEST / 1000
    up = np.array([0.0, 0.0, 1.0, -1.0])
    for _ in range(15):
        env.step(up)
    assert env.state.contacts.penetration == 0.0
    env.close()


@pytest.mark.parametrize("steps", [1, 7, 24])
def test_a_contact_counts_for_the_physics_steps_that_it_lasts(steps: int) -> None:
    """A force in the last steps of an action gives their impulse alone, and a mean over the whole action."""
    newtons, robot, table = 120.0, (0, 3), (1, -1)
    recorder = ContactRecorder(1 / 480, 24)
    recorder.set_groups({"robot": [robot], "table": [table]})
    series: list[LinkForces] = [*[{}] * (24 - steps), *[{(*robot, *table): newtons}] * steps]
    touch = recorder.summarize(ActionContacts(series, 0.0, None)).get(("robot", "table"))
    assert touch.impulse == pytest.approx(newtons * steps / 480)
    assert touch.mean == touch.peak == pytest.approx(newtons * steps / 24)  # the peak's window of 50 ms is the action


def test_no_contact_is_missed_while_all_objects_rest(engine: str) -> None:
    """Contacts of a falling arm are those of physics steps read one by one."""
    found = []
    for at_once in (480, 1):
        with World() as world:
            world.reset(sample(load_task("reach", settings=[f"physics.engine={engine}"]), (), 0), 0)
            joints = list(world.engine.joint_indices.values())
            world.engine.motors.drive_at(joints, *[[0.0] * len(joints)] * 3)
            steps = [step for _ in range(480 // at_once) for step in world.engine.advance(at_once, [], True).steps]
        found.append([sum(forces.values()) for forces in steps])
    assert 100 < np.count_nonzero(found[0]) < 480
    assert found[0] == found[1]
