"""Tracks: estimates of an object filtered over time."""

import math

import numpy as np
import pytest

from mygym_lite.config.state import Pose
from mygym_lite.perception.fusion import LOST, PoseEstimate
from mygym_lite.perception.tracking import Track, YawTrack


def make_track(seconds=0.05, folds=4):
    return Track(YawTrack(folds, 0.0), seconds)


def make_estimate(*position, yaw=0.0, deviation=0.004):
    return PoseEstimate(0.9, np.array(position, float), deviation**2 * np.eye(3), yaw, 0.05)


def test_noise_is_averaged():
    rng, found, one = np.random.default_rng(0), [], make_track()
    for _ in range(100):
        one.update(make_estimate(*rng.normal((0.4, 0.1, 0.03), 0.004), yaw=rng.normal(0.2, 0.05)))
        found.append((*one.position, one.heading.yaw))
    errors = np.array(found[30:]) - (0.4, 0.1, 0.03, 0.2)
    assert np.sqrt((errors**2).mean(axis=0)) == pytest.approx(np.zeros(4), abs=0.02)
    assert np.abs(errors[:, :3]).max() < 0.004
    assert one.velocity == pytest.approx(np.zeros(3), abs=0.01)


def test_one_outlier_is_rejected_and_three_are_accepted():
    one = make_track()
    for _ in range(5):
        one.update(make_estimate(0.4, 0.0, 0.03))
    one.update(make_estimate(0.5, 0.0, 0.03))
    assert one.position[0] == pytest.approx(0.4)
    assert one.confidence < 0.9
    one.update(make_estimate(0.4, 0.0, 0.03))
    for _ in range(3):
        one.update(make_estimate(0.5, 0.0, 0.03))
    assert one.position[0] == pytest.approx(0.5, abs=2e-3)
    assert one.confidence == 0.9


def test_a_moving_object_is_tracked():
    one = make_track()
    for step in range(40):
        one.update(make_estimate(0.4 + 0.005 * step, 0.0, 0.03, deviation=0.002), moving=True)
    assert one.position[0] == pytest.approx(0.4 + 0.005 * 39, abs=5e-3)
    assert one.velocity == pytest.approx([0.1, 0.0, 0.0], abs=0.02)


def test_symmetric_yaws_are_merged():
    one = make_track()
    for yaw in (0.75, 0.80 - math.pi / 2, 0.78, 0.76 + math.pi):
        one.update(make_estimate(0.4, 0.0, 0.03, yaw=yaw))
    assert one.heading.yaw == pytest.approx(0.77, abs=0.02)


def test_a_held_object_moves_with_the_palm():
    one, rest = make_track(), (0.0, 0.0, 0.0, 1.0)
    one.update(make_estimate(0.4, 0.0, 0.1))
    half = math.sqrt(0.5)
    one.update(LOST, palm_motion=(Pose((0.4, 0.0, 0.1), rest), Pose((0.4, 0.0, 0.2), (0.0, 0.0, half, half))))
    assert one.position == pytest.approx([0.4, 0.0, 0.2])
    assert one.heading.yaw == pytest.approx(math.pi / 2)
    assert one.velocity == pytest.approx([0.0, 0.0, 2.0])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_non_finite_estimates_are_ignored(bad):
    one = make_track()
    one.update(make_estimate(bad, 0.0, 0.03))
    assert not one.is_known
    assert one.position.tolist() == [0.0, 0.0, 0.0]
