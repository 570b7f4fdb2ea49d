"""MuJoCo as the engine of a world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mujoco

from mygym_lite.config.rotation import rotate_vector
from mygym_lite.config.state import Motion, Pose, Quaternion, Vec3
from mygym_lite.config.task import Task
from mygym_lite.sim.engine import ActionContacts, JointStates, LinkId, LinkName, Push
from mygym_lite.sim.mujoco.model import ModelKey, get_model_key
from mygym_lite.sim.mujoco.motors import Motors
from mygym_lite.sim.mujoco.scene import Scene

# the world reports an unstable simulation; MuJoCo would also write a log into the working folder
mujoco.set_mju_user_warning(lambda _message: None)
_MAX_SCENES = 16  # more than the objects of a bank: a task that draws one of them compiles each once


class MujocoEngine:
    """The scenes of the last models; the latest one is that of the episode."""

    is_intact = True  # no other code of the process can reach the models

    def __init__(self) -> None:
        self._scenes: dict[ModelKey, Scene] = {}

    def restart(self) -> None:
        """Compile a new model at the next episode."""
        self._scenes.clear()

    invalidate = restart

    def prepare(self, task: Task, joints: Mapping[str, float]) -> None:
        """Start an episode."""
        key = get_model_key(task)
        scene = self._scenes.pop(key, None) or Scene(task)
        self._scenes[key] = self._scene = scene
        if len(self._scenes) > _MAX_SCENES:
            del self._scenes[next(iter(self._scenes))]  # the one that has not been used for longest
        scene.prepare(task, joints)

    @property
    def motors(self) -> Motors:
        """Motors of the robot."""
        return self._scene.motors

    @property
    def joint_indices(self) -> Mapping[str, int]:
        """Numbers of the joints of the robot, by name."""
        return self._scene.joint_indices

    @property
    def link_ids(self) -> Mapping[LinkName, LinkId]:
        """Ids of the colliding links."""
        return self._scene.compiled.link_ids

    def read_joints(self, joints: Sequence[int]) -> JointStates:
        """Read the states of joints."""
        scene = self._scene
        positions, speeds = scene.data.qpos.tolist(), scene.data.qvel.tolist()  # faster than indexing with arrays
        return JointStates(
            [positions[scene.positions[joint]] for joint in joints],
            [speeds[scene.speeds[joint]] for joint in joints],
            scene.motors.read_torques(joints),
        )

    def read_object(self, name: str) -> tuple[Pose, Motion]:
        """Read pose and velocity of an object."""
        compiled, model, data = self._scene.compiled, self._scene.model, self._scene.data
        body = compiled.objects[name]
        if name not in compiled.free_joints:
            w, x, y, z = model.body_quat[body].tolist()
            return Pose(tuple(model.body_pos[body].tolist()), (x, y, z, w)), _STILL
        at, speed = compiled.free_joints[name]
        px, py, pz, w, x, y, z = data.qpos[at : at + 7].tolist()
        return Pose((px, py, pz), (x, y, z, w)), _compute_motion(
            (x, y, z, w), data.qvel[speed : speed + 6].tolist(), model.body_ipos[body].tolist()
        )

    def place_object(self, name: str, pose: Pose) -> None:
        """Place an object at rest."""
        self._scene.place_object(name, pose.position, pose.rotation)

    def advance(self, steps: int, pushes: Sequence[Push], at_rest: bool) -> ActionContacts:  # noqa: ARG002
        """Run the physics steps of one action."""
        scene = self._scene
        model, data, motors, contacts = scene.model, scene.data, scene.motors, scene.contacts
        data.xfrc_applied[:] = 0.0
        for push in pushes:
            data.xfrc_applied[scene.compiled.link_bodies[push.link], :3] += push.force
        contacts.begin(steps)
        for _ in range(steps):
            mujoco.mj_step1(model, data)
            motors.apply()
            contacts.shift_references()
            mujoco.mj_step2(model, data)
            contacts.sample()
        return contacts.finish()

    def show_markers(self, poses: Mapping[str, Pose]) -> None:
        """Show nothing: this engine has no window."""

    def close(self) -> None:
        """Free the models."""
        self._scenes.clear()
        self._scene = None  # type: ignore[assignment]


_STILL = Motion((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def _compute_motion(rotation: Quaternion, velocity: Sequence[float], centre: Vec3) -> Motion:
    """Compute the velocity of the centre of mass; MuJoCo keeps that of the frame, and rotates within the body."""
    vx, vy, vz, *spin = velocity
    wx, wy, wz = rotate_vector(rotation, (spin[0], spin[1], spin[2]))
    if any(centre):
        cx, cy, cz = rotate_vector(rotation, centre)
        vx, vy, vz = vx + wy * cz - wz * cy, vy + wz * cx - wx * cz, vz + wx * cy - wy * cx
    return Motion((vx, vy, vz), (wx, wy, wz))
