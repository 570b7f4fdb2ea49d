"""Objects and furniture in the physics engine, with exact inertia, set anew for every episode."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import pybullet as bullet

from mygym_lite.config.inertia import MassProperties, compute_mass_properties
from mygym_lite.config.objects import ObjectModel, Shape, load_object
from mygym_lite.config.state import Motion, Pose
from mygym_lite.config.task import ObjectConfig
from mygym_lite.config.workspace import Workspace, WorkspacePart

_NEAR = 1e-5  # m; a contact over a wider gap would brake an object before it arrives, and take its bounce
_NOWHERE = 50.0  # m; farther from everything than anything can be seen or touched
_HULL_MARGIN = 1e-4  # m; with none at all, ray casts miss hulls
_IDENTITY = (0.0, 0.0, 0.0, 1.0)


@lru_cache(maxsize=256)
def _mass_properties(shapes: tuple[Shape, ...]) -> MassProperties:
    return compute_mass_properties(shapes)


def _geometry(shape: Shape, size: float) -> dict[str, Any]:
    """One shape as the engine's call wants it, scaled."""
    s = [size * edge for edge in shape.size]
    if shape.kind == "box":
        return {"shapeType": bullet.GEOM_BOX, "halfExtents": [edge / 2 for edge in s]}
    if shape.kind == "sphere":
        return {"shapeType": bullet.GEOM_SPHERE, "radius": s[0]}
    if shape.kind == "hull":
        return {"shapeType": bullet.GEOM_MESH, "fileName": shape.mesh, "meshScale": [size] * 3}
    kind = bullet.GEOM_CYLINDER if shape.kind == "cylinder" else bullet.GEOM_CAPSULE
    return {"shapeType": kind, "radius": s[0], "height": s[1]}


class Body:
    """One object of the scene."""

    def __init__(self, client: int, name: str, thing: ObjectConfig, shape: int, visual: int) -> None:
        self.name = name
        self.model: ObjectModel = load_object(thing.model)
        self._client = client
        self._size = thing.size
        mass = _mass_properties(self.model.shapes)
        self._moments = mass.moments
        self._centre = tuple(thing.size * x for x in mass.centre)
        self._axes = mass.axes
        self._back = bullet.invertTransform(self._centre, self._axes)
        # reading the pose of most objects needs no conversion, which is worth microseconds in every step
        self._plain = max(map(abs, self._centre)) < 1e-12 and self._axes == _IDENTITY
        self.body_id: int = bullet.createMultiBody(
            baseMass=0.0 if thing.fixed else float(thing.mass or self.model.mass),
            baseCollisionShapeIndex=shape, baseVisualShapeIndex=visual, basePosition=(0.0, 0.0, _NOWHERE),
            baseInertialFramePosition=self._centre, baseInertialFrameOrientation=self._axes, physicsClientId=client,
        )  # fmt: skip
        if self.model.has_hull:
            # by default the engine puts a millimetre around hulls, and they would start inside the table
            bullet.changeDynamics(self.body_id, -1, collisionMargin=_HULL_MARGIN, physicsClientId=client)

    def configure(self, thing: ObjectConfig) -> None:
        """Set mass, inertia and surface of this episode."""
        mass = float(thing.mass or 0.0)
        inertia = [mass * thing.inertia * thing.size**2 * m for m in self._moments]
        dynamics: dict[str, Any] = {} if thing.fixed else {"mass": mass, "localInertiaDiagonal": inertia}
        bullet.changeDynamics(
            self.body_id, -1, lateralFriction=thing.friction, rollingFriction=thing.rolling_friction,
            spinningFriction=thing.spinning_friction, restitution=thing.restitution, linearDamping=0.0,
            angularDamping=0.0, contactProcessingThreshold=_NEAR, physicsClientId=self._client, **dynamics,
        )  # fmt: skip

    def park(self, slot: int) -> None:
        """Out of reach of everything, so that no contact of the last episode is remembered."""
        self._move((3.0 * slot, 0.0, _NOWHERE), _IDENTITY)

    def place(self, thing: ObjectConfig, surface: float) -> None:
        """At rest where the episode begins; ``surface`` is the height of the workspace, m."""
        x, y, z = thing.initial_position
        half = 0.5 * thing.yaw
        height = surface + z + thing.size * self.model.half_height
        self._move((x, y, height), (0.0, 0.0, math.sin(half), math.cos(half)))

    def set_pose(self, pose: Pose) -> None:
        """At rest anywhere, turned in any way."""
        self._move(pose.position, pose.rotation)

    def _move(self, position: tuple[float, ...], rotation: tuple[float, ...]) -> None:
        if not self._plain:
            position, rotation = bullet.multiplyTransforms(position, rotation, self._centre, self._axes)
        bullet.resetBasePositionAndOrientation(self.body_id, position, rotation, physicsClientId=self._client)
        bullet.resetBaseVelocity(self.body_id, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), physicsClientId=self._client)

    def read(self) -> tuple[Pose, Motion]:
        """Pose of the object frame; velocity of the centre of mass."""
        pose = bullet.getBasePositionAndOrientation(self.body_id, physicsClientId=self._client)
        motion = bullet.getBaseVelocity(self.body_id, physicsClientId=self._client)
        if not self._plain:
            pose = bullet.multiplyTransforms(*pose, *self._back)
        return Pose(*pose), Motion(*motion)


def create_collision_shape(client: int, model: ObjectModel, size: float) -> int:
    """One shape, or a compound of several."""
    return _combined(client, bullet.createCollisionShape, bullet.createCollisionShapeArray,
                     [_geometry(s, size) for s in model.shapes], [_frame(s, size) for s in model.shapes])  # fmt: skip


def create_visual_shape(client: int, model: ObjectModel, size: float) -> int:
    """The object's mesh, or its collision shapes where it has none."""
    if model.mesh:
        return int(bullet.createVisualShape(
            bullet.GEOM_MESH, fileName=model.mesh, meshScale=[size] * 3, physicsClientId=client
        ))  # fmt: skip
    geometry = [_geometry(s, size) for s in model.shapes]
    for g in geometry:
        if "height" in g:
            g["length"] = g.pop("height")
    return _combined(client, bullet.createVisualShape, bullet.createVisualShapeArray, geometry,
                     [_frame(s, size) for s in model.shapes], visual=True)  # fmt: skip


def _frame(shape: Shape, size: float) -> tuple[list[float], tuple[float, ...]]:
    return [size * x for x in shape.position], bullet.getQuaternionFromEuler(shape.rpy)


def _combined(
    client: int, single: Any, several: Any, geometry: list[dict[str, Any]], frames: list[Any], visual: bool = False
) -> int:
    word = "visual" if visual else "collision"
    if len(geometry) == 1:
        position, rotation = frames[0]
        return int(single(**geometry[0], **{f"{word}FramePosition": position, f"{word}FrameOrientation": rotation},
                          physicsClientId=client))  # fmt: skip
    columns: dict[str, list[Any]] = {"shapeTypes": [g["shapeType"] for g in geometry]}
    tall = "lengths"
    columns["halfExtents"] = [g.get("halfExtents", [0.0] * 3) for g in geometry]
    columns["radii"] = [g.get("radius", 0.0) for g in geometry]
    columns[tall] = [g.get("height", g.get("length", 0.0)) for g in geometry]
    columns["fileNames"] = [g.get("fileName", "") for g in geometry]
    columns["meshScales"] = [g.get("meshScale", [1.0] * 3) for g in geometry]
    columns[f"{word}FramePositions"] = [position for position, _ in frames]
    columns[f"{word}FrameOrientations"] = [rotation for _, rotation in frames]
    return int(several(**columns, physicsClientId=client))


def make_furniture(client: int, workspace: Workspace) -> dict[int, WorkspacePart]:
    """The solid parts of the furniture, immovable, by the number of their body."""
    return {_make_part(client, part): part for part in workspace.parts if part.collides}


def make_decoration(client: int, workspace: Workspace) -> dict[int, WorkspacePart]:
    """The parts of the furniture that are only seen."""
    return {_make_part(client, part): part for part in workspace.parts if not part.collides}


def _make_part(client: int, part: WorkspacePart) -> int:
    half, turn = [edge / 2 for edge in part.size], bullet.getQuaternionFromEuler(part.rpy)
    solid = -1
    if part.collides:
        solid = bullet.createCollisionShape(bullet.GEOM_BOX, halfExtents=half, physicsClientId=client)
    look = bullet.createVisualShape(bullet.GEOM_BOX, halfExtents=half, physicsClientId=client)
    return int(bullet.createMultiBody(0.0, solid, look, part.position, turn, physicsClientId=client))
