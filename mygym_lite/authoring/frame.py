"""Rigid frames for authoring: where a shape, joint or link sits in its parent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MIRROR = np.diag([1.0, -1.0, 1.0])
"""The reflection y -> -y that turns a right limb into a left one."""


def rotation_about(axis: tuple[float, float, float], angle: float) -> Array:
    """Rotation matrix of `angle` radians about a unit axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross)


def rotation_from_rpy(roll: float, pitch: float, yaw: float) -> Array:
    """Rotation matrix of URDF's fixed-axis roll, pitch, yaw in radians."""
    return np.asarray(
        rotation_about((0, 0, 1), yaw) @ rotation_about((0, 1, 0), pitch) @ rotation_about((1, 0, 0), roll)
    )


@dataclass(frozen=True)
class Frame:
    """A position in metres and a rotation matrix, relative to a parent frame."""

    position: Array
    rotation: Array

    @classmethod
    def at(cls, x: float = 0.0, y: float = 0.0, z: float = 0.0, rpy: tuple[float, float, float] = (0, 0, 0)) -> Frame:
        """A frame at a point, turned by roll, pitch, yaw."""
        return cls(np.array([x, y, z], dtype=np.float64), rotation_from_rpy(*rpy))

    def __matmul__(self, inner: Frame) -> Frame:
        """The frame `inner`, given in this frame, in this frame's parent."""
        return Frame(self.position + self.rotation @ inner.position, np.asarray(self.rotation @ inner.rotation))

    def mirror(self) -> Frame:
        """The same frame on the other side of the body."""
        return Frame(MIRROR @ self.position, np.asarray(MIRROR @ self.rotation @ MIRROR))

    def rotate(self, axis: tuple[float, float, float], angle: float) -> Frame:
        """The frame after a joint at its origin has turned."""
        return Frame(self.position, np.asarray(self.rotation @ rotation_about(axis, angle)))

    @property
    def rpy(self) -> tuple[float, float, float]:
        """Roll, pitch, yaw in radians, as URDF wants them."""
        r = self.rotation
        pitch = float(np.arctan2(-r[2, 0], np.hypot(r[0, 0], r[1, 0])))
        return float(np.arctan2(r[2, 1], r[2, 2])), pitch, float(np.arctan2(r[1, 0], r[0, 0]))


ORIGIN = Frame.at()
"""No displacement and no turn."""
