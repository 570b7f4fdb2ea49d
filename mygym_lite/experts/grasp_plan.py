"""Plan of a grasp, and the motion of an object that makes one obsolete."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.state import Pose
from mygym_lite.experts.inputs import Array

_PREGRASP_DISTANCE = 0.10  # m back along the approach
_POSITION_TOLERANCE, _ANGLE_TOLERANCE = 2e-3, 0.02  # m, rad; a plan is kept while its object moves by less


@dataclass(frozen=True)
class GraspPlan:
    """Palm pose of a grasp, with joint positions for it and for the pre-grasp pose."""

    position: Array  # m
    rotation: Array  # (3, 3)
    grasp_joints: Array  # rad
    pregrasp_joints: Array  # rad
    width: float  # m, of the object between the fingers


def compute_pregrasp_position(position: Array, rotation: Array) -> Array:
    """Compute the position of the palm from which it approaches a grasp pose, m."""
    pregrasp: Array = position - _PREGRASP_DISTANCE * rotation[:, 2]
    return pregrasp


def has_moved(a: Pose, b: Pose) -> bool:
    """Return True if an object has moved too far for its plan; a settling tremble is too little."""
    return math.dist(a.position, b.position) > _POSITION_TOLERANCE or has_turned(a, b)


def has_turned(a: Pose, b: Pose, tolerance: float = _ANGLE_TOLERANCE) -> bool:
    """Return True if an object has turned by more than an angle, rad."""
    return abs(float(np.dot(a.rotation, b.rotation))) < math.cos(0.5 * tolerance)
