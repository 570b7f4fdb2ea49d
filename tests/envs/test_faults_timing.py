"""Sensing faults in time: latency, dropped and repeated observations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np
import pytest
from fault_cases import EPISODE_SEEDS, SAMPLES, deliver_step_numbers, make_sensor_pipeline
from hypothesis import given, settings
from hypothesis import strategies as st

from mygym_lite.config.faults import Schedule
from mygym_lite.config.state import State

# --- latency


def test_nominal_sensing_returns_its_inputs_unchanged(true_state: State) -> None:
    perception = make_sensor_pipeline()
    images, observation = {"head_rgb": np.zeros((4, 4, 3), np.uint8)}, {"joints": np.zeros(7, np.float32)}
    assert not perception.active
    assert perception.measure_state(true_state) is true_state
    assert perception.corrupt_images(images) is images
    assert perception.deliver_observation(observation, 1) is observation


@pytest.mark.parametrize(
    ("seconds", "arrives"),
    [
        (0.02, [0, 1, 2, 3, 4, 5]),  # less than half a step of 50 ms
        (0.05, [0, 0, 1, 2, 3, 4]),
        (0.12, [0, 0, 0, 1, 2, 3]),
        (0.15, [0, 0, 0, 0, 1, 2]),
        (5.0, [0, 0, 0, 0, 0, 0]),
    ],
)
def test_latency_delays_observations_by_the_declared_steps(seconds: float, arrives: list[int]) -> None:
    assert deliver_step_numbers(make_sensor_pipeline(latency=seconds), 6) == arrives


def test_latency_follows_a_cyclic_schedule() -> None:
    """100 ms with an amplitude of 100% and a period of 1 s: two steps at first, four after 5 steps, zero after 15."""
    swing = {"sensing.latency": Schedule("cyclic", 1.0, 1.0)}
    ages = [round(2 * (1 + np.sin(2 * np.pi * k / 20))) for k in range(20)]
    arrived = deliver_step_numbers(make_sensor_pipeline(swing, latency=0.1), 20)
    assert ages[5] == 4
    assert ages[15] == 0
    assert arrived == np.maximum.accumulate([max(0, k - age) for k, age in enumerate(ages)]).tolist()


@given(EPISODE_SEEDS, st.floats(0.0, 1.0), st.floats(0.0, 3.0))
@settings(max_examples=25, deadline=None)
def test_no_observation_is_older_than_the_previous_one(seed: int, latency: float, size: float) -> None:
    walk = {"sensing.latency": Schedule("random_walk", size)}
    arrived = deliver_step_numbers(make_sensor_pipeline(walk, seed, latency=latency), 100)
    assert all(a <= b for a, b in pairwise(arrived))
    assert all(0 <= a <= k for k, a in enumerate(arrived))


# --- dropped and repeated observations


def measure_spells(struck: Sequence[bool]) -> list[int]:
    return [len(list(spell)) for strikes, spell in groupby(struck) if strikes]


def is_share_expected(struck: Sequence[bool], chance: float, steps: int) -> bool:
    """Compare with the expected share: spells of n steps after geometric pauses take n / (n + (1 - p) / p)."""
    expected = steps / (steps + (1 - chance) / chance)
    spells = len(struck) / (steps + (1 - chance) / chance)
    return abs(np.mean(struck) - expected) < 4 * expected / np.sqrt(spells)


@pytest.mark.parametrize(("chance", "steps"), [(0.01, 1), (0.1, 1), (0.1, 5), (0.5, 3)])
def test_drop_loses_observations_with_the_declared_probability(chance: float, steps: int) -> None:
    lost = [k == -1 for k in deliver_step_numbers(make_sensor_pipeline(drop=chance, drop_steps=steps), SAMPLES)]
    assert is_share_expected(lost, chance, steps)
    assert all(length % steps == 0 for length in measure_spells(lost)[:-1])
    assert steps in measure_spells(lost)


@pytest.mark.parametrize(("chance", "steps"), [(0.01, 1), (0.1, 1), (0.1, 5), (0.5, 3)])
def test_stuck_repeats_observations_with_the_declared_probability(chance: float, steps: int) -> None:
    arrived = deliver_step_numbers(make_sensor_pipeline(stuck=chance, stuck_steps=steps), SAMPLES)
    stuck = [a == b for a, b in pairwise(arrived)]
    assert is_share_expected(stuck, chance, steps)
    assert all(length % steps == 0 for length in measure_spells(stuck)[1:-1])  # an episode may begin within one
    assert all(a == k for k, a in enumerate(arrived) if k and not stuck[k - 1])


def test_dropped_observations_are_zero_with_the_same_shape_and_dtype() -> None:
    images = {
        "rgb": np.full((2, 2, 3), 7, np.uint8),
        "depth": np.ones((2, 2), np.float32),
        "mask": np.ones(2, np.int32),
    }
    lost = make_sensor_pipeline(drop=1.0).deliver_observation(images, 0)
    assert all(lost[name].dtype == image.dtype and lost[name].shape == image.shape for name, image in images.items())
    assert not any(image.any() for image in lost.values())


def test_changes_to_a_delivered_observation_do_not_reach_later_ones() -> None:
    perception = make_sensor_pipeline(latency=0.1, stuck=1.0, stuck_steps=9)
    for step in range(5):
        arrived = perception.deliver_observation({"x": np.array([3.0 + step])}, step)
        assert arrived["x"][0] == 3.0
        arrived["x"][:] = -1.0
