"""Tables of a robot's TOML file: arms, hands and gaze as they are declared."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mygym_lite.config.rotation import Quaternion, Vector
from mygym_lite.schema import quantity

Names = tuple[str, ...]
Numbers = tuple[float, ...]


@dataclass(frozen=True)
class HandModel:
    """A hand with one degree of closure: its joints move from `open` (closure 0) to `closed` (closure 1)."""

    joints: Names = quantity(doc="every joint of the hand")
    open: Numbers = quantity(unit="rad or m", doc="joint positions at closure 0")
    closed: Numbers = quantity(unit="rad or m", doc="joint positions at closure 1")
    torque: Numbers = quantity(unit="N m or N", doc="per joint at full grip")
    close_seconds: float = quantity(unit="s", low=0.01, high=60.0, doc="fastest full closing")
    opening: float = quantity(unit="m", low=0.001, high=1.0, doc="width of the largest object that fits")
    palm: Names = quantity(doc="links that belong to the palm")
    digits: dict[str, Names] = quantity(doc="links that belong to each digit")


@dataclass(frozen=True)
class GazeModel:
    """Neck joints that point the head camera."""

    joints: Names = quantity(doc="base to camera")
    home: Numbers = quantity(unit="rad", doc="joint positions without a command")
    link: str = quantity(doc="link that carries the camera")


@dataclass(frozen=True)
class ArmTable:
    """An arm as declared in the file."""

    joints: Names = quantity(doc="driven joints, base to tip")
    tip: str = quantity(doc="link that carries the palm frame")
    home: Numbers = quantity(unit="rad or m", doc="palm above the table, looking down")
    tip_position: Vector = quantity((0.0, 0.0, 0.0), unit="m", low=-1.0, high=1.0, doc="palm frame in the tip link")
    tip_rotation: Quaternion = quantity((0.0, 0.0, 0.0, 1.0), low=-1.0, high=1.0, doc="palm frame, x y z w")
    hand: HandModel | None = None


@dataclass(frozen=True)
class RobotTable:
    """A robot as declared in the file."""

    name: str = quantity(doc="the name of the file without .toml")
    about: str = quantity(doc="one sentence")
    urdf: str = quantity(doc="file beside this one, or pybullet_data:path")
    arms: dict[str, ArmTable] = quantity(doc="[arms.right], [arms.left]")
    position: Vector = quantity((0.0, 0.0, 0.0), unit="m", low=-10.0, high=10.0, doc="base link in the world")
    yaw: float = quantity(0.0, unit="rad", low=-2 * math.pi, high=2 * math.pi, doc="base link in the world")
    self_collision: tuple[tuple[str, str], ...] = quantity((), doc="pairs of links that are checked")
    gaze: GazeModel | None = None
