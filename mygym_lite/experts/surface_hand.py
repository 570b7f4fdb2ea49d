"""Motion of a closed hand along a surface: over the objects, down behind one of them, and forward."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mygym_lite.config.robot import load_robot
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.clearance import compute_top
from mygym_lite.experts.hand_profile import (
    compute_hand_centre,
    compute_offset,
    find_rotation,
    select_profile,
    solve_hand,
)
from mygym_lite.experts.inputs import Array, ExpertInputs
from mygym_lite.experts.orientations import compute_rotation_angle

GAP = 0.025  # m between hand and object when the hand has come down behind it
_HEIGHT = 0.025  # m from the surface to the palm frame; the fingertips clear it by 1 cm
_LOW = 0.037  # m from the surface to the palm frame of a hand that is down
_TRAVEL_CLEARANCE = 0.045  # m from the palm frame to the tops that it passes
_MAX_STEP = 0.04  # m per action
_MAX_DESCENT = 0.025  # m per action
_ASIDE = 0.015  # m off the line behind a contact
_BEHIND = (-0.02, 0.037)  # m between hand and object while it is behind a contact; the profile is not exact
_ALIGNED = 0.15  # rad up to which the hand comes down
_CLOSED = 0.95  # closure from which no finger reaches lower than the others
_ABOVE = 0.012  # m from the place where the hand comes down
_MAX_SAG = 0.02  # m by which the hand may dip on its way
_BRAKING = 0.2  # m from the end of a way on which the hand slows down; it would swing past the end
_MIN_SPEED = 0.4  # share of the fastest motion
_MAX_TURN = 0.8  # rad of a joint beside an object
_SAFE_HEIGHT = 0.18  # m above the surface, for changes of posture


class Contact(NamedTuple):
    """Point on the outline of an object, and the direction into it, in the horizontal plane of the world."""

    point: Array  # (2,), m
    normal: Array  # (2,)


class SurfaceHand:
    """Closed hand that moves objects along a surface."""

    def __init__(self, inputs: ExpertInputs, controller: ArmController) -> None:
        self._inputs, self._controller = inputs, controller
        self.profile = select_profile(next(iter(load_robot(inputs.task.robot.model).arms.values())).hand)

    def reset(self) -> None:
        """Begin an episode with its own surface."""
        self._surface = self._inputs.episode_task().workspace.height

    def compute_centre(self, state: State, contact: Contact | None = None) -> Array:
        """Compute the centre of the part that pushes, at a contact, m."""
        return compute_hand_centre(state, self.profile, None if contact is None else contact.normal)

    def compute_gap(self, state: State, contact: Contact) -> float:
        """Compute the distance of the face that pushes from a contact along its normal, m."""
        offset = contact.point - self.compute_centre(state, contact)[:2]
        return float(offset @ contact.normal) - self.profile.depth

    def compute_aside(self, state: State, contact: Contact) -> float:
        """Compute the offset of the hand to the left of the normal through a contact, m."""
        x, y = self.compute_centre(state, contact)[:2] - contact.point
        return float(contact.normal[0] * y - contact.normal[1] * x)

    def is_behind(self, state: State, contact: Contact) -> bool:
        """Return True if the hand is down and close behind a contact."""
        if self.compute_centre(state)[2] > self._surface + _LOW or abs(self.compute_aside(state, contact)) > _ASIDE:
            return False
        return _BEHIND[0] < self.compute_gap(state, contact) < _BEHIND[1]

    def find_rotation(self, state: State, contact: Contact) -> tuple[Array, float]:
        """Find a rotation of the palm for a contact, the start behind it and the place above that, and its error."""
        start = contact.point - (self.profile.depth + GAP) * contact.normal
        places = [
            np.array([*(contact.point - self.profile.depth * contact.normal), self._surface + _HEIGHT]),
            np.array([*start, self._surface + _HEIGHT]),
            np.array([*start, self._compute_travel_height(state)]),
        ]
        return find_rotation(self._controller, state, self.profile, places, contact.normal)

    def approach(self, state: State, contact: Contact, rotation: Array) -> Array:
        """Rise, cross above the objects, and come down behind a contact."""
        hand, travel = self.compute_centre(state, contact), self._compute_travel_height(state)
        start = contact.point - (self.profile.depth + GAP) * contact.normal
        present = rotation_from_quaternion(state.frames["palm"].rotation)
        is_ready = state.closure[0] > _CLOSED and compute_rotation_angle(present, rotation) < _ALIGNED
        if is_ready and math.dist(start, hand[:2]) < _ABOVE:
            height = max(self._surface + _HEIGHT, hand[2] - _MAX_DESCENT)
            return self._follow(state, np.array([*start, height]), rotation, contact)
        if hand[2] < travel - 0.015:
            return self._raise(state, travel)
        return self._cross(state, np.array([*start, travel]), rotation, contact)

    def advance(self, state: State, contact: Contact, step: Array, rotation: Array) -> Array:
        """Move behind a contact by a step along the surface, (2,), m."""
        ahead = self.compute_centre(state, contact)[:2] + step
        return self._follow(state, np.array([*ahead, self._surface + _HEIGHT]), rotation, contact)

    def withdraw(self, state: State) -> Array:
        """Raise the hand from the object."""
        return self._raise(state, self._compute_travel_height(state) + 0.05)

    def _compute_travel_height(self, state: State) -> float:
        return max(compute_top(state, name) for name in state.object_shapes) + _TRAVEL_CLEARANCE

    def _raise(self, state: State, height: float) -> Array:
        """Raise the hand straight up, at most to a height."""
        x, y, z = state.position("palm")
        place = np.array([x, y, min(height, z + _MAX_STEP)])
        joints = self._controller.solve_nearby(state, place, 2 * REACH_TOLERANCE)
        return self._controller.compute_action(state, joints, 1.0)

    def _follow(self, state: State, centre: Array, rotation: Array, contact: Contact) -> Array:
        """Move the hand by a small step, near its present posture."""
        palm = centre - compute_offset(self.profile, rotation, contact.normal)
        start = self._controller.compute_joint_targets(state)
        joints, error = self._controller.solve_ik(start, palm, rotation, 20)
        if error > 2 * REACH_TOLERANCE:
            other, error = solve_hand(self._controller, self.profile, centre, rotation, contact.normal)
            is_near = error < 2 * REACH_TOLERANCE and np.max(np.abs(other - start)) < _MAX_TURN
            joints = other if is_near else self._controller.solve_ik(start, palm, None, 20)[0]
        return self._controller.compute_action(state, joints, 1.0)

    def _cross(self, state: State, centre: Array, rotation: Array, contact: Contact) -> Array:
        """Move to a place above the objects, or raise the hand if it would dip too low on the way."""
        joints, _ = solve_hand(self._controller, self.profile, centre, rotation, contact.normal)
        present = self._controller.get_joint_positions(state)
        kinematics, still = self._controller.kinematics, np.zeros(len(joints))
        path = [present + share * (joints - present) for share in (0.2, 0.4, 0.6, 0.8)]
        heights = [kinematics.compute_pose_and_motion(point, still)[0].position[2] for point in path]
        hand = self.compute_centre(state, contact)
        if min(heights) < min(hand[2], centre[2]) - _MAX_SAG and hand[2] < self._surface + _SAFE_HEIGHT:
            return self._raise(state, self._surface + _SAFE_HEIGHT + _MAX_STEP)
        speed = max(_MIN_SPEED, min(1.0, math.dist(hand, centre) / _BRAKING))
        return self._controller.compute_action(state, joints, 1.0, speed)
