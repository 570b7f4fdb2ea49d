"""Robot models: arms, hands and head declared in a TOML file and validated against the URDF."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from os import PathLike
from pathlib import Path

import numpy as np

from mygym_lite import paths
from mygym_lite.config.kinematic_chain import Chain, build_chain
from mygym_lite.config.rotation import Quaternion, Vector, rotation_from_rpy
from mygym_lite.config.urdf import Joint, Urdf, load_urdf
from mygym_lite.config.urdf_files import locate_urdf
from mygym_lite.errors import suggest
from mygym_lite.schema import Location, build, quantity, read_toml, require_schema

Names = tuple[str, ...]
Numbers = tuple[float, ...]
THUMB = "thumb"  # digit that opposes the others in a grasp
_UNIT_TOLERANCE = 1e-3  # permits quaternions with four digits


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
class _ArmTable:
    """An arm as declared in the file."""

    joints: Names = quantity(doc="driven joints, base to tip")
    tip: str = quantity(doc="link that carries the palm frame")
    home: Numbers = quantity(unit="rad or m", doc="palm above the table, looking down")
    tip_position: Vector = quantity((0.0, 0.0, 0.0), unit="m", low=-1.0, high=1.0, doc="palm frame in the tip link")
    tip_rotation: Quaternion = quantity((0.0, 0.0, 0.0, 1.0), low=-1.0, high=1.0, doc="palm frame, x y z w")
    hand: HandModel | None = None


@dataclass(frozen=True)
class _RobotTable:
    """A robot as declared in the file."""

    name: str = quantity(doc="the name of the file without .toml")
    about: str = quantity(doc="one sentence")
    urdf: str = quantity(doc="file beside this one, or pybullet_data:path")
    arms: dict[str, _ArmTable] = quantity(doc="[arms.right], [arms.left]")
    position: Vector = quantity((0.0, 0.0, 0.0), unit="m", low=-10.0, high=10.0, doc="base link in the world")
    yaw: float = quantity(0.0, unit="rad", low=-2 * math.pi, high=2 * math.pi, doc="base link in the world")
    self_collision: tuple[tuple[str, str], ...] = quantity((), doc="pairs of links that are checked")
    gaze: GazeModel | None = None


@dataclass(frozen=True)
class ArmModel:
    """An arm with the joint limits, damping and friction of its URDF."""

    joints: Names
    tip: str
    tip_position: Vector
    tip_rotation: Quaternion
    home: Numbers
    hand: HandModel | None
    lower: Numbers
    upper: Numbers
    effort: Numbers
    velocity: Numbers
    damping: Numbers
    friction: Numbers
    chain: Chain = field(compare=False)  # ends in the palm frame instead of the tip link

    @property
    def reach(self) -> float:
        """Upper bound of the distance from the first joint to the palm, m."""
        return self.chain.reach


@dataclass(frozen=True)
class RobotModel:
    """A robot; its base link is at `position` (m), rotated by `yaw` (rad)."""

    name: str
    about: str
    urdf: Path
    position: Vector
    yaw: float
    self_collision: tuple[tuple[str, str], ...]
    arms: dict[str, ArmModel]
    gaze: GazeModel | None
    tree: Urdf = field(compare=False, repr=False)

    @property
    def missing_for_grasp(self) -> str:
        """Part that the first arm lacks for grasping, as a clause; empty if none."""
        hand = next(iter(self.arms.values())).hand
        if hand is None:
            return f"{self.name} has no hand"
        return "" if THUMB in hand.digits else f"the hand of {self.name} has no digit '{THUMB}'"

    def compute_shoulder_position(self, arm: ArmModel) -> Vector:
        """Compute the position of the first joint of an arm in the world, m."""
        x, y, z = np.array(self.position) + rotation_from_rpy((0.0, 0.0, self.yaw)) @ arm.chain.origins[0]
        return float(x), float(y), float(z)


def list_robots() -> tuple[str, ...]:
    """List the names of the shipped robots."""
    return paths.list_names(paths.get_assets_folder() / "robots", nested=True)


@paths.cache_shipped
def load_robot(name_or_path: str | PathLike[str]) -> RobotModel:
    """Load a robot by its shipped name or the path of its TOML file; cached until a file changes."""
    path = paths.find_file(paths.get_assets_folder() / "robots", name_or_path, nested=True).absolute()
    table = _read(path, _get_stamp(path))
    urdf = locate_urdf(table.urdf, path.parent, Location(path.name).at("urdf"))
    return _build_robot(path, _get_stamp(path), urdf, _get_stamp(urdf))


def _get_stamp(path: Path) -> tuple[int, int]:
    return path.stat().st_mtime_ns, path.stat().st_size


@lru_cache(maxsize=32)
def _read(path: Path, _stamp: tuple[int, int]) -> _RobotTable:
    where = Location(path.name)
    table = build(_RobotTable, require_schema(read_toml(path), where), where)
    if table.name != path.stem:
        raise where.at("name").error(f"is '{table.name}', the file is '{path.stem}'; use the same for both")
    return table


@lru_cache(maxsize=32)
def _build_robot(path: Path, stamp: tuple[int, int], urdf_path: Path, _urdf_stamp: tuple[int, int]) -> RobotModel:
    table, urdf, where = _read(path, stamp), load_urdf(urdf_path), Location(path.name)
    _check_robot(table, urdf, where)
    return RobotModel(
        name=table.name,
        about=table.about,
        urdf=urdf_path,
        position=table.position,
        yaw=table.yaw,
        self_collision=table.self_collision,
        arms={name: _build_arm(arm, urdf) for name, arm in table.arms.items()},
        gaze=table.gaze,
        tree=urdf,
    )


def _build_arm(table: _ArmTable, urdf: Urdf) -> ArmModel:
    joints = [urdf.joints[name] for name in table.joints]
    x, y, z, w = (part / math.hypot(*table.tip_rotation) for part in table.tip_rotation)
    return ArmModel(
        joints=table.joints,
        tip=table.tip,
        tip_position=table.tip_position,
        tip_rotation=(x, y, z, w),
        home=table.home,
        hand=table.hand,
        lower=tuple(joint.lower for joint in joints),
        upper=tuple(joint.upper for joint in joints),
        effort=tuple(joint.effort for joint in joints),
        velocity=tuple(joint.velocity for joint in joints),
        damping=tuple(joint.damping for joint in joints),
        friction=tuple(joint.friction for joint in joints),
        chain=build_chain(urdf, table.joints, table.tip, table.tip_position, (x, y, z, w)),
    )


def _check_robot(robot: _RobotTable, urdf: Urdf, where: Location) -> None:
    if not robot.arms:
        raise where.at("arms").error("no arm; add [arms.right]")
    taken: dict[str, str] = {}
    for name, arm in robot.arms.items():
        _check_arm(arm, urdf, taken, where.at("arms", name))
    if robot.gaze is not None:
        _check_joints(robot.gaze.joints, urdf, taken, where.at("gaze", "joints"))
        _check_positions(robot.gaze.home, robot.gaze.joints, urdf, where.at("gaze", "home"))
        _check_links([robot.gaze.link], urdf.links, where.at("gaze", "link"))
    for index, pair in enumerate(robot.self_collision):
        _check_links(pair, urdf.links, where.at("self_collision", str(index)))
        if pair[0] == pair[1]:
            raise where.at("self_collision", str(index)).error(f"'{pair[0]}' with itself; name two links")


def _check_arm(arm: _ArmTable, urdf: Urdf, taken: dict[str, str], where: Location) -> None:
    joints = _check_joints(arm.joints, urdf, taken, where.at("joints"))
    for index, joint in enumerate(joints):
        for limit, value in (("effort", joint.effort), ("velocity", joint.velocity)):
            if value <= 0.0:
                raise where.at("joints", str(index)).error(
                    f"'{joint.name}' has {limit} {value:g} in {urdf.file}; give it a <limit> with {limit} above 0"
                )
    _check_links([arm.tip], urdf.links, where.at("tip"))
    _check_order(arm, urdf, where)
    _check_positions(arm.home, arm.joints, urdf, where.at("home"))
    length = math.hypot(*arm.tip_rotation)
    if abs(length - 1.0) > _UNIT_TOLERANCE:
        remedy = f"divide it by {length:.4g}" if length > 0.0 else "give a direction"
        raise where.at("tip_rotation").error(f"has length {length:.4g}, a rotation has 1; {remedy}")
    if arm.hand is not None:
        _check_hand(arm.hand, urdf, taken, where.at("hand"))


def _check_order(arm: _ArmTable, urdf: Urdf, where: Location) -> None:
    """Check that the joints are on the path to the tip, base first, with no unlisted movable joint between them."""
    path = [joint.name for joint in urdf.list_joints_to(arm.tip)]
    last = urdf.joints[arm.joints[-1]]
    listed = [name for name in path if name in arm.joints]
    if not listed or (arm.joints[-1] not in path and len(listed) == len(arm.joints) - 1):
        raise where.at("tip").error(f"'{arm.tip}' is not carried by '{last.name}'; name '{last.child}' or a link on it")
    for index, name in enumerate(arm.joints):
        if name not in path:
            raise where.at("joints", str(index)).error(f"'{name}' does not move the tip '{arm.tip}'; remove it")
    if listed != list(arm.joints):
        raise where.at("joints").error(f"not ordered base to tip; write {listed}")
    for name in path[path.index(listed[0]) :]:
        if urdf.joints[name].movable and name not in listed:
            raise where.at("joints").error(f"'{name}' moves between them and is not listed; add it")


def _check_hand(hand: HandModel, urdf: Urdf, taken: dict[str, str], where: Location) -> None:
    _check_joints(hand.joints, urdf, taken, where.at("joints"))
    _check_positions(hand.open, hand.joints, urdf, where.at("open"))
    _check_positions(hand.closed, hand.joints, urdf, where.at("closed"))
    if hand.open == hand.closed:
        raise where.at("closed").error(f"is the same as open, {list(hand.open)}; give the joints at closure 1")
    _check_length(hand.torque, hand.joints, where.at("torque"))
    for index, torque in enumerate(hand.torque):
        if torque <= 0.0:
            raise where.at("torque", str(index)).error(f"is {torque:g} for '{hand.joints[index]}'; use more than 0")
    _check_links(hand.palm, urdf.links, where.at("palm"))
    moved = [link for link in urdf.links if any(joint.name in hand.joints for joint in urdf.list_joints_to(link))]
    for digit, links in hand.digits.items():
        _check_links(links, urdf.links, where.at("digits", digit))
        for link in links:
            if link not in moved:
                raise where.at("digits", digit).error(f"'{link}' is not moved by the hand{suggest(link, moved)}")


def _check_joints(names: Sequence[str], urdf: Urdf, taken: dict[str, str], where: Location) -> list[Joint]:
    if not names:
        raise where.error(f"no joint{suggest('', _list_movable(urdf))}")
    for index, name in enumerate(names):
        location = where.at(str(index))
        if name not in urdf.joints:
            raise location.error(f"no joint '{name}' in {urdf.file}{suggest(name, _list_movable(urdf))}")
        if not urdf.joints[name].movable:
            kind = urdf.joints[name].kind
            raise location.error(f"'{name}' is {kind} and cannot be driven{suggest('', _list_movable(urdf))}")
        if name in taken:
            raise location.error(f"'{name}' is listed twice, first in {taken[name]}; remove one")
        taken[name] = ".".join(where.keys)
    return [urdf.joints[name] for name in names]


def _list_movable(urdf: Urdf) -> list[str]:
    return [name for name, joint in urdf.joints.items() if joint.movable]


def _check_links(names: Iterable[str], links: Iterable[str], where: Location) -> None:
    for name in names:
        if name not in links:
            raise where.error(f"no link '{name}'{suggest(name, links)}")


def _check_length(values: Numbers, joints: Names, where: Location) -> None:
    if len(values) != len(joints):
        raise where.error(f"has {len(values)} values for {len(joints)} joints; give {len(joints)}")


def _check_positions(values: Numbers, names: Names, urdf: Urdf, where: Location) -> None:
    _check_length(values, names, where)
    for index, (value, name) in enumerate(zip(values, names, strict=True)):
        joint = urdf.joints[name]
        if not joint.lower <= value <= joint.upper:
            raise where.at(str(index)).error(
                f"{value:g} is outside the limits of '{name}', {joint.lower:g} to {joint.upper:g}; move it inside"
            )
