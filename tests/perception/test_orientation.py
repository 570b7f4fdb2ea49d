"""Orientation up to the symmetry of a shape: its z axis and the yaw about it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mygym_lite.config.objects import list_objects
from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_rpy
from mygym_lite.perception.axis_tracking import AxisTrack, compute_quaternion
from mygym_lite.perception.detection import Detection
from mygym_lite.perception.orientation import (
    UP,
    compose_rotation,
    compute_orientation_difference,
    decompose_rotation,
    find_nearest_orientation,
    list_orientations,
)
from mygym_lite.perception.orientation_fusion import fuse_orientations
from mygym_lite.perception.yaw import count_folds

rotations = st.integers(0, 2**32 - 1).map(lambda seed: Rotation.random(random_state=seed).as_matrix())
LYING = rotation_from_rpy((0.0, math.pi / 2, 0.7))


@given(rotations)
def test_axis_and_yaw_determine_a_rotation(rotation):
    axis, yaw = decompose_rotation(rotation)
    assert np.allclose(compose_rotation(axis, yaw), rotation, atol=1e-6)
    assert np.allclose(rotation_from_quaternion(compute_quaternion(axis, yaw)), rotation, atol=1e-6)


@settings(deadline=None)  # symmetries are found once per shape
@given(st.sampled_from(list_objects()), rotations)
def test_listed_orientations_are_equivalent_to_the_rotation(model, rotation):
    for axis, yaw in list_orientations(model, rotation):
        if not math.isnan(yaw) or not count_folds(model):
            equivalent = compose_rotation(axis, 0.0 if math.isnan(yaw) else yaw)
            assert compute_orientation_difference(model, equivalent, rotation) < 1e-3


@settings(deadline=None)  # symmetries are found once per shape
@given(st.sampled_from(list_objects()), rotations, rotations)
def test_the_nearest_equivalent_orientation_is_found(model, rotation, reference):
    nearest = find_nearest_orientation(model, rotation, reference)
    assert compute_orientation_difference(model, nearest, rotation) < 1e-3


@pytest.mark.parametrize(
    ("model", "rotation", "count"),
    [
        ("cube", np.eye(3), 1),  # any face may be up, and counts as the one that is
        ("cuboid", rotation_from_rpy((0.0, 0.0, 0.3)), 1),
        ("domino", rotation_from_rpy((math.pi / 2, 0.0, 0.3)), 2),  # lying: either end may be the upper one
        ("bottle", LYING, 1),  # its neck shows which
        ("ball", LYING, 0),
    ],
)
def test_equivalent_directions_of_the_axis_are_listed(model, rotation, count):
    assert len(list_orientations(model, rotation)) == count


def test_a_capsule_rolls_without_turning():
    rolled = rotation_from_rpy((1.0, 0.0, 0.3))
    ((axis, yaw),) = list_orientations("capsule", rolled)
    assert axis == pytest.approx(UP)
    assert math.remainder(yaw - 0.3, math.pi) == pytest.approx(0.0, abs=1e-9)


def make_detection(image, axis, yaw, folds, concentration=100.0):
    direction = np.array([math.cos(folds * yaw), math.sin(folds * yaw)])
    none = np.zeros((1, 1), bool)
    return Detection(
        image=image,
        confidence=0.9,
        classes=np.ones(1, np.float32),
        position=np.zeros(3),
        covariance=np.eye(3),
        yaw_direction=direction,
        yaw_concentration=concentration,
        cells=none,
        axis=axis,
        axis_concentration=concentration,
    )


def test_images_that_show_opposite_equivalent_axes_agree():
    folds = count_folds("cylinder")
    views = [make_detection(n, sign * LYING[:, 2], 0.0, folds) for n, sign in enumerate((1.0, -1.0, 1.0))]
    fused = fuse_orientations(views, "cylinder", np.zeros(3))
    assert abs(float(fused.axis @ LYING[:, 2])) == pytest.approx(1.0)
    assert fused.axis_deviation < 0.1
    assert math.isnan(fused.yaw)


def test_yaws_of_tilted_boxes_are_fused_in_the_frame_of_the_robot():
    folds, rotation = count_folds("hammer"), rotation_from_rpy((1.2, 0.2, 0.5))
    headings = np.array([0.4, -2.0])
    axis, yaw = decompose_rotation(rotation)
    views = [make_detection(n, axis, yaw - headings[n], folds) for n in range(2)]
    fused = fuse_orientations(views, "hammer", headings)
    assert np.allclose(compose_rotation(fused.axis, fused.yaw), rotation, atol=1e-6)


def test_a_tracked_axis_keeps_its_sign():
    track = AxisTrack("cylinder", UP)
    for sign in (1.0, -1.0, 1.0, -1.0):
        track.correct(sign * LYING[:, 2], 0.1, math.nan, 0.0)
    assert float(track.axis @ LYING[:, 2]) == pytest.approx(1.0)


def test_small_tilts_are_taken_for_noise_and_a_grasp_turns_the_axis():
    track = AxisTrack("box", UP)
    track.correct(np.array([0.1, 0.0, 0.995]), 0.05, 0.0, 0.0)
    assert (track.axis == UP).all()
    track.forget()
    track.correct(UP, 0.05, 0.0, 0.0)
    yaw = track.rotate(rotation_from_rpy((math.pi / 2, 0.0, 0.0)), 0.3)
    turned = rotation_from_rpy((math.pi / 2, 0.0, 0.0)) @ compose_rotation(UP, 0.3)
    assert np.allclose(compose_rotation(track.axis, yaw), turned, atol=1e-6)
