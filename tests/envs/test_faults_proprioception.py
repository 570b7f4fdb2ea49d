"""Faults of encoders, force sensors and the hand-eye calibration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fault_cases import (
    EPISODE_SEEDS,
    EVERY_FAULT,
    SAMPLES,
    STATE_FAULTS,
    make_faulty_task,
    make_sensor_pipeline,
    make_task,
    set_step,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kstest

from mygym_lite.config.faults import Sensing
from mygym_lite.config.robot import load_robot
from mygym_lite.config.rotation import multiply_quaternions
from mygym_lite.config.sampling import sample
from mygym_lite.config.state import Pose, State
from mygym_lite.config.workspace import load_workspace
from mygym_lite.envs.faults.sensing import SensorPipeline
from mygym_lite.errors import ConfigError
from mygym_lite.sim.kinematics import build_kinematics
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task
from mygym_lite.terms.vectors import compute_rotation_between, rotate_inverse

# --- encoders and force sensors


def test_sensing_faults_do_not_change_the_true_state(true_state: State) -> None:
    before = replace(
        true_state, frames=dict(true_state.frames), motions=dict(true_state.motions), joints=list(true_state.joints)
    )
    seen = make_sensor_pipeline(**{name: getattr(EVERY_FAULT, name) for name in STATE_FAULTS}).measure_state(true_state)
    assert true_state == before
    assert seen.joints != true_state.joints
    assert seen.frames["target"] != true_state.frames["target"]


def test_joint_noise_has_the_declared_deviation(true_state: State) -> None:
    perception = make_sensor_pipeline(joint_noise=0.01)
    errors = np.array([perception.measure_state(set_step(true_state, k)).joints for k in range(SAMPLES)]) - np.array(
        true_state.joints
    )
    assert np.abs(errors.std(axis=0) / 0.01 - 1).max() < 0.03
    assert np.abs(errors.mean(axis=0)).max() < 4 * 0.01 / np.sqrt(SAMPLES)
    assert kstest(errors.ravel() / 0.01, "norm").pvalue > 1e-3
    apart = np.corrcoef(errors.T) - np.eye(len(true_state.joints))
    assert np.abs(apart).max() < 4 / np.sqrt(SAMPLES)
    between_steps = np.corrcoef(errors[:-1, 0], errors[1:, 0])[0, 1]
    assert abs(between_steps) < 4 / np.sqrt(SAMPLES)


def test_joint_bias_is_exact_and_constant_within_an_episode(true_state: State) -> None:
    perception, signs = make_sensor_pipeline(joint_bias=0.02), []
    for seed in range(200):
        perception.reset(make_faulty_task(joint_bias=0.02), seed)
        first, later = (
            np.array(perception.measure_state(set_step(true_state, k)).joints) - true_state.joints for k in (0, 7)
        )
        assert np.abs(first) == pytest.approx(0.02, abs=1e-12)
        assert (first == later).all()
        signs.append(np.sign(first))
    assert np.abs(np.mean(signs, axis=0)).max() < 4 / np.sqrt(200)  # both signs are equally likely


def test_the_palm_pose_follows_from_the_measured_joints(true_state: State) -> None:
    seen = make_sensor_pipeline(joint_bias=0.02, joint_noise=0.01).measure_state(true_state)
    robot = load_robot("humanoid_right")
    chain = build_kinematics(robot, robot.arms["right"])
    assert seen.frames["palm"] == chain.compute_pose_and_motion(np.array(seen.joints), np.array(seen.speeds))[0]
    assert 1e-3 < np.linalg.norm(np.subtract(seen.position("palm"), true_state.position("palm"))) < 0.2
    assert seen.frames["target"] == true_state.frames["target"]
    assert (seen.speeds, seen.targets, seen.fingers) == (true_state.speeds, true_state.targets, true_state.fingers)


def test_joint_bias_moves_the_palms_of_both_arms() -> None:
    task = replace(make_task(model="humanoid"), sensing=Sensing(joint_bias=0.02))
    with World() as world:
        true_state = world.reset(sample(task, (), 0), 0)
        perception = SensorPipeline(task)
        seen = perception.measure_state(true_state)
        [name] = [name for name in true_state.frames if name.endswith("_palm")]
        assert all(seen.frames[palm] != true_state.frames[palm] for palm in ("palm", name))


def test_force_noise_has_the_declared_deviation_and_is_not_clipped_at_zero(true_state: State) -> None:
    perception, pairs = make_sensor_pipeline(force_noise=2.0), [("hand", "target"), ("thumb", "target")]
    errors = np.empty((SAMPLES, 2))
    for k in range(SAMPLES):
        seen = perception.measure_state(set_step(true_state, k))
        touches = [seen.touch(*pair) for pair in pairs]
        errors[k] = [touch.mean - true_state.touch(*pair).mean for touch, pair in zip(touches, pairs, strict=True)]
        assert touches[0].impulse - true_state.touch(*pairs[0]).impulse == pytest.approx(errors[k, 0] / 20.0)
    assert errors.std(axis=0) == pytest.approx([2.0, 2.0], rel=0.03)
    assert np.abs(errors.mean(axis=0)).max() < 4 * 2.0 / np.sqrt(SAMPLES)
    assert abs(np.corrcoef(errors.T)[0, 1]) < 4 / np.sqrt(SAMPLES)


def test_a_measured_force_depends_on_neither_the_order_of_bodies_nor_of_queries(true_state: State) -> None:
    early, late = make_sensor_pipeline(force_noise=2.0), make_sensor_pipeline(force_noise=2.0)
    for k in range(100):
        expected = early.measure_state(set_step(true_state, k)).touch("hand", "target")
    assert late.measure_state(set_step(true_state, 99)).touch("target", "hand") == expected
    with pytest.raises(ConfigError, match="no body or contact group 'hnad'; did you mean 'hand'"):
        late.measure_state(true_state).touch("hnad", "target")


# --- hand-eye calibration


def rotate_by_vector(vector: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    angle = np.linalg.norm(vector)
    k = vector / angle
    turned: NDArray[np.float64] = v * np.cos(angle) + np.cross(k, v) * np.sin(angle) + k * (k @ v) * (1 - np.cos(angle))
    return turned


@pytest.mark.parametrize("angle", [0.01, 0.1, 1.0])
def test_a_hand_eye_rotation_turns_objects_by_the_declared_angle(true_state: State, angle: float) -> None:
    seen = make_sensor_pipeline(hand_eye_rotation=angle).measure_state(true_state)
    here, there = true_state.frames["target"], seen.frames["target"]
    vector = compute_rotation_between(here.rotation, there.rotation)
    assert np.linalg.norm(vector) == pytest.approx(angle, rel=1e-6)
    centre = (*np.mean(load_workspace("table").area, axis=0), 0.0)
    lever = np.subtract(here.position, centre)
    turned = rotate_by_vector(np.array(vector), lever)
    assert np.subtract(there.position, centre) == pytest.approx(turned, abs=1e-9)
    for part in ("linear", "angular"):
        motion = getattr(true_state.motions["target"], part)
        assert getattr(seen.motions["target"], part) == pytest.approx(
            rotate_by_vector(np.array(vector), np.array(motion))
        )
    assert seen.frames["palm"] == true_state.frames["palm"]


def test_a_hand_eye_offset_moves_objects_by_the_declared_distance(true_state: State) -> None:
    perception, task, shifts = make_sensor_pipeline(), make_faulty_task(hand_eye_position=0.02), []
    for seed in range(300):
        perception.reset(task, seed)
        seen = perception.measure_state(true_state)
        shifts.append(np.subtract(seen.position("target"), true_state.position("target")))
        assert np.subtract(seen.initial_positions["target"], true_state.initial_positions["target"]) == pytest.approx(
            shifts[-1], abs=1e-12
        )
        assert seen.frames["target"].rotation == true_state.frames["target"].rotation
        assert seen.motions == true_state.motions
        assert seen.frames["palm"] == true_state.frames["palm"]
    assert np.linalg.norm(shifts, axis=1) == pytest.approx(0.02, rel=1e-9)
    assert np.abs(np.mean(shifts, axis=0)).max() < 4 * 0.02 / np.sqrt(3 * 300)


def compute_relative_pose(a: Pose, b: Pose) -> list[float]:
    x, y, z, w = a.rotation
    offset = rotate_inverse(a.rotation, tuple(np.subtract(b.position, a.position)))  # type: ignore[arg-type]
    return [*offset, *multiply_quaternions((-x, -y, -z, w), b.rotation)]


@given(EPISODE_SEEDS, st.floats(0.001, 0.5), st.floats(0.001, 1.0))
@settings(max_examples=25, deadline=None)
def test_hand_eye_errors_preserve_relative_poses(true_state: State, seed: int, shift: float, turn: float) -> None:
    """The pose of one object in the frame of another is unchanged."""
    task = sample(load_task("grasp_clutter"), (), 0)
    here = [Pose((0.4, 0.1, 0.03), (0.0, 0.6, 0.0, 0.8)), Pose((0.5, -0.2, 0.1), (0.5, 0.5, 0.5, 0.5))]
    names = [*task.objects][:2]
    frames = {**dict.fromkeys(task.objects, here[0]), **dict(zip(names, here, strict=True))}
    still = dict.fromkeys(task.objects, true_state.motions["target"])
    moment = replace(
        true_state, frames=frames, motions=still, initial_positions=dict.fromkeys(task.objects, (0.4, 0.0, 0.0))
    )
    perception = SensorPipeline(task)
    perception.reset(replace(task, sensing=Sensing(hand_eye_position=shift, hand_eye_rotation=turn)), seed)
    seen = perception.measure_state(moment)
    assert compute_relative_pose(*(seen.frames[name] for name in names)) == pytest.approx(
        compute_relative_pose(*here), abs=1e-9
    )
