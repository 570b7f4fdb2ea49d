"""Filter of the direction of an object's z axis."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.rotation import Quaternion, multiply_quaternions, quaternion_from_rpy
from mygym_lite.perception.camera_encoding import Array
from mygym_lite.perception.orientation import UP, compose_rotation, decompose_rotation, find_nearest_orientation

_NOISE_RESTING, _NOISE_MOVING = 0.03, 1.0  # rad per square root of a second
_UNKNOWN = 2.0  # rad, standard deviation of an unknown axis
_FLOOR = 0.01  # rad, smallest standard deviation of a measurement
_MAX_STANDING_TILT = 0.3  # rad, up to which an object is taken to stand upright


class AxisTrack:
    """Kalman filter of the direction of the z axis, which starts at the declared one.

    Args:
        model: Object model, whose symmetry counts.
        nominal_axis: Declared direction (3,).
    """

    def __init__(self, model: str, nominal_axis: Array) -> None:
        self._model, self._nominal_axis = model, nominal_axis
        self.forget()

    def forget(self) -> None:
        """Reset to the declared direction."""
        self.direction, self._deviation = self._nominal_axis, _UNKNOWN

    @property
    def axis(self) -> Array:
        """Direction of the z axis (3,), exactly vertical for an object that stands."""
        return UP if self.direction[2] > math.cos(_MAX_STANDING_TILT) else self.direction

    def predict(self, seconds: float, moving: bool) -> None:
        """Advance by a time step."""
        noise = (_NOISE_MOVING if moving else _NOISE_RESTING) * math.sqrt(seconds)
        self._deviation = min(_UNKNOWN, math.hypot(self._deviation, noise))

    def rotate(self, rotation: Array, yaw: float) -> float:
        """Rotate with the hand; return the new yaw about the axis, rad.

        Args:
            rotation: Rotation of the hand (3, 3).
            yaw: Yaw before, rad.
        """
        self.direction, rotated = decompose_rotation(rotation @ compose_rotation(self.direction, yaw))
        return yaw + (rotated - yaw + math.pi) % (2.0 * math.pi) - math.pi

    def correct(self, axis: Array, deviation: float, measured_yaw: float, yaw: float) -> float:
        """Correct by a measurement; return the measured yaw of the equivalent orientation that is nearest.

        Args:
            axis: Measured direction (3,).
            deviation: Its standard deviation, rad; 0 if it was not measured.
            measured_yaw: Measured yaw, rad; nan if undefined.
            yaw: Yaw of the track, rad.
        """
        if deviation == 0.0:
            return measured_yaw
        if axis[2] < math.cos(_MAX_STANDING_TILT) and self._deviation < 1.0:
            known_yaw = 0.0 if math.isnan(measured_yaw) else measured_yaw
            reference = compose_rotation(self.direction, yaw)
            nearest = find_nearest_orientation(self._model, compose_rotation(axis, known_yaw), reference)
            axis, nearest_yaw = decompose_rotation(nearest)
            measured_yaw = measured_yaw if math.isnan(measured_yaw) else nearest_yaw
        prior, noise = self._deviation**2, max(_FLOOR, deviation) ** 2
        blended = self.direction + prior / (prior + noise) * (axis - self.direction)
        length = float(np.linalg.norm(blended))
        self.direction = blended / length if length > 1e-3 else axis
        self._deviation = math.sqrt(prior * noise / (prior + noise))
        return measured_yaw


def compute_quaternion(axis: Array, yaw: float) -> Quaternion:
    """Compute the rotation of a yaw about the z axis, rad, and the swing of the z axis into a unit vector."""
    turn = quaternion_from_rpy((0.0, 0.0, yaw))
    x, y, z = axis.tolist()
    if z == 1.0:
        return turn
    length = math.sqrt(max(0.0, 2.0 * (1.0 + z)))
    swing = (-y / length, x / length, 0.0, length / 2.0) if length > 1e-6 else (1.0, 0.0, 0.0, 0.0)
    return multiply_quaternions(swing, turn)
