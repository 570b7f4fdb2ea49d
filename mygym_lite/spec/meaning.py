"""Fields that would do nothing where they stand: a wall has no weight, and a camera on the hand has no orbit."""

from __future__ import annotations

from typing import Any

from mygym_lite.spec.scenery import Camera
from mygym_lite.spec.task import Placed, RobotUse

_OF_STANDING_CAMERAS = ("orbit", "distance")
_OF_LOOSE_OBJECTS = ("mass", "inertia")
WITHOUT_TARGETS = ("joint_velocity", "joint_torque")


def why_meaningless(node: Any, name: str) -> str | None:
    """Why a field of this camera, object or robot would do nothing; None where it does something."""
    if isinstance(node, Camera) and node.mount is not None and name in _OF_STANDING_CAMERAS:
        return f"a camera on '{node.mount}' moves with it and has no '{name}'; use position and turn instead"
    if isinstance(node, Placed) and node.fixed and name in _OF_LOOSE_OBJECTS:
        return f"what is fixed stands like a wall, whatever its {name}; make it loose or leave it out"
    if isinstance(node, RobotUse) and name == "backlash" and node.control in WITHOUT_TARGETS:
        return f"control '{node.control}' has no target positions that a play could hold back; use another control"
    return None
