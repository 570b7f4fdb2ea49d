"""What stands in one physics client: robot, furniture and objects, reused from episode to episode where they can be."""

from __future__ import annotations

import pybullet as bullet

from mygym_lite.config.objects import load_object
from mygym_lite.config.robot import load_robot
from mygym_lite.config.state import Pose
from mygym_lite.config.task import ObjectConfig, Task, WorkspaceConfig
from mygym_lite.config.visuals import Visual, build_goal_visuals, build_visual_bodies
from mygym_lite.config.workspace import FLOOR_HEIGHT, FLOOR_SIZE, load_workspace
from mygym_lite.sim.appearance import BodyAppearances, make_marker
from mygym_lite.sim.body import Body, create_collision_shape, create_visual_shape, make_decoration, make_furniture
from mygym_lite.sim.contact import LinkId
from mygym_lite.sim.robot import Robot

_REBUILD_AFTER = 400  # bodies created; the engine keeps a few kilobytes of each until everything is reset

BodyKey = tuple[str, str, float, bool]  # name, model, size, fixed: what decides which body is needed
LinkName = tuple[str, str]  # body and link


class Scene:
    """The bodies of a client.

    Contacts are solved in the order in which bodies were made, so bodies are only ever taken away from the end:
    whatever came before, the scene of an episode has been made in the order of its declaration.
    """

    def __init__(self, client: int, visuals: bool) -> None:
        self._client = client
        self._visuals = visuals
        self._painter = BodyAppearances(client)
        self._begun = False  # whether anything stands there
        self._built: tuple[object, ...] | None = None
        self._made = 0
        self._height: float | None = None  # of the surface, once it has been set
        self._shapes: dict[tuple[str, float], int] = {}
        self._kinds: list[BodyKey] = []
        self.bodies: list[Body] = []

    def prepare(self, task: Task) -> None:
        """Everything in its place, at rest, with the parameters of this episode."""
        if self._stage(task) != self._built or self._made > _REBUILD_AFTER:
            self._rebuild(task)
        self._match_objects(task)
        self._flush_contacts()
        self.robot.configure(task.robot, 1.0 / task.physics.step_hz)
        self.robot.reset(task.robot)
        self._set_furniture(task.workspace)
        for body, thing in zip(self.bodies, task.objects.values(), strict=True):
            body.configure(thing)
            body.place(thing, task.workspace.height)
        if self._visuals:
            self._paint(task)

    def _stage(self, task: Task) -> tuple[object, ...]:
        """What is there before the objects, and stays from episode to episode."""
        return task.robot.model, task.workspace.model, self._marker_of(task)

    def _marker_of(self, task: Task) -> tuple[Visual, ...]:
        """What shows the goal; nothing of it is there where nothing is drawn."""
        seen = self._visuals and task.goal is not None and task.goal.marker > 0.0
        return build_goal_visuals(task.goal) if seen and task.goal is not None else ()

    def _paint(self, task: Task) -> None:
        bodies = {frame: body for (body, link), frame in self.map_link_names().items() if link == -1}
        for thing in build_visual_bodies(task):
            if thing.body not in ("robot", "goal"):  # these look alike in every episode
                self._painter.apply(bodies[thing.body, thing.link], thing)

    def show_goal(self, pose: Pose) -> None:
        """Put the marker where the goal is."""
        for body in self._marker:
            bullet.resetBasePositionAndOrientation(body, *pose, physicsClientId=self._client)

    def _set_furniture(self, use: WorkspaceConfig) -> None:
        for body in self._furniture:
            # a bounce keeps the product of both restitutions, so the object's own decides
            bullet.changeDynamics(body, -1, lateralFriction=use.friction, restitution=1.0, physicsClientId=self._client)
        if use.height != self._height:
            self._height = use.height
            for body, (x, y, z), turn in self._standing:  # from where it was built: steps up and down would not add up
                place = (x, y, z + use.height)
                bullet.resetBasePositionAndOrientation(body, place, turn, physicsClientId=self._client)

    def invalidate(self) -> None:
        """Build everything anew at the next episode: this world has broken."""
        self._built = None

    def _rebuild(self, task: Task) -> None:
        bullet.resetSimulation(physicsClientId=self._client)
        self._painter.forget()
        self._made, self._shapes, self._kinds, self.bodies = 0, {}, [], []
        self._floor = self._make_floor()
        workspace = load_workspace(task.workspace.model)
        self._furniture = make_furniture(self._client, workspace)
        self.robot = Robot(self._client, load_robot(task.robot.model), self._visuals)
        self._decoration = make_decoration(self._client, workspace) if self._visuals else {}
        self._marker = make_marker(self._client, self._marker_of(task))
        self._standing = [
            (body, *bullet.getBasePositionAndOrientation(body, physicsClientId=self._client))
            for body in (*self._furniture, *self._decoration)
        ]
        self._height = None
        self._begun, self._built = True, self._stage(task)

    def _make_floor(self) -> int:
        half = [edge / 2 for edge in FLOOR_SIZE]
        shape = bullet.createCollisionShape(bullet.GEOM_BOX, halfExtents=half, physicsClientId=self._client)
        look = -1
        if self._visuals:
            look = bullet.createVisualShape(bullet.GEOM_BOX, halfExtents=half, physicsClientId=self._client)
        body: int = bullet.createMultiBody(
            0.0, shape, look, (0.0, 0.0, FLOOR_HEIGHT - half[2]), physicsClientId=self._client
        )
        return body

    def _match_objects(self, task: Task) -> None:
        wanted = [(name, thing.model, thing.size, thing.fixed) for name, thing in task.objects.items()]
        same = 0
        while same < min(len(wanted), len(self._kinds)) and wanted[same] == self._kinds[same]:
            same += 1
        while len(self.bodies) > same:
            body = self.bodies.pop().body_id
            self._painter.forget([body])
            bullet.removeBody(body, physicsClientId=self._client)
        for name, thing in list(task.objects.items())[same:]:
            self.bodies.append(self._make(name, thing))
        self._kinds = wanted

    def _make(self, name: str, thing: ObjectConfig) -> Body:
        self._made += 1
        model, key = load_object(thing.model), (thing.model, thing.size)
        if key not in self._shapes or model.has_hull:
            # a hull once used has another margin than a new one, and a body made from it would move otherwise
            self._shapes[key] = create_collision_shape(self._client, model, thing.size)
        look = create_visual_shape(self._client, model, thing.size) if self._visuals else -1
        return Body(self._client, name, thing, self._shapes[key], look)

    def _flush_contacts(self) -> None:
        """Bodies that were teleported keep the contacts of where they were, until they are looked for far from all."""
        for slot, body in enumerate(self.bodies):
            body.park(slot)
        bullet.performCollisionDetection(physicsClientId=self._client)

    @property
    def body_ids(self) -> set[int]:
        """The engine's numbers of all bodies that are there."""
        if not self._begun:
            return set()
        return {self._floor, self.robot.body_id, *self._furniture, *self._decoration, *self._marker,
                *(body.body_id for body in self.bodies)}  # fmt: skip

    def map_link_names(self) -> dict[tuple[int, int], LinkName]:
        """Body and link as they are declared, by the engine's numbers."""
        parts = {(body, -1): ("table", part.name) for body, part in (self._furniture | self._decoration).items()}
        links = {(self.robot.body_id, index): ("robot", link) for link, index in self.robot.link_indices.items()}
        objects = {(body.body_id, -1): (body.name, "") for body in self.bodies}
        goal = {(body, -1): ("goal", "") for body in self._marker}
        return {(self._floor, -1): ("floor", ""), **parts, **links, **objects, **goal}

    def list_contact_groups(self) -> dict[str, list[LinkId]]:
        """Contact groups: those of the robot, ``table``, every object by name, ``objects`` for all of them."""
        parts = {body.name: [(body.body_id, -1)] for body in self.bodies}
        everything = [part for group in parts.values() for part in group]
        return {
            **self.robot.list_contact_groups(),
            "table": [(body, -1) for body in self._furniture],
            **parts,
            "objects": everything,
        }
