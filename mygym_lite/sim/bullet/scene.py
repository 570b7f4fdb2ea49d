"""Bodies of one physics client: robot, furniture and objects, reused across episodes where possible."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

import pybullet as bullet

from mygym_lite.config.objects import load_object
from mygym_lite.config.robot import load_robot
from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig, WorkspaceConfig
from mygym_lite.config.visuals import (
    REGION,
    Visual,
    build_goal_visuals,
    build_region_visuals,
    build_visual_bodies,
    list_marked_regions,
)
from mygym_lite.config.workspace import FLOOR_HEIGHT, FLOOR_SIZE, load_workspace
from mygym_lite.sim.bullet.appearance import BodyAppearances, make_marker
from mygym_lite.sim.bullet.body import (
    Body,
    create_collision_shape,
    create_visual_shape,
    make_decoration,
    make_furniture,
)
from mygym_lite.sim.bullet.robot import BulletRobot
from mygym_lite.sim.engine import LinkId, LinkName

_REBUILD_AFTER = 400  # bodies created; PyBullet keeps a few kilobytes of each until a reset
_NO_BODY = -1  # no body has this id

BodyKey = tuple[str, str, float, bool]  # name, model, size, fixed: a body is reused if all are equal


class Scene:
    """The bodies of a client.

    PyBullet solves contacts in the order of body creation. Bodies are therefore only removed from the end, so that the
    order equals the declaration, independent of earlier episodes.
    """

    def __init__(self, client: int, visuals: bool) -> None:
        self._client = client
        self._visuals = visuals
        self._appearances = BodyAppearances(client)
        self._is_built = False
        self._built_key: tuple[object, ...] | None = None
        self._created_bodies = 0
        self._height: float | None = None  # height of the work surface, m, once applied
        self._shapes: dict[tuple[str, float], int] = {}
        self._body_keys: list[BodyKey] = []
        self.bodies: list[Body] = []

    def prepare(self, task: Task, joints: Mapping[str, float]) -> None:
        """Place all bodies at rest with the parameters of this episode."""
        if self._get_static_key(task) != self._built_key or self._created_bodies > _REBUILD_AFTER:
            self._rebuild(task)
        self._match_objects(task)
        self.robot.configure(task.robot)
        self.robot.reset(joints)
        self._set_furniture(task.workspace)
        for body, config in zip(self.bodies, task.objects.values(), strict=True):
            body.configure(config, task.physics.bullet.contact_stiffness)
            body.place(config, task.workspace.height)
        self._forget_contacts()
        if self._visuals:
            self._apply_appearances(task)

    def _get_static_key(self, task: Task) -> tuple[object, ...]:
        """Return the declaration of the bodies that persist across episodes."""
        # contacts that were soft once cannot be made rigid again
        stiffness = task.physics.bullet.contact_stiffness
        return task.robot.model, task.workspace.model, self._list_markers(task), stiffness

    def _list_markers(self, task: Task) -> tuple[tuple[str, tuple[Visual, ...]], ...]:
        """List the markers of goal and regions with their visuals, empty without visuals."""
        if not self._visuals:
            return ()
        goal = [] if task.goal is None or task.goal.marker == 0.0 else [("goal", build_goal_visuals(task.goal))]
        return *goal, *((name, build_region_visuals(task.regions[name])) for name in list_marked_regions(task))

    def _apply_appearances(self, task: Task) -> None:
        bodies = {frame: body for (body, link), frame in self.map_link_names().items() if link == -1}
        for visual_body in build_visual_bodies(task):
            if visual_body.body not in ("robot", "goal", REGION):  # constant across episodes
                self._appearances.apply(bodies[visual_body.body, visual_body.link], visual_body)

    def show_markers(self, poses: Mapping[str, Pose]) -> None:
        """Move the markers of goal and regions."""
        for name, bodies in self._markers.items():
            for body in bodies:
                bullet.resetBasePositionAndOrientation(body, *poses[name], physicsClientId=self._client)

    def _set_furniture(self, config: WorkspaceConfig) -> None:
        for body in self._furniture:
            # PyBullet multiplies both restitutions: with 1 here, the object's own applies
            bullet.changeDynamics(
                body, -1, lateralFriction=config.friction, restitution=1.0, physicsClientId=self._client
            )
        if config.height != self._height:
            self._height = config.height
            for body, (x, y, z), rotation in self._furniture_poses:  # from the built pose, to avoid drift
                position = (x, y, z + config.height)
                bullet.resetBasePositionAndOrientation(body, position, rotation, physicsClientId=self._client)

    def invalidate(self) -> None:
        """Rebuild all bodies at the next episode, after an unstable simulation."""
        self._built_key = None

    def _rebuild(self, task: Task) -> None:
        # the default, a tree of bounding boxes, keeps a trace of earlier episodes, and is slower for so few bodies
        bullet.resetSimulation(bullet.RESET_USE_SIMPLE_BROADPHASE, physicsClientId=self._client)
        self._appearances.forget()
        self._created_bodies, self._shapes, self._body_keys, self.bodies = 0, {}, [], []
        self._floor = self._make_floor()
        workspace = load_workspace(task.workspace.model)
        self._furniture = make_furniture(self._client, workspace)
        self.robot = BulletRobot(self._client, load_robot(task.robot.model), self._visuals)
        self._decoration = make_decoration(self._client, workspace) if self._visuals else {}
        self._markers = {name: make_marker(self._client, visuals) for name, visuals in self._list_markers(task)}
        self._furniture_poses = [
            (body, *bullet.getBasePositionAndOrientation(body, physicsClientId=self._client))
            for body in (*self._furniture, *self._decoration)
        ]
        self._height = None
        self._is_built, self._built_key = True, self._get_static_key(task)

    def _make_floor(self) -> int:
        half = [edge / 2 for edge in FLOOR_SIZE]
        shape = bullet.createCollisionShape(bullet.GEOM_BOX, halfExtents=half, physicsClientId=self._client)
        visual = -1
        if self._visuals:
            visual = bullet.createVisualShape(bullet.GEOM_BOX, halfExtents=half, physicsClientId=self._client)
        body: int = bullet.createMultiBody(
            0.0, shape, visual, (0.0, 0.0, FLOOR_HEIGHT - half[2]), physicsClientId=self._client
        )
        return body

    def _match_objects(self, task: Task) -> None:
        keys = [(name, config.model, config.size, config.fixed) for name, config in task.objects.items()]
        same = 0
        while same < min(len(keys), len(self._body_keys)) and keys[same] == self._body_keys[same]:
            same += 1
        while len(self.bodies) > same:
            body = self.bodies.pop().body_id
            self._appearances.forget([body])
            bullet.removeBody(body, physicsClientId=self._client)
        for name, config in list(task.objects.items())[same:]:
            self.bodies.append(self._make_body(name, config))
        self._body_keys = keys

    def _make_body(self, name: str, config: ObjectConfig) -> Body:
        self._created_bodies += 1
        model, key = load_object(config.model), (config.model, config.size)
        if key not in self._shapes or model.has_hull:
            # a used hull has another collision margin than a new one, which would change the motion
            self._shapes[key] = create_collision_shape(self._client, model, config.size)
        visual = create_visual_shape(self._client, model, config.size) if self._visuals else -1
        return Body(self._client, name, config, self._shapes[key], visual)

    def _forget_contacts(self) -> None:
        """Drop all contacts and overlaps, which PyBullet would report and solve in the order of their history.

        A manifold holds the contacts of two shapes. Removing one moves the last one into its place, so manifolds that
        outlived an episode would reorder those of the next one. Any collision rule for a body makes PyBullet forget its
        overlaps and their manifolds; the rule for a missing body has no other effect.
        """
        for body in (self.robot.body_id, *(body.body_id for body in self.bodies)):
            bullet.setCollisionFilterPair(body, _NO_BODY, -1, -1, 1, physicsClientId=self._client)

    @property
    def body_ids(self) -> set[int]:
        """Ids of all bodies in the client."""
        if not self._is_built:
            return set()
        objects = (body.body_id for body in self.bodies)
        markers = chain(*self._markers.values())
        return {self._floor, self.robot.body_id, *self._furniture, *self._decoration, *markers, *objects}

    def map_link_names(self) -> dict[LinkId, LinkName]:
        """Map body id and link index to the declared names of body and link."""
        parts = {(body, -1): ("table", part.name) for body, part in (self._furniture | self._decoration).items()}
        links = {(self.robot.body_id, index): ("robot", link) for link, index in self.robot.link_indices.items()}
        objects = {(body.body_id, -1): (body.name, "") for body in self.bodies}
        markers = {
            (body, -1): ("goal", "") if name == "goal" else (REGION, name)
            for name, bodies in self._markers.items()
            for body in bodies
        }
        return {(self._floor, -1): ("floor", ""), **parts, **links, **objects, **markers}
