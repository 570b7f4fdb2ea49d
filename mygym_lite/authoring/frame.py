"""Rigid frames of shapes, joints and links in their parents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mygym_lite.config.rotation import Array, Vector, rotation_from_rpy, rotation_from_vector

MIRROR = np.diag([1.0, -1.0, 1.0])
"""The reflection y -> -y that turns a right limb into a left one."""


@dataclass(frozen=True)
class Frame:
    """A position in metres and a rotation matrix, relative to a parent frame."""

    position: Array
    rotation: Array

    @classmethod
    def at(cls, x: float = 0.0, y: float = 0.0, z: float = 0.0, rpy: Vector = (0.0, 0.0, 0.0)) -> Frame:
        """Return a frame from position, m, and roll, pitch, yaw, rad."""
        return cls(np.array([x, y, z], dtype=np.float64), rotation_from_rpy(rpy))

    def __matmul__(self, inner: Frame) -> Frame:
        """Return `inner`, given in this frame, in the parent of this frame."""
        return Frame(self.position + self.rotation @ inner.position, np.asarray(self.rotation @ inner.rotation))

    def mirror(self) -> Frame:
        """Return the frame mirrored to the other side of the body."""
        return Frame(MIRROR @ self.position, np.asarray(MIRROR @ self.rotation @ MIRROR))

    def rotate(self, axis: Vector, angle: float) -> Frame:
        """Return the frame rotated by a joint at its origin, rad."""
        return Frame(self.position, np.asarray(self.rotation @ rotation_from_vector(angle * np.array(axis))))

    @property
    def rpy(self) -> Vector:
        """Roll, pitch, yaw of URDF, rad."""
        r = self.rotation
        pitch = float(np.arctan2(-r[2, 0], np.hypot(r[0, 0], r[1, 0])))
        return float(np.arctan2(r[2, 1], r[2, 2])), pitch, float(np.arctan2(r[1, 0], r[0, 0]))


ORIGIN = Frame.at()
"""Identity frame."""
