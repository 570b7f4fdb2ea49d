"""A scripted policy that solves every shipped task from the state of the moment: the true one, or what is seen of it.

It keeps no phase and no clock, so it can be asked from anywhere what it would do, and recovers from what goes wrong.
All it remembers is its plan for an object, until the object has moved by 2 mm. Of actions that act late it knows what
is still on its way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mygym_lite.config.robot import load_robot
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.experts.arm_controller import ArmController, Array
from mygym_lite.experts.grasp_planning import LIFT_HEIGHT, GraspPlan, GraspPlanner

_BESIDE = 0.075  # m from the palm frame to the widest part of the hand, and a little
_BELOW = 0.07  # m from the palm frame to the fingertips, and a little


def plan_waypoint(state: State, goal: Sequence[float], walls: Sequence[str]) -> Array:
    """Where to go next: the goal, or a point on the way up, across or down to it."""
    here, there = np.array(state.position("palm")), np.array(goal)
    if not any(_bars(state, wall, here, there) for wall in walls):
        return there
    top = max(state.position(wall)[2] + 0.5 * state.object_shapes[wall].extents[2] for wall in walls) + _BELOW
    if here[2] < top + 0.01:
        return np.array([here[0], here[1], top + 0.04])
    return np.array([there[0], there[1], top + 0.04])


def _bars(state: State, wall: str, here: Array, there: Array) -> bool:
    """Whether the hand would touch a wall on the straight way."""
    pose = state.frames[wall]
    half = 0.5 * np.array(state.object_shapes[wall].extents) + np.array([_BESIDE, _BESIDE, _BELOW])
    share = np.linspace(0.0, 1.0, 21)[:, None]
    way = (here + share * (there - here) - np.array(pose.position)) @ rotation_from_quaternion(pose.rotation)
    return bool(np.any(np.all(np.abs(way) < half, axis=1)))


TARGET = "target"
_TOUCH = 0.2  # N; less is a brush
_CLOSE = 0.1  # closure per action at most
_OPEN = 0.01  # closure per action at most, or a gentle grip would be lost
_ONE_SIDED = 0.03  # closure per action while only one side of the hand has arrived
_STRAY = 0.25  # closure from which a hand that holds nothing is opened beside the object, not on the way to it
_RISE = 0.015  # m per action while carrying
_SHARE = 0.65  # of the force that the task allows
_FIRM = 40.0  # N of thumb and fingers together, where the task sets no limit


class Expert:
    """Reaches the goal, or takes the object called ``target`` and lifts it."""

    def __init__(self, env: TaskEnv) -> None:
        self._env = env
        skill = select_skill(env.task)
        if skill is None:
            raise UsageError(_why_not(env.task))
        self._act: Any = skill(env)

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        if isinstance(self._act, GraspExpert):
            self._act.reset()

    def act(self, _observation: Any = None) -> Array:
        """The action for the environment's present state, as far as the environment knows it."""
        action: Array = self._act(self._env.estimated_state)
        return action.astype(np.float32)


def select_skill(task: Task) -> type[ReachExpert] | type[GraspExpert] | None:
    """The part of the expert that plays a task, if there is one: a robot that cannot grasp can still reach."""
    if TARGET in task.objects and not load_robot(task.robot.model).missing_for_grasp:
        return GraspExpert
    return ReachExpert if task.goal is not None else None


def _why_not(task: Task) -> str:
    if TARGET in task.objects:
        lacks = load_robot(task.robot.model).missing_for_grasp
        return f"the expert takes the object '{TARGET}', and {lacks}; use another policy or robot"
    return f"the expert finds neither a goal nor an object '{TARGET}' in {task.name}; use another policy"


class ReachExpert:
    """Brings the palm to the goal, in position and where the task asks for it in orientation."""

    def __init__(self, env: TaskEnv) -> None:
        self._env = env
        self._steering = ArmController(env)
        self._walls = [name for name, thing in env.task.objects.items() if thing.fixed]
        self._oriented = any(call["term"] == "aligned" for call in env.task.success.values())

    def __call__(self, state: State) -> Array:
        """Solve for the goal from where the arm is, and go there; lead a goal that moves by one action."""
        goal = self._goal_ahead(state)
        rotation = rotation_from_quaternion(goal.rotation) if self._oriented else None
        waypoint = plan_waypoint(state, goal.position, self._walls)
        # an oriented goal is solved from fixed postures: from the arm's own, two answers might take turns
        start = self._steering.kinematics.home if self._oriented else self._steering.compute_joint_targets(state)
        joints = self._steering.solve_ik_with_restarts(start, waypoint, rotation)
        return self._steering.compute_action(state, joints, 0.5 if self._walls else 0.0)

    def _goal_ahead(self, state: State) -> Pose:
        """Where the goal will be when this action is over: where it is seen, it goes on as it moved."""
        seconds = 1.0 / self._env.task.episode.control_hz
        if self._env.estimator is None:
            return self._env.world.compute_goal_after(seconds)
        seen = state.frames["goal"]
        x, y, z = np.add(seen.position, np.multiply(seconds, state.motions["goal"].linear)).tolist()
        return Pose((x, y, z), seen.rotation)


class GraspExpert:
    """Lines up above the object, comes down, closes, and raises it."""

    def __init__(self, env: TaskEnv) -> None:
        self._env = env
        self._steering = ArmController(env)

    def reset(self) -> None:
        """Look at the object of this episode."""
        task = self._env.episode_task
        thing = task.objects[TARGET]
        self._grasping = GraspPlanner(self._steering, thing, task.workspace.height)
        self._force = _wanted_force(self._env)
        self._hand = next(iter(self._env.world.robot_model.arms.values())).hand

    def __call__(self, state: State) -> Array:
        """Decide by where the palm is in the plan's own frame, and by what the hand feels."""
        if self._in_grip(state):
            return self._carry(state)
        plan = self._grasping.plan(state, TARGET)
        aside, back, angle = _off(plan, state)
        closure = state.closure[0]
        slack = 1.0 + 1.5 * min(1.0, closure / 0.5)  # what it has begun it finishes: the further, the less it lets go
        if aside < 0.012 * slack and abs(back) < 0.008 * slack and angle < 0.12 * slack and closure < 0.98:
            return self._steering.compute_action(state, plan.grasp_joints, self._squeeze(state), 0.3)
        if closure > _STRAY and aside < 0.05 and back < 0.06:
            return self._steering.compute_action(state, self._up(state, 0.03), 0.0, 0.5)
        if aside < 0.03 and angle < 0.2 and back < 0.13:
            return self._steering.compute_action(state, self._down(state, plan, back), 0.0, 0.6)
        if back < 0.07 and aside > 0.03:
            return self._steering.compute_action(state, self._up(state, 0.06), 0.0)
        return self._steering.compute_action(state, plan.pregrasp_joints, 0.0)

    def _in_grip(self, state: State) -> bool:
        """Thumb and fingers both press on the object, and it is where a hand holds things."""
        near = math.dist(state.position("palm"), state.position(TARGET)) < 0.06
        return near and min(state.touch("thumb", TARGET).mean, state.touch("fingers", TARGET).mean) > _TOUCH

    def _carry(self, state: State) -> Array:
        """Squeeze where it is until the grip is firm, then raise it."""
        closure = self._squeeze(state)
        off_table = state.position(TARGET)[2] - state.initial_positions[TARGET][2] > 0.01
        if off_table or state.touch("hand", TARGET).mean > 0.7 * self._force:
            return self._raise(state, closure)
        return self._steering.compute_action(state, self._up(state, 0.0), closure, 0.3)

    def _squeeze(self, state: State) -> float:
        """Close until the wanted force is felt, then keep it."""
        thumb, fingers = state.touch("thumb", TARGET).mean, state.touch("fingers", TARGET).mean
        felt = state.touch("hand", TARGET).mean
        closing = self._steering.compute_closure_target(state)
        if felt == 0.0 and closing > state.closure[0]:
            return min(1.0, closing + 0.5 * _CLOSE)  # what is late would otherwise be waited for at every step
        one_sided = felt > 0.0 and min(thumb, fingers) < _TOUCH
        step = _ONE_SIDED if one_sided else _CLOSE * (1.0 - felt / self._force)
        return min(1.0, max(0.0, state.closure[0] + max(-_OPEN, min(_CLOSE, step))))

    def _down(self, state: State, plan: GraspPlan, back: float) -> Array:
        """Along the approach in a straight line."""
        ahead = plan.position - max(0.0, back - 0.03) * plan.rotation[:, 2]
        joints, _ = self._steering.solve_ik(plan.grasp_joints, ahead, plan.rotation)
        return joints

    def _up(self, state: State, metres: float) -> Array:
        """Joints that raise the palm as it is turned, or however it can be where that is out of reach."""
        palm = state.frames["palm"]
        wanted = np.array(palm.position) + np.array([0.0, 0.0, metres])
        start = self._steering.compute_joint_targets(state)
        joints, miss = self._steering.solve_ik(start, wanted, rotation_from_quaternion(palm.rotation), 20)
        return joints if miss < 0.01 else self._steering.solve_ik(start, wanted, None, 20)[0]

    def _raise(self, state: State, closure: float) -> Array:
        """Straight up to where the task wants it, then still."""
        missing = state.initial_positions[TARGET][2] + LIFT_HEIGHT - state.position(TARGET)[2]
        return self._steering.compute_action(state, self._up(state, max(-_RISE, min(_RISE, missing))), closure)


def _off(plan: GraspPlan, state: State) -> tuple[float, float, float]:
    """How far the palm is aside of the plan's approach, back along it (m), and turned against it (rad)."""
    palm = state.frames["palm"]
    error = plan.rotation.T @ np.subtract(palm.position, plan.position)
    turned = rotation_from_quaternion(palm.rotation).T @ plan.rotation
    angle = math.acos(min(1.0, max(-1.0, 0.5 * (float(np.trace(turned)) - 1.0))))
    return math.hypot(error[0], error[1]), -float(error[2]), angle


def _wanted_force(env: TaskEnv) -> float:
    """A firm grip, or a safe share of what the task allows."""
    limits = [
        float(call["newtons"])  # type: ignore[arg-type]
        for call in env.task.failure.values()
        if call["term"] == "contact_force_above" and TARGET in (call["a"], call["b"])
    ]
    return min([_FIRM, *(_SHARE * limit for limit in limits)])
