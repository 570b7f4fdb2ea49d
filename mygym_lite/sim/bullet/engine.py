"""PyBullet as the engine of a world: one physics client."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence

import pybullet as bullet

from mygym_lite.config.state import Motion, Pose
from mygym_lite.config.task import Task
from mygym_lite.sim.bullet.contacts import ContactReader
from mygym_lite.sim.bullet.scene import Scene
from mygym_lite.sim.bullet.solver import ContactSolver
from mygym_lite.sim.engine import ActionContacts, JointStates, LinkId, LinkName, Push


class BulletEngine:
    """One physics client with the bodies of a task."""

    def __init__(self, visuals: bool, gui: bool) -> None:
        self._mode = bullet.GUI if gui else bullet.DIRECT
        self.visuals = visuals or gui
        self._connect()

    def _connect(self) -> None:
        """Connect an empty physics client."""
        self.client: int = bullet.connect(self._mode)
        # the number of clients is limited, and a world may be garbage-collected without close()
        self._close = weakref.finalize(self, _disconnect, self.client)
        self._scene = Scene(self.client, self.visuals)

    @property
    def is_intact(self) -> bool:
        """True if the client holds exactly the bodies of this engine; any code of the process may have changed it."""
        if not bullet.isConnected(self.client) or bullet.getNumConstraints(physicsClientId=self.client):
            return False
        count = bullet.getNumBodies(physicsClientId=self.client)
        return {bullet.getBodyUniqueId(i, physicsClientId=self.client) for i in range(count)} == self._scene.body_ids

    def restart(self) -> None:
        """Continue in a new, empty client."""
        self._close()
        self._connect()

    def prepare(self, task: Task, joints: Mapping[str, float]) -> None:
        """Start an episode."""
        if self._close.alive and not self.is_intact:
            self.restart()
        self._scene.prepare(task, joints)
        self._robot = self.motors = self._scene.robot
        self._belts = [body for body in self._scene.bodies if body.is_belt]
        self._bodies = {body.name: body for body in self._scene.bodies}
        self._solver = ContactSolver(self.client, task)
        self._reader = ContactReader(self.client, self._robot.body_id)

    @property
    def joint_indices(self) -> Mapping[str, int]:
        """Joint indices of the robot, by name."""
        return self._robot.joint_indices

    @property
    def link_ids(self) -> Mapping[LinkName, LinkId]:
        """Body id and link index of each link, by name."""
        return {name: link for link, name in self.link_names.items()}

    @property
    def link_names(self) -> dict[LinkId, LinkName]:
        """Declared names of body and link by body id and link index."""
        return self._scene.map_link_names()

    def read_joints(self, joints: Sequence[int]) -> JointStates:
        """Read the states of joints."""
        return self._robot.read_joints(joints)

    def read_object(self, name: str) -> tuple[Pose, Motion]:
        """Read pose and velocity of an object."""
        return self._bodies[name].read()

    def place_object(self, name: str, pose: Pose) -> None:
        """Place an object at rest."""
        self._bodies[name].set_pose(pose)

    def advance(self, steps: int, pushes: Sequence[Push], at_rest: bool) -> ActionContacts:
        """Run the physics steps of one action."""
        for _ in range(steps):
            for push in pushes:
                self._apply_push(push)
            bullet.stepSimulation(physicsClientId=self.client)
            for belt in self._belts:
                belt.rewind()
            self._reader.sample(at_rest)
            self._solver.adapt(self._reader.depth)
        return self._reader.finish()

    def _apply_push(self, push: Push) -> None:
        """Apply a push at the centre of mass, without torque."""
        name, part = push.link
        if name == "robot":
            body, link = self._robot.body_id, self._robot.link_indices[part]
            point = bullet.getLinkState(body, link, physicsClientId=self.client)[0]
        else:
            body, link = self._bodies[name].body_id, -1
            point = bullet.getBasePositionAndOrientation(body, physicsClientId=self.client)[0]
        bullet.applyExternalForce(body, link, push.force, point, bullet.WORLD_FRAME, physicsClientId=self.client)

    def show_markers(self, poses: Mapping[str, Pose]) -> None:
        """Move the markers of goal and regions."""
        self._scene.show_markers(poses)

    def invalidate(self) -> None:
        """Build all bodies anew at the next episode."""
        self._scene.invalidate()

    def close(self) -> None:
        """Disconnect the client."""
        self._close()


def _disconnect(client: int) -> None:
    if bullet.isConnected(client):
        bullet.disconnect(client)
