"""Physics world of one episode: reset with a task, step with actions, observe states.

The states after a reset depend bit for bit on task, seed and actions alone, in any process and after any episode.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.head_pose import compute_goal_position
from mygym_lite.config.objects import FAMILIES, load_object
from mygym_lite.config.region_shapes import build_region_shape, compute_local_pose, compute_region_pose
from mygym_lite.config.robot import RobotModel, load_robot
from mygym_lite.config.rotation import quaternion_from_rpy
from mygym_lite.config.state import Motion, ObjectShape, Pose, State
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import Goal
from mygym_lite.config.visuals import REGION, list_marked_regions
from mygym_lite.errors import PhysicsError
from mygym_lite.sim.contact import ContactRecorder
from mygym_lite.sim.control import ArmControl
from mygym_lite.sim.engine import ActionContacts, Engine, LinkId, LinkName, Push
from mygym_lite.sim.engines import make_engine
from mygym_lite.sim.groups import list_contact_groups
from mygym_lite.sim.kinematics import Kinematics
from mygym_lite.sim.pushes import PushEvent, draw_pushes
from mygym_lite.sim.robot import Robot

_MAX_OBJECT_SPEED = 30.0  # m/s; exceeded only if the solver diverged
# m; contacts are rigid (soft pads yield by 5 mm at most), so penetration is the residual of the solver: up to 8 mm if
# the arm drives a light object into the table. A finger has a radius of 12 mm: once its axis is inside a body, the
# solver may push it out of the wrong side with any force.
_MAX_PENETRATION = 0.01
_AT_REST = 1e-3  # m/s and rad/s
_STILL = Motion((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
_NO_CONTACTS = ActionContacts([], 0.0, None)


class World:
    """Simulation of one task in a physics engine of its own.

    Args:
        visuals: Load visual shapes for the renderer of the engine.
        gui: Open a window.
    """

    def __init__(self, visuals: bool = False, gui: bool = False) -> None:
        self.visuals = visuals or gui
        self._gui = gui
        self._engines: dict[str, Engine] = {}
        self._robots: dict[int, Robot] = {}  # the robot of the last episode, by the id of its model
        self._last_frame_time = time.monotonic()

    @property
    def is_intact(self) -> bool:
        """True if the engine holds exactly the bodies of this world; any code of the process may have changed it."""
        return self.engine.is_intact

    def restart(self) -> None:
        """Build the scene of the last episode anew in an empty engine, as the start of the next one."""
        self.engine.restart()
        self._prepare(self._task)

    def reset(self, task: Task, seed: int) -> State:
        """Start an episode of a sampled task and return its initial state."""
        self._task, self._steps = task, 0
        self._prepare(task)
        self._recorder = ContactRecorder(1.0 / task.physics.step_hz, task.substeps)
        ids = self.engine.link_ids
        groups = list_contact_groups(self.robot_model, task)
        self._recorder.set_groups({name: [ids[link] for link in links] for name, links in groups.items()})
        self._palms = ["palm", *(f"{side}_palm" for side in list(self.robot_model.arms)[1:])]
        self._pushes = draw_pushes(task, seed)
        self._object_shapes = {
            name: ObjectShape(
                tuple(config.size * x for x in load_object(config.model).extents),  # type: ignore[arg-type]
                tuple(float(load_object(config.model).family == family) for family in FAMILIES),
                load_object(config.model).footprint.scale(config.size),
                config.color or load_object(config.model).color,
            )
            for name, config in task.objects.items()
        }
        self._region_shapes = {name: build_region_shape(task, region) for name, region in task.regions.items()}
        self._region_poses = {name: compute_local_pose(task, region) for name, region in task.regions.items()}
        self._markers = ["goal"] if task.goal is not None else []
        self._markers += list_marked_regions(task)
        self._initial_positions = {name: self.engine.read_object(name)[0].position for name in task.objects}
        self._reset_controls()
        self.state = self._observe(_NO_CONTACTS)
        return self.state

    def _prepare(self, task: Task) -> None:
        """Prepare the engine of the task and its robot."""
        name = task.physics.engine
        if name not in self._engines:
            self._engines[name] = make_engine(name, self.visuals, self._gui)
        self.engine = self._engines[name]
        model = load_robot(task.robot.model)
        if self._robots.keys() != {id(model)}:
            self._robots = {id(model): Robot(model)}
        self._robot = self._robots[id(model)]
        self.engine.prepare(task, self._robot.compute_initial_joints(task.robot))
        self._robot.configure(self.engine, task.robot, 1.0 / task.physics.step_hz)

    def set_object_poses(self, poses: Mapping[str, Pose]) -> State:
        """Place objects at rest at any pose."""
        for name in self._task.objects:
            if name in poses:
                self.engine.place_object(name, poses[name])
        self.state = self._observe(_NO_CONTACTS)
        return self.state

    def _reset_controls(self) -> None:
        seconds = 1.0 / self._task.episode.control_hz
        self._controls = [ArmControl(arm, self._task.robot, seconds) for arm in self._robot.arms]
        joints, _, _, fingers = self._robot.read_joints()
        for control, arm_joints, arm_fingers in self._split_by_arm(joints, fingers):
            control.reset(arm_joints, arm_fingers)
        self.joint_limits = (
            [x for arm in self._robot.arms for x in arm.model.lower],
            [x for arm in self._robot.arms for x in arm.model.upper],
        )

    @property
    def robot_model(self) -> RobotModel:
        """Model of the robot."""
        return self._robot.model

    @property
    def kinematics(self) -> Kinematics:
        """Kinematics of the first arm."""
        return self._robot.arms[0].kinematics

    @property
    def hand_command_counts(self) -> list[int]:
        """Number of action components that command the hand of each arm."""
        return [arm.hand.command_count if arm.hand else 0 for arm in self._robot.arms]

    @property
    def pose_names(self) -> list[tuple[str, str]]:
        """Body and link of each row of ``compute_poses``: robot links, objects, goal, marked regions."""
        links = [("robot", link) for link in self._robot.model.tree.links]
        goal = [] if self._task.goal is None else [("goal", "")]
        regions = [(REGION, name) for name in list_marked_regions(self._task)]
        return links + [(name, "") for name in self._task.objects] + goal + regions

    def compute_poses(self) -> NDArray[np.float64]:
        """Compute the poses of all movable frames: position, m, and quaternion (x, y, z, w), (n, 7)."""
        state = self.state
        links = len(self._robot.model.tree.links)
        moving = [*self._task.objects, *self._markers]
        out = np.empty((links + len(moving), 7))
        joints = np.array([*state.joints, *state.fingers, *self._robot.read_other_joints()])
        self._robot.link_poses.fill(joints, out[:links])
        for row, name in enumerate(moving, start=links):
            out[row] = (*state.frames[name].position, *state.frames[name].rotation)
        return out

    @property
    def action_size(self) -> int:
        """Number of action components."""
        return sum(control.size for control in self._controls)

    def step(self, action: NDArray[np.float64]) -> State:
        """Apply an action for one control period and return the new state."""
        self._command(action)
        contacts = self._advance()
        self._steps += 1
        self.state = self._observe(contacts)
        self._refuse_explosion(contacts.deepest_links)
        return self.state

    def _command(self, action: NDArray[np.float64]) -> None:
        """Apply to each arm its components of the action."""
        offset = 0
        for control, joints, fingers in self._split_by_arm(self.state.joints, self.state.fingers):
            control.apply(action[offset : offset + control.size], joints, fingers)
            offset += control.size

    def _advance(self) -> ActionContacts:
        """Run the physics steps of one action."""
        active = [Push(self._find_pushed_link(push), push.force) for push in self._pushes if push.is_active(self.state)]
        at_rest = self._steps > 0 and not active and self._is_at_rest()
        return self.engine.advance(self._task.substeps, active, at_rest)

    def _find_pushed_link(self, push: PushEvent) -> LinkName:
        return ("robot", self._robot.arms[0].model.tip) if push.on == "palm" else (push.on, "")

    def _is_at_rest(self) -> bool:
        """Return True if every object is at rest."""
        motions = (self.state.motions[name] for name in self._task.objects)
        return not any(max(map(abs, (*linear, *angular))) > _AT_REST for linear, angular in motions)

    def _split_by_arm(
        self, joints: Sequence[float], fingers: Sequence[float]
    ) -> Iterator[tuple[ArmControl, list[float], list[float]]]:
        """Yield the controller of each arm with the positions of its joints and fingers."""
        j = f = 0
        for control, arm in zip(self._controls, self._robot.arms, strict=True):
            nj, nf = len(arm.indices), len(arm.hand.indices) if arm.hand else 0
            yield control, list(joints[j : j + nj]), list(fingers[f : f + nf])
            j, f = j + nj, f + nf

    def _observe(self, contacts: ActionContacts) -> State:
        joints, speeds, torques, fingers = self._robot.read_joints()
        if self._steps == 0:
            torques = [0.0] * len(torques)  # an engine may still hold those of the previous episode
        frames: dict[str, Pose] = {}
        motions: dict[str, Motion] = {}
        first = 0
        for name, arm in zip(self._palms, self._robot.arms, strict=True):
            last = first + len(arm.indices)
            frames[name], motions[name] = arm.kinematics.compute_pose_and_motion(
                np.array(joints[first:last]), np.array(speeds[first:last])
            )
            first = last
        for body in self._task.objects:
            frames[body], motions[body] = self.engine.read_object(body)
        seconds = self._steps / self._task.episode.control_hz
        if self._task.goal is not None:
            frames["goal"] = compute_goal_pose(self._task.goal, seconds)
            motions["goal"] = _STILL
        for name, region in self._task.regions.items():
            frames[name] = compute_region_pose(region, self._region_poses[name], frames)
            motions[name] = _STILL if region.of is None else motions[region.of]
        if self._markers:
            self.engine.show_markers({name: frames[name] for name in self._markers})
        return State(
            seconds=seconds,
            joints=joints,
            speeds=speeds,
            torques=torques,
            fingers=fingers,
            targets=[t for control in self._controls for t in control.targets],
            closure=[c for arm in self._robot.arms if arm.hand for c in arm.hand.closure],
            frames=frames,
            motions=motions,
            contacts=self._recorder.summarize(contacts),
            object_shapes=self._object_shapes,
            joint_limits=self.joint_limits,
            initial_positions=self._initial_positions,
            regions=self._region_shapes,
        )

    def _refuse_explosion(self, deepest_links: tuple[LinkId, LinkId] | None) -> None:
        """Raise PhysicsError if the simulation is unstable: its motions or forces would be artefacts of the solver."""
        fastest = max((abs(x) for m in self.state.motions.values() for x in m.linear), default=0.0)
        if not (math.isfinite(fastest) and fastest < _MAX_OBJECT_SPEED and math.isfinite(sum(self.state.joints))):
            self._raise_unstable("the simulation became unstable")
        depth = self.state.contacts.penetration
        if depth > _MAX_PENETRATION:
            links = self._format_links(deepest_links or ())
            self._raise_unstable(f"{links} penetrate each other by {1000 * depth:.0f} mm")

    def _format_links(self, links: tuple[LinkId, ...]) -> str:
        names = {link: name for name, link in self.engine.link_ids.items()}
        return " and ".join(" ".join(filter(None, names[link])) for link in links)

    def _raise_unstable(self, reason: str) -> NoReturn:
        self.engine.invalidate()
        physics, step = self._task.physics, self._steps * self._task.substeps
        raise PhysicsError(
            f"{self._task.name}: {reason} after {self.state.seconds:.2f} s, step {step} of {physics.engine}; "
            "raise physics.step_hz or physics.solver_iterations"
        )

    def wait_for_real_time(self) -> None:
        """Sleep until wall time catches up with simulated time, for live viewing."""
        due = self._last_frame_time + 1.0 / self._task.episode.control_hz
        now = time.monotonic()
        time.sleep(max(0.0, due - now))
        self._last_frame_time = max(due, now)

    def close(self) -> None:
        """Free the engines."""
        for engine in self._engines.values():
            engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def compute_goal_pose(goal: Goal, seconds: float) -> Pose:
    """Compute the pose of the goal: its position on the orbit, its constant orientation."""
    return Pose(compute_goal_position(goal, seconds), quaternion_from_rpy(goal.rpy or (0.0, 0.0, 0.0)))
