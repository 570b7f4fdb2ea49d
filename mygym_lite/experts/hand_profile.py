"""Profile of a closed hand that points down: the part that pushes objects along a surface."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.robot_tables import HandModel
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.cost_search import find_cheapest
from mygym_lite.experts.inputs import Array
from mygym_lite.experts.palm_rotations import compute_heading, compute_palm_rotation

_DEVIATIONS = (0.0, 0.2, -0.2, 0.4, -0.4, 0.7, -0.7)  # rad from the exact alignment
_TURN_COST = 0.5  # per rad from the present heading
_DETOUR_COST = 0.3  # per rad of the joint that has to move most
_ERROR_COST = 300.0  # per m of pose error
_JOINT_MARGIN = 0.15  # rad from a joint to its limit
_LIMIT_COST = 0.05  # m per rad that is missing
_GOOD_COST = 0.25  # cost at which no other rotation is tried


@dataclass(frozen=True)
class HandProfile:
    """Cross-section of a closed hand near the fingertips, long in the direction of the push."""

    depth: float
    """Distance from its centre to the face that pushes, m."""
    half_width: float
    """Half the width of that face, m."""
    centre: float
    """Offset of its centre along the x axis of the palm frame, m."""
    turn: float
    """Angle from the push direction to the x axis of the palm frame, rad; half a turn more is as good."""
    slope: float
    """Angle of that face from the approach axis, rad; a hand tilted by it does not press objects down."""
    lead: float
    """Distance from its centre to the centre of the finger that leads, m."""


# fingers side by side, one of which leads
_FIST = HandProfile(depth=0.038, half_width=0.018, centre=-0.006, turn=0.5 * math.pi, slope=0.0, lead=0.026)
# two fingers, one behind the other
_GRIPPER = HandProfile(depth=0.018, half_width=0.012, centre=0.0, turn=0.0, slope=0.3, lead=0.009)


def select_profile(hand: HandModel | None) -> HandProfile:
    """Select the profile of a hand by its number of digits."""
    return _GRIPPER if hand is None or len(hand.digits) <= 2 else _FIST


def compute_hand_centre(state: State, profile: HandProfile, normal: Array | None = None) -> Array:
    """Compute the centre of the pushing part of the hand, m; see ``compute_offset``."""
    palm = state.frames["palm"]
    return np.array(palm.position) + compute_offset(profile, rotation_from_quaternion(palm.rotation), normal)


def compute_offset(profile: HandProfile, rotation: Array, normal: Array | None) -> Array:
    """Compute the offset of the centre of the pushing part from the palm, (3,), m.

    A hand that is not aligned with the normal of a contact, (2,), touches with the finger that leads. The centre is
    then behind that finger, along the normal, so that a hand whose centre is on the line touches there.
    """
    offset: Array = profile.centre * rotation[:, 0]
    if normal is None:
        return offset
    into = np.array([*normal, 0.0])
    axis = rotation[:, 1] if profile.turn else rotation[:, 0]
    offset += profile.lead * (math.copysign(1.0, float(axis @ into)) * axis - into)
    return offset


def find_rotation(
    controller: ArmController, state: State, profile: HandProfile, places: Sequence[Array], normal: Array
) -> tuple[Array, float]:
    """Find a rotation of the palm for a push, within reach, and its largest pose error.

    Args:
        controller: Controller of the arm.
        state: Present state.
        profile: Profile of the hand.
        places: Centres of the hand during the push, m.
        normal: Direction into the object in the horizontal plane, (2,).
    """
    if not controller.controls_rotation:
        rotation = rotation_from_quaternion(state.frames["palm"].rotation)
        return rotation, max(solve_hand(controller, profile, place, rotation, normal)[1] for place in places)
    present = compute_heading(rotation_from_quaternion(state.frames["palm"].rotation))
    angle = math.atan2(normal[1], normal[0])
    options = [(dev, angle + profile.turn + half + dev) for half in (0.0, math.pi) for dev in _DEVIATIONS]
    options.sort(key=lambda option: abs(option[0]) + _TURN_COST * abs(wrap_angle(option[1] - present)))
    joints = controller.get_joint_positions(state)

    def evaluate(deviation: float, heading: float) -> tuple[float, tuple[Array, float]]:
        rotation = compute_palm_rotation(heading, profile.slope * math.cos(heading - angle))
        solutions = [solve_hand(controller, profile, place, rotation, normal) for place in places]
        error = max(solution[1] for solution in solutions)
        detour = float(np.max(np.abs(solutions[0][0] - joints)))
        cost = abs(deviation) + _DETOUR_COST * detour + _ERROR_COST * max(0.0, error - REACH_TOLERANCE)
        return cost, (rotation, error)

    return find_cheapest((evaluate(*option) for option in options), _GOOD_COST)[1]


def solve_hand(
    controller: ArmController, profile: HandProfile, centre: Array, rotation: Array, normal: Array
) -> tuple[Array, float]:
    """Solve for the joints of a hand centre, and return them with the pose error, m; joints near limits add to it.

    The solver always starts from the home posture, so that the solution changes little on the way. At its limits, the
    arm leans against the body.
    """
    palm = centre - compute_offset(profile, rotation, normal)
    joints, error = controller.solve_ik(controller.start_postures[0], palm, rotation)
    kinematics = controller.kinematics
    margin = float(np.min(np.minimum(joints - kinematics.lower, kinematics.upper - joints)))
    return joints, error + _LIMIT_COST * max(0.0, _JOINT_MARGIN - margin)


def wrap_angle(angle: float) -> float:
    """Wrap an angle to -pi to pi."""
    return math.remainder(angle, 2.0 * math.pi)
