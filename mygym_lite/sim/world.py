"""One physics world: an episode's task goes in, actions go in, states come out.

Nothing of an earlier episode is left in it: the states that follow a reset depend on task, seed and actions alone,
bit for bit, in any process.
"""

from __future__ import annotations

import math
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import NoReturn, Self

import numpy as np
import pybullet as bullet
from numpy.typing import NDArray

from mygym_lite.config.head_pose import compute_goal_position
from mygym_lite.config.objects import FAMILIES, load_object
from mygym_lite.config.robot import RobotModel
from mygym_lite.config.rotation import quaternion_from_rpy, tilt_vector
from mygym_lite.config.state import Motion, ObjectShape, Pose, State
from mygym_lite.config.task import Goal, Task
from mygym_lite.errors import PhysicsError, UsageError
from mygym_lite.sim.contact import ContactRecorder
from mygym_lite.sim.control import ArmControl
from mygym_lite.sim.kinematics import Kinematics
from mygym_lite.sim.pushes import PushEvent, draw_pushes
from mygym_lite.sim.scene import Scene

_FASTEST_OBJECT = 30.0  # m/s; nothing in these tasks moves so fast unless the solver failed
# m; contacts are rigid (soft pads yield by 5 mm at most), so a link enters another body only by what the solver leaves
# unsolved: up to 8 mm where the arm drives a light object into the table. A finger's radius is 12 mm: with its axis
# inside, it could be pushed out of the wrong side, by any force.
_DEEPEST = 0.01
_CONVERGED = 3e-6  # of the solver's residual; with 1e-7, the engine's own, motors without contact cost a tenth more
_SINKING = 1e-3  # m; deeper than a converged solver lets bodies be inside one another
_EFFORT = 8  # times as many solver iterations while they are
_RECOVERY = 0.2  # s; bodies that an impact has left inside one another are pushed apart so slowly, or they would spring
_AT_REST = 1e-3  # m/s and rad/s
_STILL = Motion((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


class World:
    """Owns one physics client."""

    def __init__(self, visuals: bool = False, gui: bool = False) -> None:
        self._mode = bullet.GUI if gui else bullet.DIRECT
        self.visuals = visuals or gui
        self._connect()
        self._shown = time.monotonic()

    def _connect(self) -> None:
        """Begin an empty engine."""
        self.client: int = bullet.connect(self._mode)
        # the engine has room for a limited number of clients, and a world may be forgotten without being closed
        self._close = weakref.finalize(self, _disconnect, self.client)
        self._scene = Scene(self.client, self.visuals)

    @property
    def is_intact(self) -> bool:
        """Whether the engine holds the bodies of this world and nothing else: all code of a process can change it."""
        if not bullet.isConnected(self.client) or bullet.getNumConstraints(physicsClientId=self.client):
            return False
        count = bullet.getNumBodies(physicsClientId=self.client)
        return {bullet.getBodyUniqueId(i, physicsClientId=self.client) for i in range(count)} == self._scene.body_ids

    def _reconnect(self) -> None:
        self._close()
        self._connect()

    def restart(self) -> None:
        """Build the scene of the last episode anew, in a new engine, for the next episode to begin from."""
        self._reconnect()
        self._scene.prepare(self._task)

    def reset(self, task: Task, seed: int) -> State:
        """Begin an episode of a task that ``sample`` has drawn."""
        if self._close.alive and not self.is_intact:
            self._reconnect()
        self._task, self._steps = task, 0
        self._dt = 1.0 / task.physics.step_hz
        self._scene.prepare(task)
        self._set_engine()
        self._robot = self._scene.robot
        self._recorder = ContactRecorder(self.client, self._robot.body_id, self._dt, task.substeps)
        self._recorder.set_groups(self._scene.list_contact_groups())
        self._palms = ["palm", *(f"{side}_palm" for side in list(self._robot.model.arms)[1:])]
        self._shoves = draw_pushes(task, seed)
        self._forms = {
            name: ObjectShape(
                tuple(thing.size * x for x in load_object(thing.model).extents),  # type: ignore[arg-type]
                tuple(float(load_object(thing.model).family == family) for family in FAMILIES),
            )
            for name, thing in task.objects.items()
        }
        self._movers = [*task.objects, *(["goal"] if task.goal is not None else [])]
        self._starts = {body.name: body.read()[0].position for body in self._scene.bodies}
        self._begin_control()
        self.state = self._observe()
        return self.state

    def set_object_poses(self, poses: Mapping[str, Pose]) -> State:
        """Move objects, which are at rest then: into the air, turned in any way."""
        for body in self._scene.bodies:
            if body.name in poses:
                body.set_pose(poses[body.name])
        self.state = self._observe()
        return self.state

    def _set_engine(self) -> None:
        physics = self._task.physics
        self._sinking = False
        bullet.setGravity(*tilt_vector(physics.gravity, physics.tilt), physicsClientId=self.client)
        bullet.setPhysicsEngineParameter(
            fixedTimeStep=self._dt, numSolverIterations=physics.solver_iterations,
            solverResidualThreshold=_CONVERGED, deterministicOverlappingPairs=1,
            contactERP=min(0.2, self._dt / _RECOVERY), physicsClientId=self.client,
        )  # fmt: skip

    def _begin_control(self) -> None:
        seconds = 1.0 / self._task.episode.control_hz
        self._controls = [ArmControl(arm, self._task.robot, seconds) for arm in self._robot.arms]
        joints, _, _, fingers = self._robot.read_joints()
        for control, arm_joints, arm_fingers in self._by_arm(joints, fingers):
            control.reset(arm_joints, arm_fingers)
        self.joint_limits = (
            [x for arm in self._robot.arms for x in arm.model.lower],
            [x for arm in self._robot.arms for x in arm.model.upper],
        )

    @property
    def robot_model(self) -> RobotModel:
        """The robot that acts."""
        return self._robot.model

    @property
    def kinematics(self) -> Kinematics:
        """Kinematics of the first arm."""
        return self._robot.arms[0].kinematics

    @property
    def hand_command_counts(self) -> list[int]:
        """How many numbers of an action command each arm's hand."""
        return [arm.hand.command_count if arm.hand else 0 for arm in self._robot.arms]

    def compute_goal_after(self, seconds: float) -> Pose:
        """Where the goal will be, so many seconds from now."""
        if self._task.goal is None:
            raise UsageError(f"{self._task.name} has no goal")
        return compute_goal_pose(self._task.goal, self.state.seconds + seconds)

    @property
    def pose_names(self) -> list[tuple[str, str]]:
        """Body and link of each row of ``compute_poses``: the links of the robot, the objects, the goal."""
        return [("robot", link) for link in self._robot.model.tree.links] + [(name, "") for name in self._movers]

    @property
    def link_names(self) -> dict[tuple[int, int], tuple[str, str]]:
        """Body and link as declared, by the numbers that the engine gives them."""
        return self._scene.map_link_names()

    def compute_poses(self) -> NDArray[np.float64]:
        """Where everything is that may move: position, m, and quaternion (x, y, z, w), a row each, (n, 7)."""
        state = self.state
        links = len(self._robot.model.tree.links)
        out = np.empty((links + len(self._movers), 7))
        joints = np.array([*state.joints, *state.fingers, *self._robot.read_other_joints()])
        self._robot.link_poses.fill(joints, out[:links])
        for row, name in enumerate(self._movers, start=links):
            out[row] = (*state.frames[name].position, *state.frames[name].rotation)
        return out

    @property
    def action_size(self) -> int:
        """Numbers in an action."""
        return sum(control.size for control in self._controls)

    def step(self, action: NDArray[np.float64]) -> State:
        """Act until the next action is due."""
        self._command(action)
        self._advance()
        self._steps += 1
        self.state = self._observe()
        self._refuse_explosion()
        return self.state

    def _command(self, action: NDArray[np.float64]) -> None:
        """Give each arm its share of the action."""
        taken = 0
        for control, joints, fingers in self._by_arm(self.state.joints, self.state.fingers):
            control.apply(action[taken : taken + control.size], joints, fingers)
            taken += control.size

    def _advance(self) -> None:
        """The physics steps of one action."""
        pushing = [shove for shove in self._shoves if shove.is_active(self.state)]
        at_rest = self._steps > 0 and not pushing and self._nothing_moves()
        for _ in range(self._task.substeps):
            for shove in pushing:
                self._push(shove)
            bullet.stepSimulation(physicsClientId=self.client)
            self._recorder.sample(at_rest)
            self._adapt_solver(self._recorder.depth)

    def _adapt_solver(self, depth: float) -> None:
        """Let the solver work longer while bodies sink into one another: it has not converged."""
        sinking = depth > _SINKING
        if sinking != self._sinking:
            self._sinking = sinking
            iterations = self._task.physics.solver_iterations * (_EFFORT if sinking else 1)
            bullet.setPhysicsEngineParameter(numSolverIterations=iterations, physicsClientId=self.client)

    def _nothing_moves(self) -> bool:
        """Whether every object stands still."""
        for body in self._scene.bodies:
            linear, angular = self.state.motions[body.name]
            if max(map(abs, (*linear, *angular))) > _AT_REST:
                return False
        return True

    def _by_arm(
        self, joints: Sequence[float], fingers: Sequence[float]
    ) -> Iterator[tuple[ArmControl, list[float], list[float]]]:
        """Each arm's control with its share of the joints."""
        j = f = 0
        for control, arm in zip(self._controls, self._robot.arms, strict=True):
            nj, nf = len(arm.indices), len(arm.hand.indices) if arm.hand else 0
            yield control, list(joints[j : j + nj]), list(fingers[f : f + nf])
            j, f = j + nj, f + nf

    def _push(self, shove: PushEvent) -> None:
        """At the centre of mass, so that it moves and does not spin."""
        if shove.on == "palm":
            body, link = self._robot.body_id, self._robot.link_indices[self._robot.arms[0].model.tip]
            at = bullet.getLinkState(body, link, physicsClientId=self.client)[0]
        else:
            body, link = next(b.body_id for b in self._scene.bodies if b.name == shove.on), -1
            at = bullet.getBasePositionAndOrientation(body, physicsClientId=self.client)[0]
        bullet.applyExternalForce(body, link, shove.force, at, bullet.WORLD_FRAME, physicsClientId=self.client)

    def _observe(self) -> State:
        joints, speeds, torques, fingers = self._robot.read_joints()
        if self._steps == 0:
            torques = [0.0] * len(torques)  # the engine still holds those of the episode before
        frames: dict[str, Pose] = {}
        motions: dict[str, Motion] = {}
        first = 0
        for name, arm in zip(self._palms, self._robot.arms, strict=True):
            last = first + len(arm.indices)
            frames[name], motions[name] = arm.kinematics.compute_pose_and_motion(
                np.array(joints[first:last]), np.array(speeds[first:last])
            )
            first = last
        for body in self._scene.bodies:
            frames[body.name], motions[body.name] = body.read()
        seconds = self._steps / self._task.episode.control_hz
        if self._task.goal is not None:
            frames["goal"] = compute_goal_pose(self._task.goal, seconds)
            self._scene.show_goal(frames["goal"])
            motions["goal"] = _STILL
        return State(
            seconds=seconds, joints=joints, speeds=speeds, torques=torques, fingers=fingers,
            targets=[t for control in self._controls for t in control.targets],
            closure=[c for arm in self._robot.arms if arm.hand for c in arm.hand.closure],
            frames=frames, motions=motions, contacts=self._recorder.finish(), object_shapes=self._forms,
            joint_limits=self.joint_limits, initial_positions=self._starts,
        )  # fmt: skip

    def _refuse_explosion(self) -> None:
        """End the episode where the forces or motions would be the solver's."""
        fastest = max((abs(x) for m in self.state.motions.values() for x in m.linear), default=0.0)
        if not (math.isfinite(fastest) and fastest < _FASTEST_OBJECT and math.isfinite(sum(self.state.joints))):
            self._break("the physics broke")
        if self.state.contacts.penetration > _DEEPEST:
            self._break(
                f"{self._deepest_links()} were {1000 * self.state.contacts.penetration:.0f} mm inside one another"
            )

    def _deepest_links(self) -> str:
        names = self._scene.map_link_names()
        return " and ".join(" ".join(filter(None, names[part])) for part in self._recorder.deepest_links or ())

    def _break(self, reason: str) -> NoReturn:
        self._scene.invalidate()
        raise PhysicsError(f"{self._task.name}: {reason} after {self.state.seconds:.2f} s; "
                           "raise physics.step_hz or physics.solver_iterations")  # fmt: skip

    def wait_for_real_time(self) -> None:
        """Wait until as much time has passed for whoever watches as passed in the world."""
        due = self._shown + 1.0 / self._task.episode.control_hz
        now = time.monotonic()
        time.sleep(max(0.0, due - now))
        self._shown = max(due, now)

    def close(self) -> None:
        """Let the engine go."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()


def _disconnect(client: int) -> None:
    if bullet.isConnected(client):
        bullet.disconnect(client)


def compute_goal_pose(goal: Goal, seconds: float) -> Pose:
    """Where the goal is on its orbit, turned as it always is."""
    return Pose(compute_goal_position(goal, seconds), quaternion_from_rpy(goal.rpy or (0.0, 0.0, 0.0)))
