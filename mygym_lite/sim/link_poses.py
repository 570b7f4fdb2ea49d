"""Where every link of a robot is, from its joint positions alone.

The engine tells it too, but hands each link over as a dozen Python objects, which takes three times as long.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.robot import RobotModel
from mygym_lite.config.rotation import quaternion_from_rpy
from mygym_lite.config.urdf import Joint
from mygym_lite.jit import kernel

Array = NDArray[np.float64]
_ROOT = -1


@kernel
def compute_link_poses(parents, joints, values, value_of, base, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Fill ``out`` (n, 7) with position and quaternion (x, y, z, w) of each link; carriers come before the carried.

    A row of ``joints`` holds a joint's origin (3), its orientation (4), its axis (3), and whether it turns (1), slides
    (2) or stands still (0); ``value_of`` says which of ``values`` moves it.
    """
    for i in range(len(parents)):
        frame = base if parents[i] < 0 else out[parents[i]]
        joint = joints[i]
        qx, qy, qz, qw = frame[3], frame[4], frame[5], frame[6]
        x, y, z = joint[0], joint[1], joint[2]
        bx, by, bz, bw = joint[3], joint[4], joint[5], joint[6]
        if joint[10] == 2.0:
            # along the axis, which is given in the frame of the joint
            q = values[value_of[i]]
            ax, ay, az = joint[7], joint[8], joint[9]
            tx, ty, tz = 2.0 * (by * az - bz * ay), 2.0 * (bz * ax - bx * az), 2.0 * (bx * ay - by * ax)
            x += q * (ax + bw * tx + by * tz - bz * ty)
            y += q * (ay + bw * ty + bz * tx - bx * tz)
            z += q * (az + bw * tz + bx * ty - by * tx)
        elif joint[10] == 1.0:
            half = 0.5 * values[value_of[i]]
            s, cw = math.sin(half), math.cos(half)
            cx, cy, cz = s * joint[7], s * joint[8], s * joint[9]
            bx, by, bz, bw = (
                bw * cx + bx * cw + by * cz - bz * cy, bw * cy - bx * cz + by * cw + bz * cx,
                bw * cz + bx * cy - by * cx + bz * cw, bw * cw - bx * cx - by * cy - bz * cz,
            )  # fmt: skip
        tx, ty, tz = 2.0 * (qy * z - qz * y), 2.0 * (qz * x - qx * z), 2.0 * (qx * y - qy * x)
        out[i, 0] = frame[0] + x + qw * tx + qy * tz - qz * ty
        out[i, 1] = frame[1] + y + qw * ty + qz * tx - qx * tz
        out[i, 2] = frame[2] + z + qw * tz + qx * ty - qy * tx
        out[i, 3] = qw * bx + qx * bw + qy * bz - qz * by
        out[i, 4] = qw * by - qx * bz + qy * bw + qz * bx
        out[i, 5] = qw * bz + qx * by - qy * bx + qz * bw
        out[i, 6] = qw * bw - qx * bx - qy * by - qz * bz


class LinkPoses:
    """The tree of a robot's links as arrays."""

    def __init__(self, robot: RobotModel, joints: list[str]) -> None:
        """Take the names of the joints in the order in which their positions will be given; others stay at zero."""
        tree = robot.tree
        ordered = sorted(tree.links, key=lambda link: len(tree.list_joints_to(link)))  # carriers before the carried
        rows = {link: row for row, link in enumerate(ordered)}
        above = [tree.parent_joints.get(link) for link in ordered]
        self._places = np.array([rows[link] for link in tree.links])
        self._parents = np.array([_ROOT if joint is None else rows[joint.parent] for joint in above])
        self._joints = np.array([_row(joint, joints) for joint in above])
        self._which = np.array([joints.index(j.name) if j is not None and j.name in joints else 0 for j in above])
        self._base = np.array([*robot.position, *quaternion_from_rpy((0.0, 0.0, robot.yaw))])
        self._out = np.empty((len(ordered), 7))

    def fill(self, values: Array, out: Array) -> None:
        """Write position, m, and quaternion (x, y, z, w) of each link into ``out`` (n, 7), in the order of the URDF."""
        compute_link_poses(self._parents, self._joints, values, self._which, self._base, self._out)
        np.take(self._out, self._places, axis=0, out=out)


def _row(joint: Joint | None, driven: list[str]) -> list[float]:
    """A joint for the kernel; the base link has none and stays where the robot stands."""
    if joint is None:
        return [0.0] * 6 + [1.0] + [0.0] * 4
    moves = (2.0 if joint.kind == "prismatic" else 1.0) if joint.name in driven else 0.0
    return [*joint.position, *quaternion_from_rpy(joint.rpy), *joint.axis, moves]
