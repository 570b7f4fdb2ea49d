"""Kinematic chain from the base link of a robot to a frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import Quaternion, Vector, rotation_from_quaternion, rotation_from_rpy
from mygym_lite.config.urdf import Joint, Urdf

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chain:
    """Arrays for forward kinematics: joint i is at `origins[i]`, `rotations[i]` in the frame moved by joint i - 1.

    A revolute joint then rotates by q about `axes[i]`, a prismatic one translates by q along it; the tip comes last.
    """

    origins: Array  # (n, 3), m
    rotations: Array  # (n, 3, 3)
    axes: Array  # (n, 3), unit length, in the frame of the joint
    sliding: NDArray[np.bool_]  # (n,)
    tip_position: Array  # (3,), m, in the frame moved by the last joint
    tip_rotation: Array  # (3, 3)
    reach: float  # m, upper bound of the distance from the first joint to the tip


def build_chain(
    urdf: Urdf,
    joints: Sequence[str],
    tip: str,
    position: Vector = (0.0, 0.0, 0.0),
    rotation: Quaternion = (0.0, 0.0, 0.0, 1.0),
) -> Chain:
    """Build the chain from the base link to a frame in the tip link; joints not in `joints` stay at zero."""
    driven: list[tuple[Array, Joint]] = []
    gap = np.eye(4)
    for joint in urdf.list_joints_to(tip):
        gap = gap @ _build_transform(joint.position, rotation_from_rpy(joint.rpy))
        if joint.name in joints:
            driven.append((gap, joint))
            gap = np.eye(4)
    gap = gap @ _build_transform(position, rotation_from_quaternion(rotation))
    poses = np.array([pose for pose, _ in driven])
    lengths = [float(np.linalg.norm(pose[:3, 3])) for pose in (*poses[1:], gap)]
    travel = [max(abs(joint.lower), abs(joint.upper)) for _, joint in driven if joint.kind == "prismatic"]
    return Chain(
        origins=poses[:, :3, 3].copy(),
        rotations=poses[:, :3, :3].copy(),
        axes=np.array([joint.axis for _, joint in driven]),
        sliding=np.array([joint.kind == "prismatic" for _, joint in driven]),
        tip_position=gap[:3, 3].copy(),
        tip_rotation=gap[:3, :3].copy(),
        reach=math.fsum([*lengths, *travel]),
    )


def _build_transform(position: Vector, rotation: Array) -> Array:
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, position
    return pose
