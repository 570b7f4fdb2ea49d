"""Grip on one object: its force, and the motion that it allows."""

from __future__ import annotations

import math

from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.grip_force import MAX_FORCE, select_grip_force
from mygym_lite.experts.inputs import ExpertInputs

_TOUCH_FORCE = 0.2  # N; less is no grip
_MAX_CLOSING = 0.1  # closure per action
_MAX_OPENING = 0.01  # closure per action; a faster opening would lose a gentle grip
_ONE_SIDED_CLOSING = 0.03  # closure per action while only one side of the hand touches
_REGRIP_CLOSING = 0.006  # closure per action of a gentle grip in the air; 0.01 adds about 8 N
_LIFTED = 0.01  # m above the initial place
_GENTLE_FORCE = 16.0  # N of grip force below which the hand closes and carries at a gentle pace
_GENTLE_PACE = 0.35  # share of the usual speed
_MAX_GENTLE_SHARE = 1.4  # share of the grip force up to which a gentle grip is left as it is
_GENTLE_START = 0.002  # m by which a step with a gentle grip may exceed the one before
_FIRM_SHARE = 0.7  # share of the grip force from which the object is lifted
_HOLD_RADIUS = 0.06  # m from palm to object in which an object counts as held


class Grip:
    """Grip of the first hand on one object.

    Args:
        inputs: Inputs of the expert.
        controller: Controller of the arm.
        thing: Object.
        max_force: Largest force of thumb and fingers together, N.
    """

    def __init__(
        self, inputs: ExpertInputs, controller: ArmController, thing: str, max_force: float = MAX_FORCE
    ) -> None:
        self._controller, self._thing = controller, thing
        self._force = min(max_force, select_grip_force(inputs.task, thing))
        self._pace = _GENTLE_PACE if self._force < _GENTLE_FORCE else 1.0
        self._period = 1.0 / inputs.task.episode.control_hz

    def is_held(self, state: State) -> bool:
        """Return True if thumb and fingers both press on an object inside the hand."""
        near = math.dist(state.position("palm"), state.position(self._thing)) < _HOLD_RADIUS
        return (
            near
            and min(state.touch("thumb", self._thing).mean, state.touch("fingers", self._thing).mean) > _TOUCH_FORCE
        )

    def is_firm(self, state: State) -> bool:
        """Return True if the grip is firm enough to lift."""
        return state.touch("hand", self._thing).mean > _FIRM_SHARE * self._force

    def is_lifted(self, state: State) -> bool:
        """Return True if the object is clearly above its initial place."""
        return state.position(self._thing)[2] - state.initial_positions[self._thing][2] > _LIFTED

    def limit_step(self, state: State, longest: float) -> float:
        """Limit the step of an action, m: a gentle grip holds an object only if it speeds up slowly."""
        if self._pace == 1.0:
            return longest
        speed = math.hypot(*state.motions["palm"].linear)
        return min(self._pace * longest, speed * self._period + _GENTLE_START)

    def compute_closure(self, state: State) -> float:
        """Close until the grip force is reached, then hold it."""
        thumb, fingers = state.touch("thumb", self._thing).mean, state.touch("fingers", self._thing).mean
        force = state.touch("hand", self._thing).mean
        commanded = self._controller.compute_closure_target(state)
        if force == 0.0 and commanded > state.closure[0]:
            # do not wait at every step for delayed actions
            return min(1.0, commanded + 0.5 * self._pace * _MAX_CLOSING)
        if self._pace < 1.0 and self.is_firm(state) and force < _MAX_GENTLE_SHARE * self._force:
            return state.closure[0]  # a blocked finger lets go as soon as its target no longer leads it
        one_sided = force > 0.0 and min(thumb, fingers) < _TOUCH_FORCE
        step = self._pace * (_ONE_SIDED_CLOSING if one_sided else _MAX_CLOSING * (1.0 - force / self._force))
        if self._pace < 1.0 and not one_sided and self.is_lifted(state):
            step = min(step, _REGRIP_CLOSING)
        return min(1.0, max(0.0, state.closure[0] + max(-_MAX_OPENING, min(_MAX_CLOSING, step))))
