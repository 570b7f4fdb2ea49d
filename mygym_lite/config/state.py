"""Ground-truth state of the simulation at one moment, the only input of observations, rewards and success."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mygym_lite.config.footprint import Footprint
from mygym_lite.config.region import RegionShape

Vec3 = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


class Pose(NamedTuple):
    """Position in metres and orientation (x, y, z, w) of a frame in the world."""

    position: Vec3
    rotation: Quaternion


class Motion(NamedTuple):
    """Linear velocity in m/s and angular velocity in rad/s, in the world frame."""

    linear: Vec3
    angular: Vec3


class ObjectShape(NamedTuple):
    """Shape and colour of an object: edge lengths of its bounding box, m, and its family, one-hot."""

    extents: Vec3
    family: tuple[float, ...]
    footprint: Footprint  # outline from above, in the object frame
    color: Vec3  # RGB, 0 to 1


class Touch(NamedTuple):
    """Normal force between two groups of bodies during one action."""

    mean: float  # N, over the whole action
    peak: float  # N, largest mean over 50 ms
    impulse: float  # N s


NO_TOUCH = Touch(0.0, 0.0, 0.0)
CONTACT_PAIRS = {
    "hand_object": ("hand", "objects"),
    "object_table": ("objects", "table"),
    "robot_table": ("robot", "table"),
    "robot_robot": ("robot", "robot"),
}
"""Pairs of contact groups whose forces are reported, by name."""


class ContactsProtocol(Protocol):
    """Contacts during one action, by pairs of groups."""

    penetration: float
    """Greatest depth of a robot link inside furniture, an object or another link, m."""

    def get(self, pair: tuple[str, str]) -> Touch:
        """Return the contact force of two groups."""

    def seconds_above(self, pair: tuple[str, str], newtons: float) -> float:
        """Return the duration, s, for which the force of two groups, averaged over 50 ms, exceeded a limit."""


@dataclass(slots=True)
class State:
    """Ground-truth state; joint values are in rad (or m), arm by arm, in the order of the robot's declaration."""

    seconds: float
    joints: Sequence[float]
    speeds: Sequence[float]
    torques: Sequence[float]  # N m, of the arm motors at the last physics step
    targets: Sequence[float]  # commanded joint positions
    fingers: Sequence[float]
    closure: Sequence[float]  # commanded, 0 open to 1 closed
    frames: Mapping[str, Pose]
    motions: Mapping[str, Motion]
    contacts: ContactsProtocol
    object_shapes: Mapping[str, ObjectShape]
    joint_limits: tuple[Sequence[float], Sequence[float]]
    initial_positions: Mapping[str, Vec3]  # of the objects, m
    regions: Mapping[str, RegionShape]
    stage: int = 0  # index of the current stage of the task; their number once all are reached
    num_stages: int = 0

    def position(self, frame: str) -> Vec3:
        """Return the position of a frame, m."""
        return self.frames[frame].position

    def touch(self, a: str, b: str) -> Touch:
        """Return the contact force of two groups during the last action.

        Groups are ``robot``, ``arm``, ``hand``, ``palm``, ``thumb``, ``fingers``, each digit by name, ``table``, each
        object by name, and ``objects``.
        """
        return self.contacts.get((a, b))
