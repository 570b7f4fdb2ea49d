"""Actuation faults: gain, noise, delay, repeated actions and backlash."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from fault_cases import SAMPLES, make_task
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from mygym_lite.config.faults import Actuation, Schedule
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task
from mygym_lite.config.task_robot import Control
from mygym_lite.envs.faults.actuation import ActuationPipeline, build_arm_mask, compute_hold_action
from mygym_lite.errors import ConfigError
from mygym_lite.sim.control import Backlash
from mygym_lite.sim.world import World

CONTROL_MODES = get_args(Control)


# --- gain, noise, delay and repetition


def make_actuation_pipeline(task: Task, world: World, seed: int = 0) -> ActuationPipeline:
    world.reset(task, seed)
    actuator = ActuationPipeline(world)
    actuator.reset(task, seed)
    return actuator


def make_faulty_actuation(world: World, control: str = "joint_delta", **faults: float) -> ActuationPipeline:
    return make_actuation_pipeline(
        replace(sample(make_task(control=control), (), 0), actuation=Actuation(**faults)), world
    )


def test_nominal_actuation_returns_its_action_unchanged() -> None:
    with World() as world:
        task = sample(make_task(), (), 0)
        world.reset(task, 0)
        actuator, action = ActuationPipeline(world), np.full(world.action_size, 0.3)
        actuator.reset(task, 0)
        assert not actuator.active
        assert actuator.apply(action) is action


@pytest.mark.parametrize("control", CONTROL_MODES)
def test_gain_scales_arm_commands_but_not_hand_commands(world: World, control: str) -> None:
    actuator = make_faulty_actuation(world, control, gain=0.6)
    executed = actuator.apply(np.ones(world.action_size))
    arm = world.action_size - sum(world.hand_command_counts)
    assert executed.tolist() == [0.6] * arm + [1.0]


def test_the_arm_mask_excludes_the_command_of_each_hand(world: World) -> None:
    task = sample(make_task(model="humanoid"), (), 0)
    world.reset(task, 0)
    assert build_arm_mask(world, task).tolist() == 2 * ([True] * 7 + [False])


def test_executed_actions_stay_within_the_action_space(world: World) -> None:
    actuator = make_faulty_actuation(world, gain=1.5, noise=1.0)
    executed = np.array([actuator.apply(np.full(world.action_size, 0.9)) for _ in range(100)])
    assert executed.max() == 1.0
    assert executed.min() >= -1.0


def test_action_noise_has_the_declared_deviation(world: World) -> None:
    actuator, sent = make_faulty_actuation(world, noise=0.1), np.zeros(8)
    errors = np.array([actuator.apply(sent) for _ in range(SAMPLES)])
    assert np.abs(errors.std(axis=0) / 0.1 - 1).max() < 0.03
    assert np.abs(errors.mean(axis=0)).max() < 4 * 0.1 / np.sqrt(SAMPLES)
    assert kstest(errors.ravel() / 0.1, "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(errors.T) - np.eye(8)).max() < 4.5 / np.sqrt(SAMPLES)


@pytest.mark.parametrize(("seconds", "waits"), [(0.02, 0), (0.05, 1), (0.15, 3)])
def test_a_delayed_action_is_executed_after_the_declared_steps(world: World, seconds: float, waits: int) -> None:
    actuator = make_faulty_actuation(world, delay=seconds)
    executed = [actuator.apply(np.full(8, 0.1 * k)) for k in range(6)]
    rest = [0.0] * 7 + [-1.0]  # zero joint deltas, open hand
    assert [list(action) for action in executed[:waits]] == [rest] * waits
    assert [action[0] for action in executed[waits:]] == [0.1 * k for k in range(6 - waits)]


@pytest.mark.parametrize("control", [mode for mode in CONTROL_MODES if mode != "joint_torque"])
def test_the_robot_holds_still_until_the_first_delayed_action(world: World, control: str) -> None:
    actuator = make_faulty_actuation(world, control, delay=1.0)
    begins = world.state
    for _ in range(15):
        state = world.step(actuator.apply(np.full(world.action_size, 0.7)))
    if not control.startswith("ee_"):  # end-effector modes command the palm only
        assert np.array(state.joints) == pytest.approx(np.array(begins.joints), abs=3e-3)
    assert state.position("palm") == pytest.approx(begins.position("palm"), abs=3e-3)
    assert np.array(state.fingers) == pytest.approx(np.array(begins.fingers), abs=0.02)


@pytest.mark.parametrize("chance", [0.05, 0.3, 1.0])
def test_actions_are_repeated_with_the_declared_probability(world: World, chance: float) -> None:
    actuator = make_faulty_actuation(world, repeat=chance)
    executed = [actuator.apply(np.full(8, (k + 1) / SAMPLES))[0] for k in range(SAMPLES)]
    again = [b == a for a, b in pairwise([0.0, *executed])]  # the initial action is zero
    assert np.mean(again) == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / SAMPLES))
    assert all(x == (k + 1) / SAMPLES for k, x in enumerate(executed) if not again[k])


def test_gain_follows_a_schedule(world: World) -> None:
    fading = {"actuation.gain": Schedule("drift", -0.1)}
    actuator = make_actuation_pipeline(replace(sample(make_task(), (), 0), schedules=fading), world)
    executed = [actuator.apply(np.full(8, 0.5))[0] for _ in range(60)]
    assert executed == pytest.approx([0.5 * (1 - 0.1 * k / 20) for k in range(60)])


def test_action_noise_is_independent_of_other_faults(world: World) -> None:
    sent = np.zeros(8)
    noisy = make_faulty_actuation(world, noise=0.1)
    alone = [noisy.apply(sent).tolist() for _ in range(80)]
    both = make_faulty_actuation(world, noise=0.1, gain=0.5, delay=0.02)
    assert [both.apply(sent).tolist() for _ in range(80)] == alone


# --- backlash


def test_backlash_holds_until_the_command_has_crossed_the_band() -> None:
    """A width of 0.4 loses the first 0.2 in either direction, and 0.4 at each reversal."""
    play = Backlash(0.4, [0.0, 1.0])
    commands = [0.1, 0.2, 0.5, 1.0, 0.9, 0.6, 0.5, 0.0, 0.3, 0.5]
    driven = [play.follow([c, 1.0 - c]) for c in commands]
    expected = [0.0, 0.0, 0.3, 0.8, 0.8, 0.8, 0.7, 0.2, 0.2, 0.3]
    assert [d[0] for d in driven] == pytest.approx(expected)
    assert [1.0 - d[1] for d in driven] == pytest.approx(expected)


@given(st.floats(0.0, 0.2), st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=50))
def test_backlash_stays_within_half_its_width_and_moves_no_further_than_needed(width: float, way: list[float]) -> None:
    play, before = Backlash(width, [0.0]), 0.0
    for command in way:
        [driven] = play.follow([command])
        assert abs(driven - command) <= 0.5 * width + 1e-12
        if abs(before - command) <= 0.5 * width:
            assert driven == before
        before = driven


@pytest.mark.parametrize("control", ["joint_delta", "joint_position", "ee_delta", "ee_translation"])
def test_joints_with_backlash_stop_half_its_width_from_the_command(world: World, control: str) -> None:
    width, task = 0.04, sample(make_task(control=control), (), 0)
    world.reset(replace(task, robot=replace(task.robot, backlash=width)), 0)
    begins, rest = np.array(world.state.joints), compute_hold_action(world, task)
    push = rest + 0.3 * (np.arange(world.action_size) == 1)
    for k in range(40):
        state = world.step(push if control == "joint_position" or k < 3 else rest)
    travelled, behind = (np.abs(np.array(state.targets) - place) for place in (begins, state.joints))
    assert travelled.max() > width
    assert behind[np.argmax(travelled)] == pytest.approx(0.5 * width, abs=1e-3)
    assert behind.max() < 0.5 * width + 1e-3


@pytest.mark.parametrize("control", ["joint_velocity", "joint_torque"])
def test_backlash_is_refused_in_control_modes_without_joint_targets(world: World, control: str) -> None:
    task = sample(make_task(control=control), (), 0)
    with pytest.raises(ConfigError, match=r"robot\.backlash: 0\.01 rad has no meaning with control"):
        world.reset(replace(task, robot=replace(task.robot, backlash=0.01)), 0)
