"""Objects and furniture in PyBullet, with exact inertia and physical parameters set for every episode."""

from __future__ import annotations

from typing import Any

import pybullet as bullet

from mygym_lite.config.object_bounds import compute_origin_height, compute_rotation
from mygym_lite.config.objects import ObjectModel, Shape, load_object
from mygym_lite.config.rotation import rotate_vector
from mygym_lite.config.state import Motion, Pose, Vec3
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.workspace import Workspace, WorkspacePart

_CONTACT_THRESHOLD = 1e-5  # m; contacts across a wider gap would brake an object before impact and damp its bounce
_PARKING_HEIGHT = 50.0  # m; out of reach of every camera and contact
_HULL_MARGIN = 1e-4  # m; with a margin of zero, ray casts miss hulls
_SETTLING_TIME = 1 / 30  # s; damping over stiffness of soft contacts
_ZERO: Vec3 = (0.0, 0.0, 0.0)
_STILL = Motion(_ZERO, _ZERO)
_IDENTITY = (0.0, 0.0, 0.0, 1.0)


def _describe_shape(shape: Shape, size: float) -> dict[str, Any]:
    """Return the keyword arguments of PyBullet for one scaled shape."""
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
    """An object of the scene."""

    def __init__(self, client: int, name: str, config: ObjectConfig, shape: int, visual: int) -> None:
        self.name = name
        self.model: ObjectModel = load_object(config.model)
        self._client = client
        self._size = config.size
        mass = self.model.mass_properties
        self._moments = mass.moments
        self._centre = tuple(config.size * x for x in mass.centre)
        self._axes = mass.axes
        self._inverse_inertial_frame = bullet.invertTransform(self._centre, self._axes)
        # most poses need no conversion, which saves microseconds in every step
        self._is_centred = max(map(abs, self._centre)) < 1e-12 and self._axes == _IDENTITY
        self._pose: tuple[Any, Any] = ((0.0, 0.0, 0.0), _IDENTITY)
        self._belt_speed = 0.0
        self._velocity = _ZERO  # m/s, of the surface of a belt
        self.body_id: int = bullet.createMultiBody(
            baseMass=0.0 if config.fixed else float(config.mass or self.model.mass),
            baseCollisionShapeIndex=shape,
            baseVisualShapeIndex=visual,
            basePosition=(0.0, 0.0, _PARKING_HEIGHT),
            baseInertialFramePosition=self._centre,
            baseInertialFrameOrientation=self._axes,
            physicsClientId=client,
        )
        if self.model.has_hull:
            # the default margin of a millimetre would make hulls start inside the table
            bullet.changeDynamics(self.body_id, -1, collisionMargin=_HULL_MARGIN, physicsClientId=client)

    def configure(self, config: ObjectConfig, contact_stiffness: float | None) -> None:
        """Apply the episode's mass, inertia, friction, restitution and softness of contacts."""
        self._belt_speed = config.belt_speed
        mass = float(config.mass or 0.0)
        inertia = [mass * config.inertia * config.size**2 * m for m in self._moments]
        dynamics: dict[str, Any] = {} if config.fixed else {"mass": mass, "localInertiaDiagonal": inertia}
        if contact_stiffness is not None:
            dynamics |= {"contactStiffness": contact_stiffness, "contactDamping": contact_stiffness * _SETTLING_TIME}
        bullet.changeDynamics(
            self.body_id,
            -1,
            lateralFriction=config.friction,
            rollingFriction=config.rolling_friction,
            spinningFriction=config.spinning_friction,
            restitution=config.restitution,
            linearDamping=0.0,
            angularDamping=0.0,
            contactProcessingThreshold=_CONTACT_THRESHOLD,
            physicsClientId=self._client,
            **dynamics,
        )

    def place(self, config: ObjectConfig, surface: float) -> None:
        """Place the body at rest at its initial pose; ``surface`` is the height of the workspace, m."""
        x, y, z = config.initial_position
        self._move((x, y, surface + z + compute_origin_height(config)), compute_rotation(config))

    def set_pose(self, pose: Pose) -> None:
        """Place the body at rest at any pose."""
        self._move(pose.position, pose.rotation)

    def _move(self, position: tuple[float, ...], rotation: tuple[float, ...]) -> None:
        self._velocity = _ZERO
        if self._belt_speed:
            self._velocity = rotate_vector(rotation, (self._belt_speed, 0.0, 0.0))  # type: ignore[arg-type]
        if not self._is_centred:
            position, rotation = bullet.multiplyTransforms(position, rotation, self._centre, self._axes)
        self._pose = position, rotation
        self.rewind()

    @property
    def is_belt(self) -> bool:
        """True if the surface of the body moves."""
        return self._belt_speed != 0.0

    def rewind(self) -> None:
        """Return to the last place; PyBullet moves a belt, whose surface has a velocity, in every physics step."""
        bullet.resetBasePositionAndOrientation(self.body_id, *self._pose, physicsClientId=self._client)
        bullet.resetBaseVelocity(self.body_id, self._velocity, _ZERO, physicsClientId=self._client)

    def read(self) -> tuple[Pose, Motion]:
        """Return the pose of the object frame and the velocity of the centre of mass."""
        pose = bullet.getBasePositionAndOrientation(self.body_id, physicsClientId=self._client)
        motion = bullet.getBaseVelocity(self.body_id, physicsClientId=self._client)
        if self._belt_speed:
            motion = _STILL
        if not self._is_centred:
            pose = bullet.multiplyTransforms(*pose, *self._inverse_inertial_frame)
        return Pose(*pose), Motion(*motion)


def create_collision_shape(client: int, model: ObjectModel, size: float) -> int:
    """Create the collision shape of a model, a compound if it has several parts."""
    return _create_shape(client, "collision", [_describe_shape(s, size) for s in model.shapes], model, size)


def create_visual_shape(client: int, model: ObjectModel, size: float) -> int:
    """Create the visual shape of a model from its mesh, or from its collision shapes if it has none."""
    if model.mesh:
        scale = [size] * 3
        return int(
            bullet.createVisualShape(bullet.GEOM_MESH, fileName=model.mesh, meshScale=scale, physicsClientId=client)
        )
    geometry = [_describe_shape(s, size) for s in model.shapes]
    for g in geometry:
        if "height" in g:
            g["length"] = g.pop("height")
    return _create_shape(client, "visual", geometry, model, size)


def _get_frame(shape: Shape, size: float) -> tuple[list[float], tuple[float, ...]]:
    return [size * x for x in shape.position], bullet.getQuaternionFromEuler(shape.rpy)


def _create_shape(client: int, kind: str, geometry: list[dict[str, Any]], model: ObjectModel, size: float) -> int:
    create = getattr(bullet, f"create{kind.title()}Shape")
    frames = [_get_frame(shape, size) for shape in model.shapes]
    if len(geometry) == 1:
        frame = dict(zip((f"{kind}FramePosition", f"{kind}FrameOrientation"), frames[0], strict=True))
        return int(create(**geometry[0], **frame, physicsClientId=client))
    columns: dict[str, list[Any]] = {"shapeTypes": [g["shapeType"] for g in geometry]}
    columns["halfExtents"] = [g.get("halfExtents", [0.0] * 3) for g in geometry]
    columns["radii"] = [g.get("radius", 0.0) for g in geometry]
    columns["lengths"] = [g.get("height", g.get("length", 0.0)) for g in geometry]
    columns["fileNames"] = [g.get("fileName", "") for g in geometry]
    columns["meshScales"] = [g.get("meshScale", [1.0] * 3) for g in geometry]
    columns[f"{kind}FramePositions"] = [position for position, _ in frames]
    columns[f"{kind}FrameOrientations"] = [rotation for _, rotation in frames]
    return int(getattr(bullet, f"create{kind.title()}ShapeArray")(**columns, physicsClientId=client))


def make_furniture(client: int, workspace: Workspace) -> dict[int, WorkspacePart]:
    """Create the colliding parts of the furniture as static bodies; return them by body id."""
    return {_make_part(client, part): part for part in workspace.parts if part.collides}


def make_decoration(client: int, workspace: Workspace) -> dict[int, WorkspacePart]:
    """Create the purely visual parts of the furniture; return them by body id."""
    return {_make_part(client, part): part for part in workspace.parts if not part.collides}


def _make_part(client: int, part: WorkspacePart) -> int:
    half_extents, rotation = [edge / 2 for edge in part.size], bullet.getQuaternionFromEuler(part.rpy)
    collision = -1
    if part.collides:
        collision = bullet.createCollisionShape(bullet.GEOM_BOX, halfExtents=half_extents, physicsClientId=client)
    visual = bullet.createVisualShape(bullet.GEOM_BOX, halfExtents=half_extents, physicsClientId=client)
    return int(bullet.createMultiBody(0.0, collision, visual, part.position, rotation, physicsClientId=client))
