"""What is true at one moment of an episode: the only thing that observation, reward and success may look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

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
    """What an object looks like to a hand: bounding box in metres and family as one-hot."""

    extents: Vec3
    family: tuple[float, ...]


class Touch(NamedTuple):
    """Normal force between two groups of bodies during one action."""

    mean: float  # N, over the whole action
    peak: float  # N, largest mean over 50 ms
    impulse: float  # N s


NO_TOUCH = Touch(0.0, 0.0, 0.0)
CONTACT_PAIRS = {
    "hand_object": ("hand", "objects"), "object_table": ("objects", "table"),
    "robot_table": ("robot", "table"), "robot_robot": ("robot", "robot"),
}  # fmt: skip
"""The pairs of groups whose forces are reported, by the name of the pair."""


class ContactsProtocol(Protocol):
    """The contacts of one action, by pairs of groups."""

    penetration: float
    """Depth of a link of the robot inside furniture, an object or another link, m."""

    def get(self, pair: tuple[str, str]) -> Touch:
        """How hard two groups touched."""

    def seconds_above(self, pair: tuple[str, str], newtons: float) -> float:
        """For how long two groups pressed harder than this, as the mean over the 50 ms before."""


@dataclass(slots=True)
class State:
    """One moment. Joint values are in rad (or m), arm after arm in the order in which the robot declares them."""

    seconds: float
    joints: Sequence[float]
    speeds: Sequence[float]
    torques: Sequence[float]  # N m, of the arm's motors at the last physics step
    targets: Sequence[float]  # commanded joint positions
    fingers: Sequence[float]
    closure: Sequence[float]  # commanded, 0 open to 1 closed
    frames: Mapping[str, Pose]
    motions: Mapping[str, Motion]
    contacts: ContactsProtocol
    object_shapes: Mapping[str, ObjectShape]
    joint_limits: tuple[Sequence[float], Sequence[float]]
    initial_positions: Mapping[str, Vec3]  # where the objects were when the episode began

    def position(self, frame: str) -> Vec3:
        """Where a frame is, m."""
        return self.frames[frame].position

    def touch(self, a: str, b: str) -> Touch:
        """How hard two groups touched during the last action.

        Groups are ``robot``, ``arm``, ``hand``, ``palm``, ``thumb``, ``fingers``, each digit by name, ``table``, each
        object by name, and ``objects``.
        """
        return self.contacts.get((a, b))
