"""Bounds on the motion of the links: shapes that can never meet need no test in every physics step."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.robot import RobotModel
from mygym_lite.config.rotation import rotation_from_rpy


def compute_lowest_height(robot: RobotModel, link: str, radius: float) -> float:
    """Compute a height, m, that no point of a link can get below, whatever the joints do.

    The first moving joint stays where it is: a link gets lower by the lengths of the joints that follow, at most.

    Args:
        robot: Robot of the link.
        link: Name of the link.
        radius: Distance of the farthest point of the link from its frame, m.
    """
    position, rotation = np.array(robot.position), rotation_from_rpy((0.0, 0.0, robot.yaw))
    reach, is_moving = radius, False
    for joint in robot.tree.list_joints_to(link):
        if is_moving:
            reach += math.hypot(*joint.position)
        else:
            position = position + rotation @ joint.position
            rotation = rotation @ rotation_from_rpy(joint.rpy)
        if joint.kind == "prismatic":
            reach += max(abs(joint.lower), abs(joint.upper))
        is_moving = is_moving or joint.movable
    return float(position[2]) - reach
