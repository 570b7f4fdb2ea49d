"""MuJoCo as the engine of a world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mujoco
import numpy as np

from mygym_lite.config.object_bounds import compute_origin_height, compute_rotation
from mygym_lite.config.rotation import rotate_vector, tilt_vector
from mygym_lite.config.state import Motion, Pose, Quaternion, Vec3
from mygym_lite.config.task import Task
from mygym_lite.sim.engine import ActionContacts, JointStates, LinkId, LinkName, Push
from mygym_lite.sim.mujoco.contacts import ContactReader
from mygym_lite.sim.mujoco.model import ModelKey, compile_model, compute_inertia, get_model_key
from mygym_lite.sim.mujoco.motors import IMPEDANCE, Motors
from mygym_lite.sim.mujoco.pairs import set_surfaces

_CONES = {"pyramidal": mujoco.mjtCone.mjCONE_PYRAMIDAL, "elliptic": mujoco.mjtCone.mjCONE_ELLIPTIC}
_STABLE_DAMPING = 0.5  # share of its speed that damping may take from a joint in one physics step
# An unstable episode would restart by itself: the world reports it instead. For damping, see _set_robot.
_DISABLED = int(mujoco.mjtDisableBit.mjDSBL_AUTORESET) | int(mujoco.mjtDisableBit.mjDSBL_EULERDAMP)
_INTEGRATORS = {
    "euler": mujoco.mjtIntegrator.mjINT_EULER,
    "implicitfast": mujoco.mjtIntegrator.mjINT_IMPLICITFAST,
    "implicit": mujoco.mjtIntegrator.mjINT_IMPLICIT,
}


# the world reports an unstable simulation; MuJoCo would also write a log into the working folder
mujoco.set_mju_user_warning(lambda _message: None)


class MujocoEngine:
    """One model with its data."""

    is_intact = True  # no other code of the process can reach the model

    def __init__(self) -> None:
        self._key: ModelKey | None = None

    def restart(self) -> None:
        """Compile a new model at the next episode."""
        self._key = None

    invalidate = restart

    def prepare(self, task: Task, joints: Mapping[str, float]) -> None:
        """Start an episode."""
        key = get_model_key(task)
        if key != self._key:
            self._build(task)
            self._key = key
        mujoco.mj_resetData(self._model, self._data)
        self._set_options(task)
        self._set_robot(task, joints)
        self._model.body_pos[self._compiled.furniture, 2] = task.workspace.height
        self._set_objects(task)
        restitutions = set_surfaces(self._model, self._compiled.pairs, self._compiled.robot, task)
        self._reader.reset(restitutions, task.physics)
        self._motors.reset(1.0 / task.physics.step_hz)
        mujoco.mj_setConst(self._model, self._scratch)  # in other data, which keeps the start of this episode

    def _build(self, task: Task) -> None:
        compiled = self._compiled = compile_model(task)
        self._model = compiled.model
        self._data, self._scratch = mujoco.MjData(self._model), mujoco.MjData(self._model)
        movable = list(compiled.joint_addresses)
        self.joint_indices = {name: number for number, name in enumerate(movable)}
        self._addresses = [compiled.joint_addresses[name] for name in movable]
        self._positions = np.array([position for position, _ in self._addresses], dtype=np.int64)
        self._speeds = np.array([speed for _, speed in self._addresses], dtype=np.int64)
        self._damping = self._model.dof_damping.copy()
        self._inertia = self._model.dof_M0[self._speeds].copy()
        self._motors = Motors(self._model, self._data, self._addresses)
        self._reader = ContactReader(compiled, self._data)

    @property
    def link_ids(self) -> Mapping[LinkName, LinkId]:
        """Ids of the colliding links."""
        return self._compiled.link_ids

    def _set_options(self, task: Task) -> None:
        option, physics = self._model.opt, task.physics
        option.timestep = 1.0 / physics.step_hz
        option.gravity = tilt_vector(physics.gravity, physics.tilt)
        option.iterations = physics.solver_iterations
        option.cone = _CONES[physics.mujoco.cone]
        option.integrator = _INTEGRATORS[physics.mujoco.integrator]
        option.impratio = physics.mujoco.friction_impedance
        option.disableflags |= _DISABLED
        option.jacobian = mujoco.mjtJacobian.mjJAC_SPARSE  # faster, even for a single robot

    def _set_robot(self, task: Task, joints: Mapping[str, float]) -> None:
        model, step = self._model, 1.0 / task.physics.step_hz
        for name, number in self.joint_indices.items():
            self._data.qpos[self._positions[number]] = joints.get(name, 0.0)
        damping = self._damping[self._speeds] * task.robot.damping
        model.dof_damping[self._speeds] = damping
        # Damping is explicit, as in PyBullet. Where that would be unstable, since step D > M, it is taken implicitly:
        # (M + step D) dv = step (force - D v). As a part of the inertia, the motors allow for it too.
        unstable = (step * damping > _STABLE_DAMPING * self._inertia) & (task.physics.mujoco.integrator == "euler")
        model.dof_armature[self._speeds] = np.where(unstable, step * damping, 0.0)
        model.jnt_solref[:] = [2.0 * step, 1.0]
        model.jnt_solimp[:, :2] = IMPEDANCE

    def _set_objects(self, task: Task) -> None:
        for name, config in task.objects.items():
            body = self._compiled.objects[name]
            self._model.body_mass[body], self._model.body_inertia[body] = compute_inertia(config)
            x, y, z = config.initial_position
            height = task.workspace.height + z + compute_origin_height(config)
            self._place(name, (x, y, height), compute_rotation(config))

    def _place(self, name: str, position: Sequence[float], rotation: Sequence[float]) -> None:
        x, y, z, w = rotation
        if name in self._compiled.free_joints:
            at, speed = self._compiled.free_joints[name]
            self._data.qpos[at : at + 7] = (*position, w, x, y, z)
            self._data.qvel[speed : speed + 6] = 0.0
            return
        body = self._compiled.objects[name]
        self._model.body_pos[body], self._model.body_quat[body] = position, (w, x, y, z)

    def drive_to(
        self,
        joints: Sequence[int],
        targets: Sequence[float],
        gain: float,
        speed_limits: Sequence[float] | None,
        torques: Sequence[float],
    ) -> None:
        """Drive joints to positions."""
        self._motors.drive_to(joints, targets, gain, speed_limits, torques)

    def drive_at(
        self, joints: Sequence[int], speeds: Sequence[float], speed_limits: Sequence[float], torques: Sequence[float]
    ) -> None:
        """Drive joints at speeds."""
        self._motors.drive_at(joints, speeds, speed_limits, torques)

    def read_joints(self, joints: Sequence[int]) -> JointStates:
        """Read the states of joints."""
        positions, speeds = self._data.qpos[self._positions[joints]], self._data.qvel[self._speeds[joints]]
        torques = self._motors.read_torques(joints)
        return JointStates(positions.tolist(), speeds.tolist(), torques)

    def read_object(self, name: str) -> tuple[Pose, Motion]:
        """Read pose and velocity of an object."""
        body = self._compiled.objects[name]
        if name not in self._compiled.free_joints:
            w, x, y, z = self._model.body_quat[body].tolist()
            return Pose(tuple(self._model.body_pos[body].tolist()), (x, y, z, w)), _STILL
        at, speed = self._compiled.free_joints[name]
        px, py, pz, w, x, y, z = self._data.qpos[at : at + 7].tolist()
        return Pose((px, py, pz), (x, y, z, w)), _compute_motion(
            (x, y, z, w), self._data.qvel[speed : speed + 6].tolist(), self._model.body_ipos[body].tolist()
        )

    def place_object(self, name: str, pose: Pose) -> None:
        """Place an object at rest."""
        self._place(name, pose.position, pose.rotation)

    def advance(self, steps: int, pushes: Sequence[Push], at_rest: bool) -> ActionContacts:  # noqa: ARG002
        """Run the physics steps of one action."""
        model, data = self._model, self._data
        data.xfrc_applied[:] = 0.0
        for push in pushes:
            data.xfrc_applied[self._compiled.link_bodies[push.link], :3] += push.force
        for _ in range(steps):
            mujoco.mj_step1(model, data)
            self._motors.apply()
            self._reader.shift_references()
            mujoco.mj_step2(model, data)
            self._reader.sample()
        return self._reader.finish()

    def show_markers(self, poses: Mapping[str, Pose]) -> None:
        """Show nothing: this engine has no window."""

    def close(self) -> None:
        """Free the model."""
        self._key = None
        self._model = self._data = self._scratch = None


_STILL = Motion((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def _compute_motion(rotation: Quaternion, velocity: Sequence[float], centre: Vec3) -> Motion:
    """Compute the velocity of the centre of mass; MuJoCo keeps that of the frame, and rotates within the body."""
    vx, vy, vz, *spin = velocity
    wx, wy, wz = rotate_vector(rotation, (spin[0], spin[1], spin[2]))
    if any(centre):
        cx, cy, cz = rotate_vector(rotation, centre)
        vx, vy, vz = vx + wy * cz - wz * cy, vy + wz * cx - wx * cz, vz + wx * cy - wy * cx
    return Motion((vx, vy, vz), (wx, wy, wz))
