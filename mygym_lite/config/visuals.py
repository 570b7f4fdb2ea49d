"""Visual shapes and materials of all rigid bodies of a task, independent of physics engine and renderer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from mygym_lite.config.objects import load_object
from mygym_lite.config.region import Region
from mygym_lite.config.robot import load_robot
from mygym_lite.config.rotation import compose_poses, quaternion_from_rpy
from mygym_lite.config.shape import Shape
from mygym_lite.config.state import Pose, Quaternion, Vec3
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import Goal, ObjectConfig, WorkspaceConfig
from mygym_lite.config.textures import find_texture
from mygym_lite.config.urdf import Joint, load_urdf
from mygym_lite.config.urdf_visuals import UrdfVisual, read_urdf_visuals
from mygym_lite.config.workspace import FLOOR_HEIGHT, FLOOR_SIZE, Workspace, WorkspacePart, load_workspace

_IDENTITY: Quaternion = (0.0, 0.0, 0.0, 1.0)
_OBJECT_TEXTURE_SIZE, _FURNITURE_TEXTURE_SIZE, _FLOOR_TEXTURE_SIZE = 0.10, 0.6, 1.0  # m
_GOAL_COLOR = (0.10, 0.80, 0.30)
_AXIS_COLORS = ((0.85, 0.15, 0.12), (0.15, 0.65, 0.20), (0.15, 0.35, 0.85))
_AXIS_LENGTH, _AXIS_WIDTH = 4.0, 0.35  # of the axes of a goal, in radii of its marker
REGION = "region"
"""Body of the marks of all regions."""
_MARK_HEIGHT = 0.001  # m


@dataclass(frozen=True)
class Material:
    """A surface material: colour times texture, with highlights."""

    color: Vec3  # sRGB, 0 to 1
    texture: str = ""  # path of a .png file
    specular: float = 0.2
    roughness: float = 0.5
    metallic: float = 0.0


@dataclass(frozen=True)
class Visual:
    """A shape with one material, in the frame of its link."""

    kind: Literal["mesh", "box", "cylinder", "sphere", "capsule"]
    material: Material
    size: tuple[float, ...] = ()  # m; box: edges; cylinder, capsule: radius, length along z; sphere: radius
    mesh: str = ""
    part: int | None = None  # of a mesh with several materials; None means all
    scale: Vec3 = (1.0, 1.0, 1.0)  # of a mesh
    position: Vec3 = (0.0, 0.0, 0.0)
    rotation: Quaternion = _IDENTITY
    texture_size: float = _OBJECT_TEXTURE_SIZE  # m, edge of one texture tile on a shape without texture coordinates


@dataclass(frozen=True)
class VisualBody:
    """A rigid body; ``fixed_pose`` is its world pose if it cannot move during an episode."""

    body: str
    link: str
    visuals: tuple[Visual, ...]
    fixed_pose: Pose | None = None


def build_visual_bodies(task: Task) -> tuple[VisualBody, ...]:
    """Build the visual bodies of a task that ``resolve`` has filled in.

    Their order is: floor, furniture, robot links, objects, goal, regions.
    """
    workspace, robot = load_workspace(task.workspace.model), load_robot(task.robot.model)
    bodies = [_build_floor(task.workspace, workspace)]
    bodies += [_build_furniture(part, task.workspace, part == workspace.surface) for part in workspace.parts]
    bodies += _build_links(robot.urdf, robot.urdf.stat().st_mtime_ns, robot.position, robot.yaw, task.robot.tint)
    bodies += [VisualBody(name, "", build_object_visuals(thing)) for name, thing in task.objects.items()]
    if task.goal is not None and task.goal.marker > 0.0:
        bodies.append(VisualBody("goal", "", build_goal_visuals(task.goal)))
    bodies += [VisualBody(REGION, name, build_region_visuals(task.regions[name])) for name in list_marked_regions(task)]
    return tuple(bodies)


def _find_texture(texture: str | None) -> str:
    return str(find_texture(texture)) if texture else ""


def _build_floor(config: WorkspaceConfig, workspace: Workspace) -> VisualBody:
    color, texture = config.floor_color or workspace.floor_color, _find_texture(config.floor)
    material = Material(color, texture, specular=0.1, roughness=0.7)
    visual = Visual("box", material, FLOOR_SIZE, texture_size=_FLOOR_TEXTURE_SIZE)
    return VisualBody("floor", "", (visual,), Pose((0.0, 0.0, FLOOR_HEIGHT - FLOOR_SIZE[2] / 2), _IDENTITY))


def _build_furniture(part: WorkspacePart, config: WorkspaceConfig, is_surface: bool) -> VisualBody:
    color = (is_surface and config.color) or part.color
    texture = config.texture if is_surface else part.texture
    material = Material(color, _find_texture(texture), part.specular, part.roughness)
    visual = Visual("box", material, part.size, texture_size=_FURNITURE_TEXTURE_SIZE)
    x, y, z = part.position
    return VisualBody("table", part.name, (visual,), Pose((x, y, z + config.height), quaternion_from_rpy(part.rpy)))


@lru_cache(maxsize=32)
def _build_links(urdf: Path, _modified: int, position: Vec3, yaw: float, tint: Vec3) -> tuple[VisualBody, ...]:
    tree, visuals = load_urdf(urdf), read_urdf_visuals(urdf)
    base = Pose(position, quaternion_from_rpy((0.0, 0.0, yaw)))
    bodies = []
    for link in tree.links:
        if link in visuals:
            pose = _compute_fixed_pose(tree.list_joints_to(link), base)
            parts = tuple(_build_robot_visual(visual, tint) for visual in visuals[link])
            bodies.append(VisualBody("robot", link, parts, pose))
    return tuple(bodies)


def _build_robot_visual(visual: UrdfVisual, tint: Vec3) -> Visual:
    red, green, blue = visual.color
    color = (tint[0] * red, tint[1] * green, tint[2] * blue)
    return Visual(
        kind=visual.kind,
        material=Material(color, visual.texture, specular=0.15, roughness=0.4),
        size=visual.size,
        mesh=visual.mesh,
        part=visual.part,
        scale=visual.scale,
        position=visual.position,
        rotation=quaternion_from_rpy(visual.rpy),
    )


def _compute_fixed_pose(path: tuple[Joint, ...], base: Pose) -> Pose | None:
    """Compute the world pose of a link with only fixed joints on the path to it; None for other links."""
    if any(joint.movable for joint in path):
        return None
    pose = base
    for joint in path:
        pose = compose_poses(pose, Pose(joint.position, quaternion_from_rpy(joint.rpy)))
    return pose


def build_object_visuals(thing: ObjectConfig) -> tuple[Visual, ...]:
    """Build the visuals of an object: its mesh, or its collision shapes if it has none."""
    model, size = load_object(thing.model), thing.size
    material = Material(
        color=thing.color or model.color,
        texture=_find_texture(thing.texture),
        specular=model.specular if thing.specular is None else thing.specular,
        roughness=thing.roughness or model.roughness,
        metallic=model.metallic if thing.metallic is None else thing.metallic,
    )
    scale = (size, size, size)
    if model.mesh:
        return (Visual("mesh", material, mesh=model.mesh, scale=scale),)
    return tuple(_build_shape_visual(shape, material, size) for shape in model.shapes)


def _build_shape_visual(shape: Shape, material: Material, scale: float) -> Visual:
    x, y, z = shape.position
    return Visual(
        kind="mesh" if shape.kind == "hull" else shape.kind,
        material=material,
        size=tuple(scale * edge for edge in shape.size),
        mesh=shape.mesh,
        scale=(scale, scale, scale),
        position=(scale * x, scale * y, scale * z),
        rotation=quaternion_from_rpy(shape.rpy),
    )


def build_goal_visuals(goal: Goal) -> tuple[Visual, ...]:
    """Build the visuals of a goal: a ball, with red, green and blue x, y and z axes if it has an orientation."""
    radius = goal.marker
    ball = Visual("sphere", Material(_GOAL_COLOR), (radius,))
    if goal.rpy is None:
        return (ball,)
    return (ball, *(_build_axis(axis, radius) for axis in range(3)))


def _build_axis(axis: int, radius: float) -> Visual:
    edges, centre = [_AXIS_WIDTH * radius] * 3, [0.0] * 3
    edges[axis], centre[axis] = _AXIS_LENGTH * radius, _AXIS_LENGTH * radius / 2
    return Visual("box", Material(_AXIS_COLORS[axis]), tuple(edges), position=(centre[0], centre[1], centre[2]))


def list_marked_regions(task: Task) -> list[str]:
    """List the regions that are marked in the scene; the cavity of a container shows itself."""
    return [name for name, region in task.regions.items() if region.visible and region.shape != "cavity"]


def build_region_visuals(region: Region) -> tuple[Visual, ...]:
    """Build the mark of a region: its area, as thin as paint."""
    material = Material(region.color, specular=0.05, roughness=0.8)
    if region.shape == "disc":
        return (Visual("cylinder", material, (region.size[0], _MARK_HEIGHT)),)
    if region.shape == "box":
        return (Visual("box", material, (region.size[0], region.size[1], _MARK_HEIGHT)),)
    return tuple(_flatten(shape, material, region.scale) for shape in load_object(str(region.model)).shapes)


def _flatten(shape: Shape, material: Material, scale: float) -> Visual:
    """Build the mark of an upright box or cylinder."""
    x, y, _ = shape.position
    size = shape.size[:-1] if shape.kind in ("box", "cylinder") else ()
    return Visual(
        kind="box" if shape.kind == "box" else "cylinder",
        material=material,
        size=(*(scale * edge for edge in size), _MARK_HEIGHT),
        position=(scale * x, scale * y, 0.0),
        rotation=quaternion_from_rpy(shape.rpy),
    )
