"""Physical sense of a task: what fits no hand, no arm and no clock is refused before anything is simulated."""

from __future__ import annotations

import math

from mygym_lite.spec import path as paths
from mygym_lite.spec.objects import load_object
from mygym_lite.spec.placement import distractor_models, refuse_overlap
from mygym_lite.spec.robot import load_robot
from mygym_lite.spec.sample import corners, resolve, start_of
from mygym_lite.spec.task import Task
from mygym_lite.spec.vary import Variation
from mygym_lite.spec.workspace import load_workspace
from mygym_lite.strict import Where


def check_task(task: Task, where: Where) -> None:
    """Raise one line that names the key, both numbers and the remedy, if the task cannot be."""
    for check in (_clock, _models, _posture, _start, _goal_in_reach, _palm_in_reach, _fits_hand, _stands_in_area, _pushes):
        check(task, where)
    refuse_overlap(task, where.file)


def _clock(task: Task, where: Where) -> None:
    step, control = task.physics.step_hz, task.episode.control_hz
    if abs(step / control - round(step / control)) > 1e-9 or step < control:
        raise where.at("episode", "control_hz").error(
            f"{control:g} Hz does not divide physics.step_hz, {step:g} Hz; use for example {_divisor(step, control):g}"
        )
    if task.episode.hold_seconds > task.episode.seconds:
        raise where.at("episode", "hold_seconds").error(
            f"{task.episode.hold_seconds:g} s is longer than the episode, {task.episode.seconds:g} s; shorten it"
        )


def _divisor(step: float, control: float) -> float:
    return step / max(1, round(step / control))


def _models(task: Task, where: Where) -> None:
    """Loading refuses what is wrong in the models themselves."""
    load_robot(task.robot.model)
    load_workspace(task.workspace.model)
    for thing in task.objects.values():
        load_object(thing.model)
    if task.distractors is not None:
        for model in distractor_models(task.distractors):
            load_object(model)
        for index, model in enumerate(task.distractors.models):
            if not model:
                raise where.at("distractors", "models", str(index)).error("is empty; name an object or a bank")


def _posture(task: Task, where: Where) -> None:
    wanted = sum(len(arm.joints) for arm in load_robot(task.robot.model).arms.values())
    if task.robot.posture and len(task.robot.posture) != wanted:
        raise where.at("robot", "posture").error(
            f"has {len(task.robot.posture)} values, {task.robot.model} has {wanted} arm joints; give {wanted} or none"
        )


def _start(task: Task, where: Where) -> None:
    check_variations(task, start_of(task), where)


def check_variations(task: Task, variations: tuple[Variation, ...], where: Where) -> None:
    """Refuse a path that names nothing and a verb that may leave the bounds of its field."""
    nominal = resolve(task)
    for variation in variations:
        for path in paths.match(nominal, variation.path, where):
            for value in variation.extremes(paths.get(nominal, path)):
                paths.put(nominal, path, value, variation.where)


def _goal_in_reach(task: Task, where: Where) -> None:
    if task.goal is None:
        return
    robot = load_robot(task.robot.model)
    arm = next(iter(robot.arms.values()))
    shoulder = robot.shoulder(arm)
    sway = math.sqrt(sum(a * a for a in task.goal.orbit))
    farthest = max(corners(task, "goal.position"), key=lambda corner: math.dist(corner, shoulder))
    if math.dist(farthest, shoulder) + sway > arm.reach:
        raise where.at("goal", "position").error(
            f"({', '.join(f'{x:.3f}' for x in farthest)}) is {math.dist(farthest, shoulder) + sway:.3f} m from the "
            f"shoulder, the arm of {task.robot.model} reaches {arm.reach:.3f} m; bring it nearer"
        )


def _palm_in_reach(task: Task, where: Where) -> None:
    if task.robot.palm is None:
        return
    robot = load_robot(task.robot.model)
    arm = next(iter(robot.arms.values()))
    away = math.dist(task.robot.palm, robot.shoulder(arm))
    if away > arm.reach:
        raise where.at("robot", "palm").error(
            f"is {away:.3f} m from the shoulder, the arm of {task.robot.model} reaches {arm.reach:.3f} m; bring it nearer"
        )


def _fits_hand(task: Task, where: Where) -> None:
    """Only an object named ``target`` is meant for the hand."""
    arm = next(iter(load_robot(task.robot.model).arms.values()))
    if arm.hand is None or "target" not in task.objects:
        return
    chosen = [v for v in start_of(task) if v.path == "objects.target.model"]
    models = chosen[0].extremes("") if chosen else [task.objects["target"].model]
    for model in models:
        width = min((g.width for g in load_object(model).grasps), default=math.inf) * task.objects["target"].size
        if width > arm.hand.opening:
            raise where.at("objects", "target").error(
                f"'{model}' is {width:.3f} m wide at its best grasp, the hand opens {arm.hand.opening:.3f} m; "
                "choose a smaller object or size"
            )


def _stands_in_area(task: Task, where: Where) -> None:
    (x0, y0), (x1, y1) = load_workspace(task.workspace.model).area
    for name in task.objects:
        for x, y, _ in corners(task, f"objects.{name}.position"):
            if not (x0 <= x <= x1 and y0 <= y <= y1):
                raise where.at("objects", name, "position").error(
                    f"({x:.3f}, {y:.3f}) is outside the area of {task.workspace.model}, "
                    f"({x0:g}, {y0:g}) to ({x1:g}, {y1:g}); move it inside"
                )


def _pushes(task: Task, where: Where) -> None:
    known = ["palm", *task.objects]
    for name, push in task.pushes.items():
        if push.on not in known:
            raise where.at("pushes", name, "on").error(f"no body '{push.on}'; one of {', '.join(known)}")
