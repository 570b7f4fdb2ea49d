"""One object from sight to sight: where it is now, how fast it moves, and how sure that is."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose
from mygym_lite.perception.camera_encoding import Array
from mygym_lite.perception.fusion import PoseEstimate

_YAW_REST, _YAW_MOVING = 0.03, 1.0  # rad, of what was in a second
_UNKNOWN = 100.0  # rad: the deviation of a yaw of which nothing is known
_YAW_FLOOR = 1e-3  # rad; nobody sees better than that


class YawTrack:
    """A Kalman filter on the circle of the folds of a shape.

    Args:
        folds: Of the shape; 0 for one whose yaw cannot be seen, which is told to be 0.
        nominal_yaw: Yaw of the object in its task, rad: of those that look the same, the nearest one is told.
    """

    def __init__(self, folds: int, nominal_yaw: float) -> None:
        self._folds, self._declared = folds, nominal_yaw if folds else 0.0
        self.forget()

    def forget(self) -> None:
        """It is lost."""
        self.yaw, self._deviation = self._declared, _UNKNOWN

    def predict(self, seconds: float, moving: bool, rotation: float = 0.0) -> None:
        """Time passes, in which it is known to have turned."""
        if self._folds:
            self.yaw += rotation
            spread = (_YAW_MOVING if moving else _YAW_REST) * math.sqrt(seconds)
            self._deviation = min(_UNKNOWN, math.hypot(self._deviation, spread))

    def correct(self, yaw: float, deviation: float) -> None:
        """It is seen, or is not where one of these is no number."""
        if not self._folds or not math.isfinite(yaw + deviation):
            return
        period = 2.0 * math.pi / self._folds
        gap = (yaw - self.yaw + period / 2) % period - period / 2
        known, seen = self._deviation**2, max(_YAW_FLOOR, deviation) ** 2
        self.yaw += known / (known + seen) * gap
        self._deviation = math.sqrt(known * seen / (known + seen))


_LEAST = 0.3  # confidence of an estimate from which it counts
_HALVING, _FORGOTTEN = 0.25, 1.0  # s without a sight: half as sure, and lost
_GRIP = 4.0  # times as long as that a hand is trusted with what it holds
_GATE, _CHANCE = 16.3, 11.3  # squared deviations in three dimensions that one in 1000, and one in 100, exceeds
_STIR = 1.0  # s for which something that drifts away from where it is expected is taken to move
_SHARE = 0.3  # of a new gap in the mean of the gaps between what is expected and what is seen
_STUBBORN = 3  # sights in a row that are refused: then it is there
_ALIKE = 4.0  # successive pictures err alike: so many of them tell as much as one that is on its own
_SURE = (5e-4**2) * np.eye(3)  # m²; nobody sees better than that
_REST, _MOVING, _SLIP = 0.005, 0.1, 0.02  # m/s: of what nobody touches, of what moves, against the palm that holds it
_STOPPING, _COASTING = 0.1, 1.0  # s after which a velocity that is not seen again is mostly gone, likewise


class Track:
    """A Kalman filter of position and velocity, which fades.

    Args:
        heading: Of the object.
        seconds: From one step to the next.
    """

    def __init__(self, heading: YawTrack, seconds: float) -> None:
        self.heading, self._seconds = heading, seconds
        self.forget()

    def forget(self) -> None:
        """It is lost."""
        self.confidence = 0.0
        self._mean, self._covariance = np.zeros(6), np.zeros((6, 6))
        self._unseen, self._refused = 0.0, 0
        self._gap, self._stirred = np.zeros(3), 0.0
        self.heading.forget()

    @property
    def is_known(self) -> bool:
        """Whether it is anywhere."""
        return self.confidence > 0.0

    @property
    def position(self) -> Array:
        """(3,), m."""
        return self._mean[:3]

    @property
    def velocity(self) -> Array:
        """(3,), m/s."""
        return self._mean[3:]

    @property
    def deviation(self) -> float:
        """Of the position, m: the root of the mean squared distance that is to be expected; infinite if it is lost."""
        return math.sqrt(float(np.trace(self._covariance[:3, :3]))) if self.is_known else math.inf

    def update(
        self, measurement: PoseEstimate, moving: bool = False, palm_motion: tuple[Pose, Pose] | None = None
    ) -> None:
        """Go on by one step.

        Args:
            measurement: What is seen of it now.
            moving: Whether there is reason to think that it moves.
            palm_motion: Where the palm that holds it was, and is.
        """
        if self.is_known:
            self._carry(*palm_motion) if palm_motion else self._coast(moving or self._stirred > 0.0)
        if _is_clear(measurement) and self._is_likely(measurement):
            self._correct(measurement)
        elif self.is_known:
            self._miss(_GRIP if palm_motion else 1.0)

    def _coast(self, moves: bool) -> None:
        """Go on as it moved, slower and slower."""
        speed, lasting = (_MOVING, _COASTING) if moves else (_REST, _STOPPING)
        keep = math.exp(-self._seconds / lasting)
        ahead = np.eye(6)
        ahead[:3, 3:] = self._seconds * np.eye(3)
        ahead[3:, 3:] *= keep
        self._mean = ahead @ self._mean
        self._covariance = ahead @ self._covariance @ ahead.T
        self._covariance[3:, 3:] += speed**2 * (1.0 - keep**2) * np.eye(3)
        self.heading.predict(self._seconds, moves)

    def _carry(self, before: Pose, now: Pose) -> None:
        """Stay where it is in the palm."""
        turn = rotation_from_quaternion(now.rotation) @ rotation_from_quaternion(before.rotation).T
        place = np.array(now.position) + turn @ (self.position - np.array(before.position))
        self._mean = np.concatenate([place, (place - self.position) / self._seconds])
        slip = (_SLIP * self._seconds) ** 2 * np.eye(3)
        self._covariance = _apart(turn @ self._covariance[:3, :3] @ turn.T + slip, _MOVING)
        self.heading.predict(self._seconds, False, math.atan2(turn[1, 0] - turn[0, 1], turn[0, 0] + turn[1, 1]))

    def _is_likely(self, sight: PoseEstimate) -> bool:
        """Whether it can be there; what is seen elsewhere again and again is there."""
        if not self.is_known:
            return True
        gap, spread = sight.position - self.position, self._covariance[:3, :3] + sight.covariance + _SURE
        self._gap = (1.0 - _SHARE) * self._gap + _SHARE * gap
        drifts = _squared(self._gap, spread * _SHARE / (2.0 - _SHARE)) > _CHANCE
        self._stirred = _STIR if drifts else self._stirred - self._seconds
        self._refused = self._refused + 1 if _squared(gap, spread) > _GATE else 0
        if self._refused == _STUBBORN:
            self.forget()
            self._stirred = _STIR
        return self._refused == 0

    def _correct(self, sight: PoseEstimate) -> None:
        """Weigh what is seen against what was known."""
        alike = _ALIKE / sight.confidence
        if self.is_known:
            noise = alike * sight.covariance + _SURE
            gain = np.linalg.solve(self._covariance[:3, :3] + noise, self._covariance[:3]).T
            self._mean = self._mean + gain @ (sight.position - self.position)
            whole = self._covariance - gain @ self._covariance[:3]
            self._covariance = 0.5 * (whole + whole.T)
        else:
            self._mean = np.concatenate([sight.position, np.zeros(3)])
            self._covariance = _apart(sight.covariance + _SURE, _REST)
        self.confidence, self._unseen = min(1.0, sight.confidence), 0.0
        self.heading.correct(sight.yaw, math.sqrt(alike) * sight.yaw_deviation)

    def _miss(self, slower: float) -> None:
        """It is not seen."""
        seconds = self._seconds / slower
        self._unseen += seconds
        self.confidence *= 0.5 ** (seconds / _HALVING)
        if self._unseen > _FORGOTTEN - 0.5 * seconds:
            self.forget()


def _squared(gap: Array, covariance: Array) -> float:
    """A length in deviations, squared."""
    return float(gap @ np.linalg.solve(covariance, gap))


def _apart(places: Array, speed: float) -> Array:
    """The covariance of position and velocity where one says nothing of the other."""
    whole = np.zeros((6, 6))
    whole[:3, :3], whole[3:, 3:] = places, speed**2 * np.eye(3)
    return whole


def _is_clear(sight: PoseEstimate) -> bool:
    """Whether an estimate says anything."""
    numbers = (*sight.position, *sight.covariance.ravel())
    return sight.confidence >= _LEAST and bool(np.isfinite(numbers).all())
