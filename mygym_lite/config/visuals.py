"""What is drawn: every rigid thing of a task with its shapes and materials. It knows no engine and no renderer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from mygym_lite.config.objects import load_object
from mygym_lite.config.robot import RobotModel, load_robot
from mygym_lite.config.rotation import multiply_quaternions, quaternion_from_rpy, rotation_from_quaternion
from mygym_lite.config.state import Pose, Quaternion, Vec3
from mygym_lite.config.task import Goal, ObjectConfig, Task, WorkspaceConfig
from mygym_lite.config.textures import find_texture
from mygym_lite.config.urdf import Joint, load_urdf
from mygym_lite.config.urdf_visuals import UrdfVisual, read_urdf_visuals
from mygym_lite.config.workspace import FLOOR_HEIGHT, FLOOR_SIZE, Workspace, WorkspacePart, load_workspace

_NO_TURN: Quaternion = (0.0, 0.0, 0.0, 1.0)
_OBJECT_REPEAT, _FURNITURE_REPEAT, _FLOOR_REPEAT = 0.10, 0.6, 1.0  # m of a surface that one texture covers
_GOAL_COLOR = (0.10, 0.80, 0.30)
_AXIS_COLORS = ((0.85, 0.15, 0.12), (0.15, 0.65, 0.20), (0.15, 0.35, 0.85))
_AXIS_LENGTH, _AXIS_WIDTH = 4.0, 0.35  # of a goal that is turned, in radii of its marker


@dataclass(frozen=True)
class Material:
    """A surface: colour times texture, and how it shines."""

    color: Vec3  # sRGB, 0 to 1
    texture: str = ""  # path of a .png file, or none
    specular: float = 0.2
    roughness: float = 0.5


@dataclass(frozen=True)
class Visual:
    """One shape of one material, in the frame of its link."""

    kind: Literal["mesh", "box", "cylinder", "sphere", "capsule"]
    material: Material
    size: tuple[float, ...] = ()  # m; box: edges; cylinder, capsule: radius, length along z; sphere: radius
    mesh: str = ""
    part: int | None = None  # of a mesh with several materials; all of them if absent
    scale: Vec3 = (1.0, 1.0, 1.0)  # of a mesh
    position: Vec3 = (0.0, 0.0, 0.0)
    rotation: Quaternion = _NO_TURN
    texture_size: float = _OBJECT_REPEAT  # m that one texture covers on a shape without texture coordinates


@dataclass(frozen=True)
class VisualBody:
    """One rigid thing; ``fixed_pose`` is its pose in the world if that stays the same for a whole episode."""

    body: str
    link: str
    visuals: tuple[Visual, ...]
    fixed_pose: Pose | None = None


def build_visual_bodies(task: Task) -> tuple[VisualBody, ...]:
    """Everything that is seen in an episode of a task that ``resolve`` has filled in.

    In this order: the floor, the furniture, the links of the robot, the objects, the goal.
    """
    workspace = load_workspace(task.workspace.model)
    things = [_floor(task.workspace, workspace), *_furniture(task.workspace, workspace)]
    things += _robot(load_robot(task.robot.model))
    things += [VisualBody(name, "", build_object_visuals(thing)) for name, thing in task.objects.items()]
    if task.goal is not None and task.goal.marker > 0.0:
        things.append(VisualBody("goal", "", build_goal_visuals(task.goal)))
    return tuple(things)


def _file(texture: str | None) -> str:
    return str(find_texture(texture)) if texture else ""


def _floor(use: WorkspaceConfig, workspace: Workspace) -> VisualBody:
    material = Material(use.floor_color or workspace.floor_color, _file(use.floor), specular=0.1, roughness=0.7)
    look = Visual("box", material, FLOOR_SIZE, texture_size=_FLOOR_REPEAT)
    return VisualBody("floor", "", (look,), Pose((0.0, 0.0, FLOOR_HEIGHT - FLOOR_SIZE[2] / 2), _NO_TURN))


def _furniture(use: WorkspaceConfig, workspace: Workspace) -> list[VisualBody]:
    return [_part(part, use, part == workspace.surface) for part in workspace.parts]


def _part(part: WorkspacePart, use: WorkspaceConfig, is_surface: bool) -> VisualBody:
    color = (is_surface and use.color) or part.color
    texture = use.texture if is_surface else part.texture
    material = Material(color, _file(texture), part.specular, part.roughness)
    x, y, z = part.position
    pose = Pose((x, y, z + use.height), quaternion_from_rpy(part.rpy))
    return VisualBody("table", part.name, (Visual("box", material, part.size, texture_size=_FURNITURE_REPEAT),), pose)


def _robot(robot: RobotModel) -> tuple[VisualBody, ...]:
    return _links(robot.urdf, robot.urdf.stat().st_mtime_ns, robot.position, robot.yaw)


@lru_cache(maxsize=32)
def _links(urdf: Path, changed: int, position: Vec3, yaw: float) -> tuple[VisualBody, ...]:
    tree, looks, base = load_urdf(urdf), read_urdf_visuals(urdf), Pose(position, quaternion_from_rpy((0.0, 0.0, yaw)))
    return tuple(
        VisualBody(
            "robot",
            link,
            tuple(_robot_visual(look) for look in looks[link]),
            _standing(tree.list_joints_to(link), base),
        )
        for link in tree.links
        if link in looks
    )


def _robot_visual(look: UrdfVisual) -> Visual:
    material = Material(look.color, look.texture, specular=0.15, roughness=0.4)
    turn = quaternion_from_rpy(look.rpy)
    return Visual(look.kind, material, look.size, look.mesh, look.part, look.scale, look.position, turn)


def _standing(path: tuple[Joint, ...], base: Pose) -> Pose | None:
    """The pose of a link that no joint on the way to it moves; None for the others."""
    if any(joint.movable for joint in path):
        return None
    pose = base
    for joint in path:
        pose = _after(pose, Pose(joint.position, quaternion_from_rpy(joint.rpy)))
    return pose


def _after(frame: Pose, inner: Pose) -> Pose:
    """A pose that is given in a frame, in the frame of that frame."""
    x, y, z = rotation_from_quaternion(frame.rotation) @ np.array(inner.position) + frame.position
    return Pose((float(x), float(y), float(z)), multiply_quaternions(frame.rotation, inner.rotation))


def build_object_visuals(thing: ObjectConfig) -> tuple[Visual, ...]:
    """The object's mesh, or its collision shapes where it has none."""
    model, size = load_object(thing.model), thing.size
    material = Material(thing.color or model.color, _file(thing.texture), model.specular, model.roughness)
    scale = (size, size, size)
    if model.mesh:
        return (Visual("mesh", material, mesh=model.mesh, scale=scale),)
    return tuple(
        Visual(
            "mesh" if shape.kind == "hull" else shape.kind, material, tuple(size * edge for edge in shape.size),
            shape.mesh, None, scale, _scaled(shape.position, size), quaternion_from_rpy(shape.rpy),
        )
        for shape in model.shapes
    )  # fmt: skip


def _scaled(position: Vec3, size: float) -> Vec3:
    x, y, z = position
    return size * x, size * y, size * z


def build_goal_visuals(goal: Goal) -> tuple[Visual, ...]:
    """A ball; with three rods along the axes, x red, y green, z blue, where the goal is turned in some way."""
    radius = goal.marker
    ball = Visual("sphere", Material(_GOAL_COLOR), (radius,))
    if goal.rpy is None:
        return (ball,)
    return (ball, *(_rod(axis, radius) for axis in range(3)))


def _rod(axis: int, radius: float) -> Visual:
    edges, centre = [_AXIS_WIDTH * radius] * 3, [0.0] * 3
    edges[axis], centre[axis] = _AXIS_LENGTH * radius, _AXIS_LENGTH * radius / 2
    return Visual("box", Material(_AXIS_COLORS[axis]), tuple(edges), position=(centre[0], centre[1], centre[2]))


_BACKGROUND = "background"


@dataclass(frozen=True)
class MaskIds:
    """What the numbers mean; 0 is the background, the others count from 1 in the order of what is drawn."""

    bodies: dict[int, str]
    links: dict[int, str]
    by_link: dict[tuple[str, str], tuple[int, int]]  # body and link as declared: number of the body, number of the link


def assign_mask_ids(things: Sequence[VisualBody]) -> MaskIds:
    """Number everything that is drawn."""
    bodies = list(dict.fromkeys(thing.body for thing in things))
    links = [f"{thing.body}/{thing.link}" if thing.link else thing.body for thing in things]
    return MaskIds(
        {0: _BACKGROUND, **dict(enumerate(bodies, start=1))},
        {0: _BACKGROUND, **dict(enumerate(links, start=1))},
        {(t.body, t.link): (1 + bodies.index(t.body), number) for number, t in enumerate(things, start=1)},
    )
