"""Striking skill of the scripted expert: accelerate an object so that it slides to a place out of reach."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.inputs import Array, ExpertInputs
from mygym_lite.experts.push_planning import rotate
from mygym_lite.experts.surface_hand import Contact, SurfaceHand
from mygym_lite.terms import Thing, relations, vectors
from mygym_lite.terms.registry import RegionName

_ACCELERATION = 2.5  # m/s²; the object must stay in contact
_APPROACH_SPEED = 0.12  # m/s until the hand touches
_RELEASE_SHARE = 0.96  # share of the release speed at which the hand stops
_MOVING = 0.03  # m/s; slower objects lie still
_LAG_SHARE = 0.2  # share of the time constant of the servos by which a command leads
_STEERING = 0.5  # share of the offset from the line per action
_COUNTER_TIME = 0.1  # s; the hand moves to the side that the object drifts to, by the way of this time
_MAX_ERROR = 0.005  # m of pose error of a contact within reach
_SEPARATION = 0.02  # m between the hand and an object that has left it


class StrikeSkill:
    """Skill that strikes an object once, towards the middle of a region.

    An object of friction coefficient mu needs the speed sqrt(2 mu g d) to slide a distance d. The hand accelerates
    until the object is that fast at its present place, whatever the distance covered so far.
    """

    def __init__(self, inputs: ExpertInputs, controller: ArmController, thing: str, region: str) -> None:
        self._inputs, self._controller, self._thing, self._region = inputs, controller, thing, region
        self._hand = SurfaceHand(inputs, controller)

    def reset(self) -> None:
        """Begin an episode with its own friction."""
        self._hand.reset()
        task = self._inputs.episode_task()
        friction = task.objects[self._thing].friction, task.workspace.friction
        self._deceleration = float(np.prod([value for value in friction if value is not None]))
        self._deceleration *= math.hypot(*task.physics.gravity)
        self._period = 1.0 / task.episode.control_hz
        self._lead = self._period + _LAG_SHARE * task.robot.time_constant

    def compute_action(self, state: State) -> Array:
        """Come down behind the object, accelerate it, and stop."""
        contact = self._find_contact(state)
        speed = float(np.array(state.motions[self._thing].linear[:2]) @ contact.normal)
        has_left = self._hand.compute_gap(state, contact) > _SEPARATION and abs(speed) > _MOVING
        if has_left or relations.inside(state, Thing(self._thing), RegionName(self._region)):
            return self._hand.withdraw(state)
        rotation, error = self._hand.find_rotation(state, contact)
        if error > _MAX_ERROR:
            return self._hand.withdraw(state)
        if not self._hand.is_behind(state, contact):
            return self._hand.approach(state, contact, rotation)
        return self._accelerate(state, contact, speed, rotation)

    def _find_contact(self, state: State) -> Contact:
        """Find the point of the object opposite to the middle of the region."""
        position = np.array(state.position(self._thing)[:2])
        offset = np.array(state.position(self._region)[:2]) - position
        normal = offset / max(float(np.linalg.norm(offset)), 1e-9)
        turn = rotate(vectors.compute_yaw(state.frames[self._thing].rotation))
        corners = np.concatenate(state.object_shapes[self._thing].footprint.polygons) @ turn.T
        return Contact(position + float(np.min(corners @ normal)) * normal, normal)

    def _accelerate(self, state: State, contact: Contact, speed: float, rotation: Array) -> Array:
        """Move faster by one step of acceleration, at most as fast as the rest of the way needs."""
        distance = math.dist(state.position(self._thing)[:2], state.position(self._region)[:2])
        if speed > _RELEASE_SHARE * self._compute_release_speed(distance):
            return self._hand.advance(state, np.zeros(2), rotation)
        if state.touch("hand", self._thing).mean == 0.0 and speed < _MOVING:
            faster = _APPROACH_SPEED
        else:
            faster = max(speed, _APPROACH_SPEED) + _ACCELERATION * self._period
        needed = self._compute_release_speed(max(0.0, distance - faster * self._period))
        across = np.array([-contact.normal[1], contact.normal[0]])
        drift = float(np.array(state.motions[self._thing].linear[:2]) @ across)
        aside = self._hand.compute_aside(state, contact) - _COUNTER_TIME * drift
        step = min(faster, needed) * self._lead * contact.normal - _STEERING * aside * across
        return self._hand.advance(state, step, rotation)

    def _compute_release_speed(self, distance: float) -> float:
        """Compute the speed at which an object slides a distance, m/s."""
        return math.sqrt(2.0 * self._deceleration * distance)
