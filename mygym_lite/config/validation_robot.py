"""Validation of a robot: its links, joints and limits against the URDF."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from mygym_lite.config.robot_tables import ArmTable, HandModel, Names, Numbers, RobotTable
from mygym_lite.config.urdf import Joint, Urdf
from mygym_lite.errors import suggest
from mygym_lite.schema import Location

_UNIT_TOLERANCE = 1e-3  # permits quaternions with four digits


def check_robot(robot: RobotTable, urdf: Urdf, where: Location) -> None:
    """Check a robot against its URDF."""
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


def _check_arm(arm: ArmTable, urdf: Urdf, taken: dict[str, str], where: Location) -> None:
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


def _check_order(arm: ArmTable, urdf: Urdf, where: Location) -> None:
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
