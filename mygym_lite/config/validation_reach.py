"""Validation of reach: goal and palm within the length of the arm, and an object within the opening of the hand."""

from __future__ import annotations

import math

from mygym_lite.config.objects import load_object
from mygym_lite.config.robot import load_robot
from mygym_lite.config.start_extents import list_start_corners, list_start_models
from mygym_lite.config.task import Task
from mygym_lite.config.workspace import load_workspace
from mygym_lite.schema import Location


def check_reach(task: Task, where: Location) -> None:
    """Validate the goal, the start of the palm and the object named ``target`` against the first arm."""
    _check_goal_reach(task, where)
    _check_palm_reach(task, where)
    _check_hand_opening(task, where)


def _check_goal_reach(task: Task, where: Location) -> None:
    if task.goal is None:
        return
    _check_goal_above_surface(task, where.at("goal", "position"))
    robot = load_robot(task.robot.model)
    arm = next(iter(robot.arms.values()))
    shoulder = robot.compute_shoulder_position(arm)
    orbit = math.sqrt(sum(a * a for a in task.goal.orbit))
    farthest = max(list_start_corners(task, "goal.position"), key=lambda corner: math.dist(corner, shoulder))
    distance = math.dist(farthest, shoulder) + orbit
    if distance > arm.reach:
        raise where.at("goal", "position").error(
            f"({', '.join(f'{x:.3f}' for x in farthest)}) is {distance:.3f} m from the "
            f"shoulder, the arm of {task.robot.model} reaches {arm.reach:.3f} m; bring it nearer"
        )


def _check_goal_above_surface(task: Task, where: Location) -> None:
    surface, height = load_workspace(task.workspace.model).surface, task.workspace.height
    for x, y, z in list_start_corners(task, "goal.position"):
        offsets = (x - surface.position[0], y - surface.position[1])
        is_over = all(abs(offset) <= edge / 2 for offset, edge in zip(offsets, surface.size, strict=False))
        if is_over and z < height:
            raise where.error(
                f"({x:.3f}, {y:.3f}, {z:.3f}) is {height - z:.3f} m below the surface of {task.workspace.model}, "
                f"which is at z = {height:g} m; raise it"
            )


def _check_palm_reach(task: Task, where: Location) -> None:
    if task.robot.palm is None:
        return
    robot = load_robot(task.robot.model)
    arm = next(iter(robot.arms.values()))
    distance = math.dist(task.robot.palm, robot.compute_shoulder_position(arm))
    if distance > arm.reach:
        raise where.at("robot", "palm").error(
            f"is {distance:.3f} m from the shoulder, the arm of {task.robot.model} reaches {arm.reach:.3f} m; "
            "bring it nearer"
        )


def _check_hand_opening(task: Task, where: Location) -> None:
    """Check that the hand can open as wide as the object named ``target``."""
    arm = next(iter(load_robot(task.robot.model).arms.values()))
    if arm.hand is None or "target" not in task.objects:
        return
    for model in list_start_models(task, "target"):
        grasps = load_object(model).grasps
        if not grasps and _is_grasped(task, "target"):
            raise where.at("objects", "target").error(
                f"'{model}' has 0 grasps, a target needs at least 1; choose a graspable object, or leave 'grasped' out"
            )
        width = min((grasp.width for grasp in grasps), default=0.0) * task.objects["target"].size
        if width > arm.hand.opening:
            raise where.at("objects", "target").error(
                f"'{model}' is {width:.3f} m wide at its best grasp, the hand opens {arm.hand.opening:.3f} m; "
                "choose a smaller object or size"
            )


def _is_grasped(task: Task, thing: str) -> bool:
    """Return true if the task asks for an object in the hand."""
    return any(call.get("term") == "grasped" and call.get("thing") == thing for call in task.success_calls)
