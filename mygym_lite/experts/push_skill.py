"""Pushing skill of the scripted expert: move an object along the surface, without lifting it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.robot import load_robot
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.hand_profile import HandProfile, compute_hand_centre, find_rotation, select_profile, solve_hand
from mygym_lite.experts.inputs import Array, ExpertInputs
from mygym_lite.experts.push_goals import PushGoal
from mygym_lite.experts.push_planning import GAP, Contacts, list_contacts, predict_poses, rotate
from mygym_lite.terms import relations, vectors

PUSH_HEIGHT = 0.025  # m from the surface to the palm frame; the fingertips clear it by 1 cm
_LENGTHS = np.array([0.002, 0.004, 0.007, 0.011, 0.016, 0.024, 0.035, 0.05, 0.075, 0.11, 0.16])  # m, of pushes to choose from
_TRAVEL_CLEARANCE = 0.03  # m between fingertips and the tops that they pass
_TIP = 0.015  # m from the palm frame to the fingertips
_MAX_STEP = 0.04  # m per action, beside the object
_MAX_DESCENT = 0.025  # m per action
_MAX_PUSH = 0.012  # m per action
_MIN_PUSH = 0.003  # m per action; the hand has to overcome friction
_ENGAGED_ASIDE = 0.012  # m off the line of a push
_ENGAGED_BONUS = 0.15  # share of the error; a new contact takes time
_TRAVEL_COST = 0.3  # share of the error per m
_MIN_GAIN = 0.02  # share of the error; below, a push has done its work
_ALIGNED = 0.15  # rad up to which the hand comes down
_CLOSED = 0.95  # closure from which no finger reaches lower than the others
_ABOVE = 0.012  # m from the place where the hand comes down
_MAX_ERROR = 0.005  # m of pose error of a contact within reach
_MAX_SAG = 0.02  # m by which the hand may dip on its way
_MAX_TURN = 0.8  # rad of a joint beside an object
_SAFE_HEIGHT = 0.18  # m above the surface, for changes of posture
_TRIALS = 12  # contacts to try for reach


@dataclass(frozen=True)
class _Push:
    """A contact in the world frame."""

    point: Array  # (2,), m
    normal: Array  # (2,)
    direction: Array  # (2,)
    length: float  # m
    gain: float  # share of the error


class PushSkill:
    """Skill that pushes an object to a goal on the surface."""

    def __init__(self, inputs: ExpertInputs, controller: ArmController, thing: str, goal: PushGoal) -> None:
        self._inputs, self._controller, self._thing, self._goal = inputs, controller, thing, goal
        self._profile = select_profile(next(iter(load_robot(inputs.task.robot.model).arms.values())).hand)
        self._contacts: Contacts | None = None

    def reset(self) -> None:
        """Begin an episode with its own object."""
        self._contacts = None
        self._surface = self._inputs.episode_task().workspace.height

    def compute_action(self, state: State) -> Array:
        """Rise, cross, and come down behind the best contact, then push; raise the hand at the goal."""
        if self._goal.is_reached(state, self._thing):
            return self._raise(state, self._compute_travel_height(state) + 0.05)
        if self._contacts is None:
            self._contacts = list_contacts(state.object_shapes[self._thing].footprint, self._profile)
        push, rotation = self._choose(state, self._contacts)
        hand = compute_hand_centre(state, self._profile)
        along, aside = _split(hand[:2] - push.point, push.normal)
        low = self._surface + PUSH_HEIGHT
        if self._is_engaged(state, push):
            return self._advance(state, push, along, aside, rotation)
        start = push.point - (self._profile.depth + GAP) * push.normal
        offset = start - hand[:2]
        distance = float(np.linalg.norm(offset))
        travel = self._compute_travel_height(state)
        is_ready = state.closure[0] > _CLOSED and _compute_angle(state, rotation) < _ALIGNED
        if distance < _ABOVE and is_ready:
            return self._follow(state, np.array([*start, max(low, hand[2] - _MAX_DESCENT)]), rotation)
        if hand[2] < travel - 0.015:
            return self._raise(state, travel)
        return self._cross(state, np.array([*start, travel]), rotation)

    def _advance(self, state: State, push: _Push, along: float, aside: float, rotation: Array) -> Array:
        """Push along the direction, slower the less remains, and return to the line."""
        hand = compute_hand_centre(state, self._profile)
        gap = max(0.0, -along - self._profile.depth)
        touches = state.touch("hand", self._thing).mean > 0.0
        step = push.length if touches else max(gap, _MIN_PUSH)
        step = min(_MAX_PUSH, max(_MIN_PUSH, 0.7 * step))
        ahead = step * (push.direction if touches else push.normal)
        across = np.array([-push.normal[1], push.normal[0]])
        if not touches:
            ahead = ahead - 0.5 * aside * across
        return self._follow(state, np.array([*(hand[:2] + ahead), self._surface + PUSH_HEIGHT]), rotation)

    def _choose(self, state: State, contacts: Contacts) -> tuple[_Push, Array]:
        """Choose the contact within reach that brings the object nearest to its goal."""
        centres, yaws = predict_poses(contacts, state, self._thing, _LENGTHS)
        now = self._goal.compute_errors(state, self._thing, *_present(state, self._thing, contacts))[0, 0]
        errors = self._goal.compute_errors(state, self._thing, centres, yaws)
        best = errors.argmin(axis=1)
        gains = 1.0 - errors[np.arange(len(best)), best] / max(now, 1e-6)
        turn = rotate(vectors.compute_yaw(state.frames[self._thing].rotation))
        points = np.array(state.position(self._thing)[:2]) + contacts.points @ turn.T
        normals, directions = contacts.normals @ turn.T, contacts.directions @ turn.T
        hand = compute_hand_centre(state, self._profile)
        starts = points - (self._profile.depth + GAP) * normals
        scores = gains - _TRAVEL_COST * np.linalg.norm(starts - hand[:2], axis=1)
        for index in np.flatnonzero(gains > _MIN_GAIN):
            push = _Push(points[index], normals[index], directions[index], 0.0, 0.0)
            if self._is_engaged(state, push):
                scores[index] = gains[index] + _ENGAGED_BONUS
        chosen: tuple[_Push, Array] | None = None
        lowest, tried = math.inf, set()
        for index in np.argsort(-scores):
            if len(tried) >= _TRIALS:
                break
            if (key := tuple(contacts.points[index])) in tried:
                continue
            tried.add(key)
            push = _Push(points[index], normals[index], directions[index], _LENGTHS[best[index]], gains[index])
            rotation, error = self._find_rotation(state, push)
            if error < lowest:
                chosen, lowest = (push, rotation), error
            if error < _MAX_ERROR:
                break
        assert chosen is not None
        return chosen

    def _find_rotation(self, state: State, push: _Push) -> tuple[Array, float]:
        """Find a rotation of the palm for the contact, its start and the place above that, and the pose error."""
        above = self._compute_travel_height(state)
        start = push.point - (self._profile.depth + GAP) * push.normal
        places = [
            np.array([*(push.point - self._profile.depth * push.normal), self._surface + PUSH_HEIGHT]),
            np.array([*start, self._surface + PUSH_HEIGHT]),
            np.array([*start, above]),
        ]
        angle = math.atan2(push.normal[1], push.normal[0])
        return find_rotation(self._controller, state, self._profile, places, angle)

    def _is_engaged(self, state: State, push: _Push) -> bool:
        """Return True if the hand is down and close behind a contact."""
        hand = compute_hand_centre(state, self._profile)
        along, aside = _split(hand[:2] - push.point, push.normal)
        behind = -along - self._profile.depth
        is_low = hand[2] < self._surface + PUSH_HEIGHT + 0.012
        return is_low and abs(aside) < _ENGAGED_ASIDE and -0.02 < behind < GAP + 0.012

    def _compute_travel_height(self, state: State) -> float:
        tops = [
            state.position(name)[2] + relations.compute_half_height(state, name) for name in state.object_shapes
        ]
        return max(tops) + _TIP + _TRAVEL_CLEARANCE

    def _raise(self, state: State, height: float) -> Array:
        """Raise the hand straight up, at most to a height."""
        hand = compute_hand_centre(state, self._profile)
        rotation = rotation_from_quaternion(state.frames["palm"].rotation)
        return self._follow(state, np.array([*hand[:2], min(height, hand[2] + _MAX_STEP)]), rotation)

    def _follow(self, state: State, centre: Array, rotation: Array) -> Array:
        """Move the hand by a small step, near its present posture."""
        palm = centre - self._profile.centre * rotation[:, 0]
        start = self._controller.compute_joint_targets(state)
        joints, error = self._controller.solve_ik(start, palm, rotation, 20)
        if error > 2 * REACH_TOLERANCE:
            other, error = solve_hand(self._controller, self._profile, centre, rotation)
            is_near = error < 2 * REACH_TOLERANCE and np.max(np.abs(other - start)) < _MAX_TURN
            joints = other if is_near else self._controller.solve_ik(start, palm, None, 20)[0]
        return self._controller.compute_action(state, joints, 1.0)

    def _cross(self, state: State, centre: Array, rotation: Array) -> Array:
        """Move to a place above the objects, or raise the hand if it would dip too low on the way."""
        joints, _ = solve_hand(self._controller, self._profile, centre, rotation)
        present = self._controller.get_joint_positions(state)
        kinematics, still = self._controller.kinematics, np.zeros(len(joints))
        path = [present + share * (joints - present) for share in (0.2, 0.4, 0.6, 0.8)]
        heights = [kinematics.compute_pose_and_motion(point, still)[0].position[2] for point in path]
        height = compute_hand_centre(state, self._profile)[2]
        if min(heights) < min(height, centre[2]) - _MAX_SAG and height < self._surface + _SAFE_HEIGHT:
            return self._raise(state, self._surface + _SAFE_HEIGHT + _MAX_STEP)
        return self._controller.compute_action(state, joints, 1.0)


def _present(state: State, thing: str, contacts: Contacts) -> tuple[Array, Array]:
    yaw = vectors.compute_yaw(state.frames[thing].rotation)
    centre = np.array(state.position(thing)[:2]) + rotate(yaw) @ contacts.centroid
    return centre[None, None], np.array([[yaw]])


def _split(offset: Array, direction: Array) -> tuple[float, float]:
    """Split an offset into its parts along and across a direction, m."""
    along = float(offset @ direction)
    return along, float(direction[0] * offset[1] - direction[1] * offset[0])


def _compute_angle(state: State, rotation: Array) -> float:
    difference = rotation_from_quaternion(state.frames["palm"].rotation).T @ rotation
    return math.acos(min(1.0, max(-1.0, 0.5 * (float(np.trace(difference)) - 1.0))))
