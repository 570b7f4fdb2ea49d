"""Schedules that scale faults within an episode, and independent random streams of faults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fault_cases import EVERY_FAULT, STATE_FAULTS, deliver_step_numbers, make_sensor_pipeline, make_task, set_step

from mygym_lite.config.faults import Schedule
from mygym_lite.config.state import State
from mygym_lite.envs.faults.schedule import compute_factors
from mygym_lite.envs.faults.sensing import SensorPipeline

# --- schedules

TIMES = np.arange(200) / 20.0


def test_schedules_follow_their_formulas() -> None:
    rng = np.random.default_rng(0)
    assert (compute_factors(Schedule("constant", 3.0), TIMES, rng) == 1.0).all()
    assert compute_factors(Schedule("drift", 0.5), TIMES, rng) == pytest.approx(1 + 0.5 * TIMES)
    assert compute_factors(Schedule("drift", -0.5), TIMES, rng) == pytest.approx(np.maximum(0, 1 - 0.5 * TIMES))
    wave = 1 + 0.4 * np.sin(2 * np.pi * TIMES / 3)
    assert compute_factors(Schedule("cyclic", 0.4, 3.0), TIMES, rng) == pytest.approx(wave)


def test_a_random_walk_spreads_with_the_square_root_of_time() -> None:
    rng = np.random.default_rng(0)
    walks = np.array([compute_factors(Schedule("random_walk", 0.1), TIMES[:80], rng) for _ in range(4000)])
    assert (walks[:, 0] == 1.0).all()
    assert walks[:, 20].std() == pytest.approx(0.1, rel=0.05)  # after 1 s
    assert walks[:, 79].std() == pytest.approx(0.1 * np.sqrt(79 / 20), rel=0.05)
    assert np.abs(walks.mean(axis=0) - 1).max() < 0.02


def test_a_schedule_scales_its_field_within_the_bounds(true_state: State) -> None:
    """An offset of 0.1 m that grows by its own size each second ends at the bound of the field, 0.5 m."""
    perception = make_sensor_pipeline({"sensing.hand_eye_position": Schedule("drift", 1.0)}, hand_eye_position=0.1)
    for step in range(0, 200, 7):
        shift = np.subtract(
            perception.measure_state(set_step(true_state, step)).position("target"), true_state.position("target")
        )
        assert np.linalg.norm(shift) == pytest.approx(min(0.5, 0.1 * (1 + step / 20.0)), rel=1e-9)


def test_a_schedule_of_a_nominal_field_has_no_effect() -> None:
    assert not make_sensor_pipeline({"sensing.joint_noise": Schedule("drift", 1.0)}).active


# --- independent random streams


def test_state_faults_are_independent_of_each_other(true_state: State) -> None:
    every = make_sensor_pipeline(**{name: getattr(EVERY_FAULT, name) for name in STATE_FAULTS})
    noise, shift = make_sensor_pipeline(joint_noise=0.01, joint_bias=0.02), make_sensor_pipeline(force_noise=1.0)
    for k in range(80):
        moment = set_step(true_state, k)
        assert every.measure_state(moment).joints == noise.measure_state(moment).joints
        assert every.measure_state(moment).touch("hand", "target") == shift.measure_state(moment).touch(
            "hand", "target"
        )


def test_depth_holes_and_dropped_steps_are_independent_of_other_faults() -> None:
    depth = {"head_depth": np.ones((84, 84), np.float32)}
    alone, noisy = (
        make_sensor_pipeline(depth_holes=0.1),
        make_sensor_pipeline(depth_holes=0.1, depth_noise=1.0, blur=2.0),
    )
    for _ in range(3):
        holes = [perception.corrupt_images(depth)["head_depth"] == 0.0 for perception in (alone, noisy)]
        assert (holes[0] == holes[1]).all()
    alone, late = (
        make_sensor_pipeline(drop=0.1, drop_steps=2),
        make_sensor_pipeline(drop=0.1, drop_steps=2, latency=0.2, stuck=0.2),
    )
    assert [k == -1 for k in deliver_step_numbers(alone, 300)] == [k == -1 for k in deliver_step_numbers(late, 300)]


def test_image_noise_is_independent_of_other_cameras() -> None:
    grey = np.full((16, 16, 3), 127, np.uint8)
    alone, both = make_sensor_pipeline(image_noise=0.1), make_sensor_pipeline(image_noise=0.1)
    for _ in range(3):
        expected = alone.corrupt_images({"head_rgb": grey})["head_rgb"]
        seen = both.corrupt_images({"front_rgb": grey, "head_rgb": grey})
        assert (seen["head_rgb"] == expected).all()
        assert (seen["front_rgb"] != expected).any()


def test_sensing_faults_depend_on_the_seed_alone(true_state: State) -> None:
    def play_episode(perception: SensorPipeline, seed: int) -> list[Any]:
        perception.reset(replace(make_task(), sensing=EVERY_FAULT), seed)
        results = []
        for k in range(20):
            seen = perception.measure_state(set_step(true_state, k))
            images = perception.corrupt_images({"head_rgb": np.full((16, 16, 3), k, np.uint8)})
            arrived = perception.deliver_observation({"joints": np.array(seen.joints), **images}, k)
            results += [array.tolist() for array in arrived.values()] + [seen.frames["target"]]
        return results

    used, fresh = make_sensor_pipeline(), make_sensor_pipeline()
    first = play_episode(used, 3)
    assert play_episode(used, 4) != first
    assert play_episode(used, 3) == first == play_episode(fresh, 3)
