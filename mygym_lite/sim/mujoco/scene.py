"""Scene of one compiled model: its data, motors and contacts, with the parameters of an episode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mujoco
import numpy as np

from mygym_lite.config.object_bounds import compute_origin_height, compute_rotation
from mygym_lite.config.rotation import rotate_vector, tilt_vector
from mygym_lite.config.task import Task
from mygym_lite.config.task_physics import Physics
from mygym_lite.sim.mujoco.contacts import ContactReader
from mygym_lite.sim.mujoco.model import compile_model, compute_inertia
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


class Scene:
    """Bodies of a task, reused by all episodes with the same models and sizes."""

    def __init__(self, task: Task) -> None:
        compiled = self.compiled = compile_model(task)
        self.model, self.data = compiled.model, mujoco.MjData(compiled.model)
        self.joint_indices = {name: number for number, name in enumerate(compiled.joint_addresses)}
        addresses = list(compiled.joint_addresses.values())
        self.positions, self.speeds = [position for position, _ in addresses], [speed for _, speed in addresses]
        self._damping = self.model.dof_damping[self.speeds]
        self._inertia = self.model.dof_M0[self.speeds]
        self.motors = Motors(self.model, self.data, addresses)
        self.contacts = ContactReader(compiled, self.data)

    def prepare(self, task: Task, joints: Mapping[str, float]) -> None:
        """Start an episode: set the parameters of the task, and place all bodies at rest."""
        self._set_options(task.physics)
        self._set_robot(task)
        self.model.body_pos[self.compiled.furniture, 2] = task.workspace.height
        for name, config in task.objects.items():
            body = self.compiled.objects[name]
            self.model.body_mass[body], self.model.body_inertia[body] = compute_inertia(config)
        restitutions = set_surfaces(self.model, self.compiled.pairs, self.compiled.robot, task)
        self.contacts.reset(restitutions, task.physics)
        self.motors.reset(1.0 / task.physics.step_hz)
        mujoco.mj_setConst(self.model, self.data)  # computes in the data, which are reset next
        mujoco.mj_resetData(self.model, self.data)
        self._place_all(task, joints)
        self._belts = {name: config.belt_speed for name, config in task.objects.items() if config.belt_speed}
        self._move_belts()

    def _set_options(self, physics: Physics) -> None:
        option = self.model.opt
        option.timestep = 1.0 / physics.step_hz
        option.gravity = tilt_vector(physics.gravity, physics.tilt)
        option.iterations = physics.solver_iterations
        option.cone = _CONES[physics.mujoco.cone]
        option.integrator = _INTEGRATORS[physics.mujoco.integrator]
        option.impratio = physics.mujoco.friction_impedance
        option.disableflags |= _DISABLED
        option.jacobian = mujoco.mjtJacobian.mjJAC_SPARSE  # faster, even for a single robot

    def _set_robot(self, task: Task) -> None:
        model, step = self.model, 1.0 / task.physics.step_hz
        damping = self._damping * task.robot.damping
        model.dof_damping[self.speeds] = damping
        # Damping is explicit, as in PyBullet. Where that would be unstable, since step D > M, it is taken implicitly:
        # (M + step D) dv = step (force - D v). As a part of the inertia, the motors allow for it too.
        unstable = (step * damping > _STABLE_DAMPING * self._inertia) & (task.physics.mujoco.integrator == "euler")
        model.dof_armature[self.speeds] = np.where(unstable, step * damping, 0.0)
        model.jnt_solref[:] = [2.0 * step, 1.0]
        model.jnt_solimp[:, :2] = IMPEDANCE

    def _place_all(self, task: Task, joints: Mapping[str, float]) -> None:
        self.data.qpos[self.positions] = [joints.get(name, 0.0) for name in self.joint_indices]
        for name, config in task.objects.items():
            x, y, z = config.initial_position
            height = task.workspace.height + z + compute_origin_height(config)
            self.place(name, (x, y, height), compute_rotation(config))

    def place(self, name: str, position: Sequence[float], rotation: Sequence[float]) -> None:
        """Place an object at rest."""
        x, y, z, w = rotation
        if name in self.compiled.free_joints:
            at, speed = self.compiled.free_joints[name]
            self.data.qpos[at : at + 7] = (*position, w, x, y, z)
            self.data.qvel[speed : speed + 6] = 0.0
            return
        body = self.compiled.objects[name]
        self.model.body_pos[body], self.model.body_quat[body] = position, (w, x, y, z)

    def place_object(self, name: str, position: Sequence[float], rotation: Sequence[float]) -> None:
        """Place an object at rest during an episode; the surface of a belt then moves along its new x axis."""
        self.place(name, position, rotation)
        self._move_belts()

    def _move_belts(self) -> None:
        """Set the velocities of the surfaces of belts, along their present x axes."""
        if not self._belts:
            return
        velocities = np.zeros((self.model.ngeom, 3))
        for name, speed in self._belts.items():
            body = self.compiled.objects[name]
            w, x, y, z = self.model.body_quat[body].tolist()
            velocities[self.model.geom_bodyid == body] = rotate_vector((x, y, z, w), (speed, 0.0, 0.0))
        self.contacts.set_surface_velocities(velocities)
