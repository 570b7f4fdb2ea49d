"""Compilation of a task's bodies to a MuJoCo model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import mujoco
import numpy as np

from mygym_lite.config.objects import ObjectModel, load_object
from mygym_lite.config.robot import RobotModel, load_robot
from mygym_lite.config.rotation import quaternion_from_rpy
from mygym_lite.config.shape import Shape
from mygym_lite.config.state import Quaternion
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.workspace import FLOOR_HEIGHT, FLOOR_SIZE, Workspace, load_workspace
from mygym_lite.errors import ConfigError
from mygym_lite.sim.engine import LinkId, LinkName
from mygym_lite.sim.mujoco.pairs import FLOOR, Pair, list_pairs
from mygym_lite.sim.mujoco.urdf import prepare_urdf

FURNITURE = "table/"  # body of the furniture; objects and links keep their names, with a prefix of their kind
_OBJECT = "object/"
_FLOOR = "floor/"
_BALANCE_REMEDY = "correct the <inertia> of that link, or use physics.engine=bullet"

ModelKey = tuple[object, ...]


@dataclass
class CompiledModel:
    """A compiled model with the addresses that the engine needs."""

    model: Any  # mujoco.MjModel
    robot: RobotModel
    joint_addresses: dict[str, tuple[int, int]]  # of position and speed, by joint of the robot
    objects: dict[str, int]  # body ids
    free_joints: dict[str, tuple[int, int]]  # addresses of position and speed, by movable object
    furniture: int  # body id
    pairs: list[Pair]
    geom_links: list[LinkName]  # link of each geom
    link_ids: dict[LinkName, LinkId] = field(default_factory=dict)
    link_bodies: dict[LinkName, int] = field(default_factory=dict)


def get_model_key(task: Task) -> ModelKey:
    """Return all that a compiled model depends on; other parameters are set for each episode."""
    objects = [(name, config.model, config.size, config.fixed) for name, config in task.objects.items()]
    return load_robot(task.robot.model).urdf, task.robot.model, task.workspace.model, *objects


def compile_model(task: Task) -> CompiledModel:
    """Compile robot, furniture and objects of a task."""
    robot, workspace = load_robot(task.robot.model), load_workspace(task.workspace.model)
    spec = _load_robot(robot)
    geom_names = _name_robot_geoms(spec)
    radii = {("robot", body.name): max(map(_compute_radius, body.geoms)) for body in spec.bodies if body.geoms}
    geom_names.update(_add_furniture(spec, workspace))
    for name, config in task.objects.items():
        geom_names.update(_add_object(spec, name, config))
    pairs = list_pairs(robot, task, geom_names, radii)
    for pair in pairs:
        spec.add_pair(geomname1=pair.geoms[0], geomname2=pair.geoms[1])
    try:
        model = spec.compile()
    except ValueError as error:
        reason = str(error).replace("\n", " ").removeprefix("Error: ")
        raise ConfigError(f"{robot.urdf.name}: MuJoCo cannot load it, {reason}; {_BALANCE_REMEDY}") from None
    return _index(model, robot, task, pairs, geom_names)


def _load_robot(robot: RobotModel) -> Any:
    try:
        spec = mujoco.MjSpec.from_string(prepare_urdf(robot.urdf))
    except ValueError as error:
        reason = str(error).replace("\n", " ").removeprefix("Error: ")
        raise ConfigError(f"{robot.urdf.name}: MuJoCo cannot load it, {reason}; {_BALANCE_REMEDY}") from None
    base = spec.body(robot.tree.base)
    base.pos, base.quat = robot.position, _reorder(quaternion_from_rpy((0.0, 0.0, robot.yaw)))
    return spec


def _name_robot_geoms(spec: Any) -> dict[str, LinkName]:
    """Name the collision geoms of the robot, exclude them from automatic contacts, and return their links."""
    names: dict[str, LinkName] = {}
    for body in spec.bodies:
        for number, geom in enumerate(body.geoms):
            geom.name = f"robot/{body.name}/{number}"
            geom.contype = geom.conaffinity = 0
            names[geom.name] = ("robot", body.name)
    return names


def _compute_radius(geom: Any) -> float:
    """Compute a bound on the distance of a shape's points from the frame of its link, m; that of a mesh is unknown."""
    if geom.type == mujoco.mjtGeom.mjGEOM_MESH:
        return math.inf
    return float(np.abs(geom.pos).sum() + np.nansum(np.abs(geom.size)))


def _add_furniture(spec: Any, workspace: Workspace) -> dict[str, LinkName]:
    names: dict[str, LinkName] = {}
    body = spec.worldbody.add_body(name=FURNITURE)
    for part in workspace.parts:
        if part.collides:
            name = f"{FURNITURE}{part.name}"
            half, rotation = [edge / 2 for edge in part.size], _reorder(quaternion_from_rpy(part.rpy))
            _add_geom(body, name, type=mujoco.mjtGeom.mjGEOM_BOX, size=half, pos=part.position, quat=rotation)
            names[name] = ("table", part.name)
    floor = spec.worldbody.add_body(name=_FLOOR)
    half = [edge / 2 for edge in FLOOR_SIZE]
    position = [0.0, 0.0, FLOOR_HEIGHT - half[2]]
    _add_geom(floor, _FLOOR, type=mujoco.mjtGeom.mjGEOM_BOX, size=half, pos=position)
    return {**names, _FLOOR: FLOOR}


def _add_object(spec: Any, name: str, config: ObjectConfig) -> dict[str, LinkName]:
    model = load_object(config.model)
    body = spec.worldbody.add_body(name=f"{_OBJECT}{name}")
    if not config.fixed:
        body.add_freejoint()
    _set_inertia(body, model, config)
    names = [f"{_OBJECT}{name}/{number}" for number in range(len(model.shapes))]
    for geom, shape in zip(names, model.shapes, strict=True):
        _add_shape(spec, body, geom, shape, config.size)
    return dict.fromkeys(names, (name, ""))


def _set_inertia(body: Any, model: ObjectModel, config: ObjectConfig) -> None:
    """Set the frame of inertia; mass and moments are set for each episode."""
    properties = model.mass_properties
    body.explicitinertial = True
    body.mass, body.inertia = 1.0, [config.size**2 * x for x in properties.moments]
    body.ipos, body.iquat = [config.size * x for x in properties.centre], _reorder(properties.axes)


def _add_shape(spec: Any, body: Any, name: str, shape: Shape, size: float) -> None:
    frame = {"pos": [size * x for x in shape.position], "quat": _reorder(quaternion_from_rpy(shape.rpy))}
    s = [size * x for x in shape.size]
    if shape.kind == "hull":
        mesh = spec.add_mesh(name=name, file=shape.mesh, scale=[size] * 3)
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
        _add_geom(body, name, type=mujoco.mjtGeom.mjGEOM_MESH, meshname=name, **frame)
    elif shape.kind == "box":
        _add_geom(body, name, type=mujoco.mjtGeom.mjGEOM_BOX, size=[edge / 2 for edge in s], **frame)
    elif shape.kind == "sphere":
        _add_geom(body, name, type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[s[0], 0.0, 0.0], **frame)
    else:
        kind = mujoco.mjtGeom.mjGEOM_CYLINDER if shape.kind == "cylinder" else mujoco.mjtGeom.mjGEOM_CAPSULE
        _add_geom(body, name, type=kind, size=[s[0], s[1] / 2, 0.0], **frame)


def _add_geom(body: Any, name: str, **settings: Any) -> None:
    """Add a shape that touches only the shapes it is paired with."""
    body.add_geom(name=name, contype=0, conaffinity=0, **settings)


def _reorder(rotation: Quaternion) -> list[float]:
    """Reorder a quaternion (x, y, z, w) to MuJoCo's (w, x, y, z)."""
    x, y, z, w = rotation
    return [w, x, y, z]


def _index(model: Any, robot: RobotModel, task: Task, pairs: list[Pair], geoms: dict[str, LinkName]) -> CompiledModel:
    joints = [joint.name for joint in robot.tree.joints.values() if joint.movable]
    addresses = {name: (int(model.joint(name).qposadr[0]), int(model.joint(name).dofadr[0])) for name in joints}
    objects = {name: int(model.body(f"{_OBJECT}{name}").id) for name in task.objects}
    free = {
        name: (int(model.jnt_qposadr[joint]), int(model.jnt_dofadr[joint]))
        for name, body in objects.items()
        if (joint := int(model.body_jntadr[body])) >= 0
    }
    links = [geoms[model.geom(number).name] for number in range(model.ngeom)]
    compiled = CompiledModel(
        model,
        robot,
        joint_addresses=addresses,
        objects=objects,
        free_joints=free,
        furniture=int(model.body(FURNITURE).id),
        pairs=pairs,
        geom_links=links,
    )
    compiled.link_bodies = {("robot", link): int(model.body(link).id) for link in robot.tree.links}
    compiled.link_bodies.update({(name, ""): body for name, body in objects.items()})
    robot_ids = {name: (0, number) for number, name in enumerate(compiled.link_bodies) if name[0] == "robot"}
    others = [name for name in dict.fromkeys(geoms.values()) if name[0] != "robot"]
    compiled.link_ids = {**robot_ids, **{name: (number, -1) for number, name in enumerate(others, start=1)}}
    return compiled


def compute_inertia(config: ObjectConfig) -> tuple[float, Any]:
    """Compute the mass, kg, and the principal moments, kg m^2, of an object in this episode."""
    mass = float(config.mass or 0.0)
    moments = np.array(load_object(config.model).mass_properties.moments)
    return mass, mass * config.inertia * config.size**2 * moments
