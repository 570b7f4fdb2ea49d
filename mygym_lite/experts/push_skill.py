"""Pushing skill of the scripted expert: move an object along the surface, without lifting it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.inputs import Array, ExpertInputs
from mygym_lite.experts.push_goals import PushGoal
from mygym_lite.experts.push_planning import Contacts, compute_centroid, list_contacts, predict_poses, rotate
from mygym_lite.experts.surface_hand import GAP, Contact, SurfaceHand
from mygym_lite.terms import vectors

_LENGTHS = np.array([2, 4, 7, 11, 16, 24, 35, 50, 75, 110, 160]) * 1e-3  # m, of pushes to choose from
_MAX_PUSH = 0.012  # m per action
_MIN_PUSH = 0.003  # m per action; the hand has to overcome friction
_SLOWING = 0.7  # share of the rest of a push per action
_BONUS = 0.15  # share of the error, for the contact behind which the hand is; a new one takes time
_TRAVEL_COST = 0.3  # share of the error per m of way
_MIN_GAIN = 0.02  # share of the error; below, a contact has done its work
_MAX_ERROR = 0.005  # m of pose error of a contact within reach
_TRIALS = 12  # contacts to try for reach


@dataclass(frozen=True)
class _Push:
    """Push at a contact, with the rotation of the palm."""

    contact: Contact
    direction: Array  # (2,), of the motion of the hand
    length: float  # m
    rotation: Array  # (3, 3)


class PushSkill:
    """Skill that pushes an object to a goal on the surface."""

    def __init__(self, inputs: ExpertInputs, controller: ArmController, thing: str, goal: PushGoal) -> None:
        self._thing, self._goal = thing, goal
        self._hand = SurfaceHand(inputs, controller)
        self._contacts: Contacts | None = None

    def reset(self) -> None:
        """Begin an episode with its own object."""
        self._hand.reset()
        self._contacts = None

    def compute_action(self, state: State) -> Array:
        """Come down behind the best contact and push; raise the hand at the goal."""
        if self._goal.is_reached(state, self._thing):
            return self._hand.withdraw(state)
        if self._contacts is None:
            footprint = state.object_shapes[self._thing].footprint
            self._contacts = list_contacts(footprint, self._hand.profile, GAP)
        push = self._choose(state, self._contacts)
        if self._hand.is_behind(state, push.contact):
            return self._advance(state, push)
        return self._hand.approach(state, push.contact, push.rotation)

    def _advance(self, state: State, push: _Push) -> Array:
        """Close the gap along the normal, or push, slower the less remains."""
        touches = state.touch("hand", self._thing).mean > 0.0
        rest = push.length if touches else max(0.0, self._hand.compute_gap(state, push.contact))
        length = min(_MAX_PUSH, max(_MIN_PUSH, _SLOWING * rest))
        if touches:
            return self._hand.advance(state, length * push.direction, push.rotation)
        normal = push.contact.normal
        back = -0.5 * self._hand.compute_aside(state, push.contact) * np.array([-normal[1], normal[0]])
        return self._hand.advance(state, length * normal + back, push.rotation)

    def _choose(self, state: State, contacts: Contacts) -> _Push:
        """Choose the contact within reach that brings the object nearest to its goal."""
        centres, yaws = predict_poses(contacts, state, self._thing, _LENGTHS)
        errors = self._goal.compute_errors(state, self._thing, centres, yaws)
        best = errors.argmin(axis=1)
        present = self._goal.compute_errors(state, self._thing, *_read_pose(state, self._thing))
        gains = 1.0 - errors.min(axis=1) / max(float(present[0]), 1e-6)
        turn = rotate(vectors.compute_yaw(state.frames[self._thing].rotation))
        points = np.array(state.position(self._thing)[:2]) + contacts.points @ turn.T
        normals, directions = contacts.normals @ turn.T, contacts.directions @ turn.T
        starts = points - (self._hand.profile.depth + GAP) * normals
        ways = np.linalg.norm(starts - self._hand.compute_centre(state)[:2], axis=1)
        scores = gains - _TRAVEL_COST * ways
        for index in np.flatnonzero(gains > _MIN_GAIN):
            if self._hand.is_behind(state, Contact(points[index], normals[index])):
                scores[index] = gains[index] + _BONUS
        options: dict[tuple[float, ...], tuple[float, _Push]] = {}
        for index in np.argsort(-scores):
            key = tuple(contacts.points[index].tolist())
            if key in options:
                continue
            contact = Contact(points[index], normals[index])
            rotation, error = self._hand.find_rotation(state, contact)
            options[key] = error, _Push(contact, directions[index], float(_LENGTHS[best[index]]), rotation)
            if error < _MAX_ERROR or len(options) == _TRIALS:
                break
        return min(options.values(), key=lambda option: option[0])[1]


def _read_pose(state: State, thing: str) -> tuple[Array, Array]:
    """Read the centroid (1, 2) and the yaw (1,) of an object."""
    yaw = vectors.compute_yaw(state.frames[thing].rotation)
    centroid = compute_centroid(state.object_shapes[thing].footprint)
    return (np.array(state.position(thing)[:2]) + rotate(yaw) @ centroid)[None], np.array([yaw])
