"""Robot models: arms, hands and head declared in a TOML file and validated against the URDF."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from os import PathLike
from pathlib import Path

import numpy as np

from mygym_lite import paths
from mygym_lite.config.kinematic_chain import Chain, build_chain
from mygym_lite.config.robot_tables import ArmTable, GazeModel, HandModel, Names, Numbers, RobotTable
from mygym_lite.config.rotation import Quaternion, Vector, rotation_from_rpy
from mygym_lite.config.urdf import Urdf, load_urdf
from mygym_lite.config.urdf_files import locate_urdf
from mygym_lite.config.validation_robot import check_robot
from mygym_lite.documents import read_toml
from mygym_lite.schema import Location, build, require_schema

THUMB = "thumb"  # digit that opposes the others in a grasp


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
def _read(path: Path, _stamp: tuple[int, int]) -> RobotTable:
    where = Location(path.name)
    table = build(RobotTable, require_schema(read_toml(path), where), where)
    if table.name != path.stem:
        raise where.at("name").error(f"is '{table.name}', the file is '{path.stem}'; use the same for both")
    return table


@lru_cache(maxsize=32)
def _build_robot(path: Path, stamp: tuple[int, int], urdf_path: Path, _urdf_stamp: tuple[int, int]) -> RobotModel:
    table, urdf, where = _read(path, stamp), load_urdf(urdf_path), Location(path.name)
    check_robot(table, urdf, where)
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


def _build_arm(table: ArmTable, urdf: Urdf) -> ArmModel:
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
