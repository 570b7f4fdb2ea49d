"""Forward kinematics of all links of a robot; three times as fast as reading them from PyBullet."""

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
def compute_link_poses(parents, joints, values, value_indices, base, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Fill ``out`` (n, 7) with position and quaternion (x, y, z, w) of each link; parents precede their children.

    A row of ``joints`` holds a joint's origin (3), orientation (4), axis (3) and type: 1 revolute, 2 prismatic, 0
    fixed. ``value_indices`` holds the index of its position in ``values``.
    """
    for i in range(len(parents)):
        frame = base if parents[i] < 0 else out[parents[i]]
        joint = joints[i]
        qx, qy, qz, qw = frame[3], frame[4], frame[5], frame[6]
        x, y, z = joint[0], joint[1], joint[2]
        bx, by, bz, bw = joint[3], joint[4], joint[5], joint[6]
        if joint[10] == 2.0:
            # translate along the axis, given in the joint frame
            q = values[value_indices[i]]
            ax, ay, az = joint[7], joint[8], joint[9]
            tx, ty, tz = 2.0 * (by * az - bz * ay), 2.0 * (bz * ax - bx * az), 2.0 * (bx * ay - by * ax)
            x += q * (ax + bw * tx + by * tz - bz * ty)
            y += q * (ay + bw * ty + bz * tx - bx * tz)
            z += q * (az + bw * tz + bx * ty - by * tx)
        elif joint[10] == 1.0:
            half = 0.5 * values[value_indices[i]]
            s, cw = math.sin(half), math.cos(half)
            cx, cy, cz = s * joint[7], s * joint[8], s * joint[9]
            bx, by, bz, bw = (
                bw * cx + bx * cw + by * cz - bz * cy,
                bw * cy - bx * cz + by * cw + bz * cx,
                bw * cz + bx * cy - by * cx + bz * cw,
                bw * cw - bx * cx - by * cy - bz * cz,
            )
        tx, ty, tz = 2.0 * (qy * z - qz * y), 2.0 * (qz * x - qx * z), 2.0 * (qx * y - qy * x)
        out[i, 0] = frame[0] + x + qw * tx + qy * tz - qz * ty
        out[i, 1] = frame[1] + y + qw * ty + qz * tx - qx * tz
        out[i, 2] = frame[2] + z + qw * tz + qx * ty - qy * tx
        out[i, 3] = qw * bx + qx * bw + qy * bz - qz * by
        out[i, 4] = qw * by - qx * bz + qy * bw + qz * bx
        out[i, 5] = qw * bz + qx * by - qy * bx + qz * bw
        out[i, 6] = qw * bw - qx * bx - qy * by - qz * bz


class LinkPoses:
    """Kinematic tree of a robot, packed into arrays."""

    def __init__(self, robot: RobotModel, joints: list[str]) -> None:
        """Pack the tree; ``joints`` names the moving joints in the order of their values, others stay at zero."""
        tree = robot.tree
        ordered = sorted(tree.links, key=lambda link: len(tree.list_joints_to(link)))  # parents before children
        rows = {link: row for row, link in enumerate(ordered)}
        parent_joints = [tree.parent_joints.get(link) for link in ordered]
        self._output_rows = np.array([rows[link] for link in tree.links])
        self._parents = np.array([_ROOT if joint is None else rows[joint.parent] for joint in parent_joints])
        self._joints = np.array([_pack_joint(joint, joints) for joint in parent_joints])
        self._value_indices = np.array(
            [joints.index(j.name) if j is not None and j.name in joints else 0 for j in parent_joints]
        )
        self._base = np.array([*robot.position, *quaternion_from_rpy((0.0, 0.0, robot.yaw))])
        self._out = np.empty((len(ordered), 7))

    def fill(self, values: Array, out: Array) -> None:
        """Write position, m, and quaternion (x, y, z, w) of each link into ``out`` (n, 7), in the order of the URDF."""
        compute_link_poses(self._parents, self._joints, values, self._value_indices, self._base, self._out)
        np.take(self._out, self._output_rows, axis=0, out=out)


def _pack_joint(joint: Joint | None, names: list[str]) -> list[float]:
    """Pack a joint for the kernel; the base link has none and stays at the pose of the robot."""
    if joint is None:
        return [0.0] * 6 + [1.0] + [0.0] * 4
    moves = (2.0 if joint.kind == "prismatic" else 1.0) if joint.name in names else 0.0
    return [*joint.position, *quaternion_from_rpy(joint.rpy), *joint.axis, moves]
