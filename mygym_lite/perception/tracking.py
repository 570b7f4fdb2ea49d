"""Kalman filters of one object: position, velocity and orientation from successive estimates."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.rotation import Quaternion, rotation_from_quaternion
from mygym_lite.config.state import Pose
from mygym_lite.perception.axis_tracking import AxisTrack, compute_quaternion
from mygym_lite.perception.camera_encoding import Array
from mygym_lite.perception.fusion import PoseEstimate
from mygym_lite.perception.orientation import UP

_YAW_NOISE_RESTING, _YAW_NOISE_MOVING = 0.03, 1.0  # rad per square root of a second
_YAW_UNKNOWN = 100.0  # rad, standard deviation of an unknown yaw
_YAW_FLOOR = 1e-3  # rad, smallest standard deviation of a measurement

_MIN_CONFIDENCE = 0.3  # of an estimate, to be used
_CONFIDENCE_HALF_LIFE, _MAX_UNSEEN = 0.25, 1.0  # s without a detection: confidence halves, and the track is lost
_GRASPED_FACTOR = 4.0  # by which both are longer for a grasped object
_GATE, _DRIFT_GATE = 16.3, 11.3  # chi-squared quantiles of 3 degrees of freedom: 0.999 and 0.99
_DRIFT_SECONDS = 1.0  # for which an object that drifts from its prediction is assumed to move
_INNOVATION_WEIGHT = 0.3  # of the latest innovation in their moving average
_MAX_REJECTED = 3  # detections in a row, after which the track restarts there
_CORRELATION = 4.0  # errors of successive images are correlated: so many count as one independent measurement
_POSITION_FLOOR = (5e-4**2) * np.eye(3)  # m², smallest covariance of a measurement
_SPEED_RESTING, _SPEED_MOVING, _SLIP_SPEED = 0.005, 0.1, 0.02  # m/s: untouched, moving, and relative to the palm
_DECAY_RESTING, _DECAY_MOVING = 0.1, 1.0  # s, time constant of the velocity without measurements


class YawTrack:
    """Kalman filter of the yaw, on the circle of a shape's symmetry.

    Args:
        folds: Rotational symmetry of the shape; 0 if its yaw is unobservable and reported as 0.
        nominal_yaw: Declared yaw, rad; the nearest of the equivalent yaws is reported.
    """

    def __init__(self, folds: int, nominal_yaw: float) -> None:
        self._folds, self._nominal_yaw = folds, nominal_yaw if folds else 0.0
        self.forget()

    def forget(self) -> None:
        """Reset to an unknown yaw."""
        self.yaw, self._deviation = self._nominal_yaw, _YAW_UNKNOWN

    def predict(self, seconds: float, moving: bool, rotation: float = 0.0) -> None:
        """Advance by a time step with a known rotation, rad."""
        if self._folds:
            self.yaw += rotation
            noise = (_YAW_NOISE_MOVING if moving else _YAW_NOISE_RESTING) * math.sqrt(seconds)
            self._deviation = min(_YAW_UNKNOWN, math.hypot(self._deviation, noise))

    def correct(self, yaw: float, deviation: float) -> None:
        """Correct by a measured yaw; nan is no measurement."""
        if not self._folds or not math.isfinite(yaw + deviation):
            return
        period = 2.0 * math.pi / self._folds
        innovation = (yaw - self.yaw + period / 2) % period - period / 2
        prior, noise = self._deviation**2, max(_YAW_FLOOR, deviation) ** 2
        self.yaw += prior / (prior + noise) * innovation
        self._deviation = math.sqrt(prior * noise / (prior + noise))


class Track:
    """Kalman filter of position and velocity, with a confidence that decays without detections.

    Args:
        heading: Filter of the yaw.
        seconds: Time step, s.
        tilt: Filter of the z axis; None for an object that always stands upright.
    """

    def __init__(self, heading: YawTrack, seconds: float, tilt: AxisTrack | None = None) -> None:
        self.heading, self.tilt, self._seconds, self._is_grasped = heading, tilt, seconds, False
        self.forget()

    def forget(self) -> None:
        """Reset to an unknown position."""
        self.confidence = 0.0
        self._mean, self._covariance = np.zeros(6), np.zeros((6, 6))
        self._unseen_seconds, self._rejected = 0.0, 0
        self._mean_innovation, self._drift_seconds = np.zeros(3), 0.0
        self.heading.forget()
        if self.tilt is not None:
            self.tilt.forget()

    @property
    def is_known(self) -> bool:
        """True unless the object is lost."""
        return self.confidence > 0.0

    @property
    def position(self) -> Array:
        """Position (3,), m."""
        return self._mean[:3]

    @property
    def position_covariance(self) -> Array:
        """Covariance of the position (3, 3), m²."""
        return self._covariance[:3, :3]

    @property
    def velocity(self) -> Array:
        """Velocity (3,), m/s."""
        return self._mean[3:]

    @property
    def rotation(self) -> Quaternion:
        """Rotation in the robot's frame."""
        return compute_quaternion(UP if self.tilt is None else self.tilt.axis, self.heading.yaw)

    @property
    def deviation(self) -> float:
        """Expected root mean square error of the position, m; infinite if the object is lost."""
        return math.sqrt(float(np.trace(self._covariance[:3, :3]))) if self.is_known else math.inf

    def update(
        self, measurement: PoseEstimate, moving: bool = False, palm_motion: tuple[Pose, Pose] | None = None
    ) -> None:
        """Advance by one step.

        Args:
            measurement: Latest estimate.
            moving: True if the object is expected to move.
            palm_motion: Previous and current pose of the palm that grasps the object; None if it is not grasped.
        """
        self.advance(moving, palm_motion)
        self.apply_measurement(measurement)

    def advance(self, moving: bool = False, palm_motion: tuple[Pose, Pose] | None = None) -> None:
        """Predict the next step; ``update`` explains the arguments."""
        self._is_grasped = palm_motion is not None
        if self.is_known:
            self._carry(*palm_motion) if palm_motion else self._predict(moving or self._drift_seconds > 0.0)

    def apply_measurement(self, measurement: PoseEstimate) -> None:
        """Correct the prediction by the latest estimate."""
        if _is_valid(measurement) and self._accept(measurement):
            self._correct(measurement)
        elif self.is_known:
            self._decay(_GRASPED_FACTOR if self._is_grasped else 1.0)

    def _predict(self, moving: bool) -> None:
        """Predict with a velocity that decays exponentially."""
        speed, time_constant = (_SPEED_MOVING, _DECAY_MOVING) if moving else (_SPEED_RESTING, _DECAY_RESTING)
        decay = math.exp(-self._seconds / time_constant)
        transition = np.eye(6)
        transition[:3, 3:] = self._seconds * np.eye(3)
        transition[3:, 3:] *= decay
        self._mean = transition @ self._mean
        self._covariance = transition @ self._covariance @ transition.T
        self._covariance[3:, 3:] += speed**2 * (1.0 - decay**2) * np.eye(3)
        self.heading.predict(self._seconds, moving)
        if self.tilt is not None:
            self.tilt.predict(self._seconds, moving)

    def _carry(self, before: Pose, now: Pose) -> None:
        """Predict a grasped object, which moves rigidly with the palm."""
        rotation = rotation_from_quaternion(now.rotation) @ rotation_from_quaternion(before.rotation).T
        position = np.array(now.position) + rotation @ (self.position - np.array(before.position))
        self._mean = np.concatenate([position, (position - self.position) / self._seconds])
        slip = (_SLIP_SPEED * self._seconds) ** 2 * np.eye(3)
        self._covariance = _build_covariance(rotation @ self._covariance[:3, :3] @ rotation.T + slip, _SPEED_MOVING)
        if self.tilt is None:
            turn = math.atan2(rotation[1, 0] - rotation[0, 1], rotation[0, 0] + rotation[1, 1])
        else:
            turn = self.tilt.rotate(rotation, self.heading.yaw) - self.heading.yaw
            self.tilt.predict(self._seconds, False)
        self.heading.predict(self._seconds, False, turn)

    def _accept(self, measurement: PoseEstimate) -> bool:
        """Return True for a plausible measurement; repeated implausible ones restart the track."""
        if not self.is_known:
            return True
        innovation = measurement.position - self.position
        covariance = self._covariance[:3, :3] + measurement.covariance + _POSITION_FLOOR
        self._mean_innovation = (1.0 - _INNOVATION_WEIGHT) * self._mean_innovation + _INNOVATION_WEIGHT * innovation
        mean_covariance = covariance * _INNOVATION_WEIGHT / (2.0 - _INNOVATION_WEIGHT)
        drifts = _compute_squared_distance(self._mean_innovation, mean_covariance) > _DRIFT_GATE
        self._drift_seconds = _DRIFT_SECONDS if drifts else self._drift_seconds - self._seconds
        self._rejected = self._rejected + 1 if _compute_squared_distance(innovation, covariance) > _GATE else 0
        if self._rejected == _MAX_REJECTED:
            self.forget()
            self._drift_seconds = _DRIFT_SECONDS
        return self._rejected == 0

    def _correct(self, measurement: PoseEstimate) -> None:
        """Correct by a measurement, or start the track there."""
        scale = _CORRELATION / measurement.confidence
        if self.is_known:
            noise = scale * measurement.covariance + _POSITION_FLOOR
            gain = np.linalg.solve(self._covariance[:3, :3] + noise, self._covariance[:3]).T
            self._mean = self._mean + gain @ (measurement.position - self.position)
            covariance = self._covariance - gain @ self._covariance[:3]
            self._covariance = 0.5 * (covariance + covariance.T)
        else:
            self._mean = np.concatenate([measurement.position, np.zeros(3)])
            self._covariance = _build_covariance(measurement.covariance + _POSITION_FLOOR, _SPEED_RESTING)
        self.confidence, self._unseen_seconds = min(1.0, measurement.confidence), 0.0
        yaw, factor = measurement.yaw, math.sqrt(scale)
        if self.tilt is not None:
            yaw = self.tilt.correct(measurement.axis, factor * measurement.axis_deviation, yaw, self.heading.yaw)
        self.heading.correct(yaw, factor * measurement.yaw_deviation)

    def _decay(self, factor: float) -> None:
        """Reduce the confidence after a step without a detection."""
        seconds = self._seconds / factor
        self._unseen_seconds += seconds
        self.confidence *= 0.5 ** (seconds / _CONFIDENCE_HALF_LIFE)
        if self._unseen_seconds > _MAX_UNSEEN - 0.5 * seconds:
            self.forget()


def _compute_squared_distance(difference: Array, covariance: Array) -> float:
    """Compute the squared Mahalanobis distance."""
    return float(difference @ np.linalg.solve(covariance, difference))


def _build_covariance(positions: Array, speed: float) -> Array:
    """Build the covariance of uncorrelated position and velocity."""
    covariance = np.zeros((6, 6))
    covariance[:3, :3], covariance[3:, 3:] = positions, speed**2 * np.eye(3)
    return covariance


def _is_valid(measurement: PoseEstimate) -> bool:
    numbers = (*measurement.position, *measurement.covariance.ravel())
    return measurement.confidence >= _MIN_CONFIDENCE and bool(np.isfinite(numbers).all())
