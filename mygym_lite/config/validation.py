"""Physical sense of a task: what fits no hand, no arm and no clock is refused before anything is simulated."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

from mygym_lite.config import field_path as paths
from mygym_lite.config.faults import Actuation, Sensing
from mygym_lite.config.gaze import find_gaze_target
from mygym_lite.config.objects import BANKS, load_object
from mygym_lite.config.placement import find_first_movable, list_distractor_models, place_distractors, refuse_overlap
from mygym_lite.config.robot import load_robot
from mygym_lite.config.sampling import get_start_variations, list_start_corners, resolve
from mygym_lite.config.task import Distractors, Task
from mygym_lite.config.validation_scenery import check_scenery
from mygym_lite.config.variation import Variation, apply_variations, parse_variations
from mygym_lite.config.visual_fields import is_checked_as_scenery
from mygym_lite.config.workspace import load_workspace
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.schema import Location, get_fields

_NAME = re.compile(r"\w[\w.-]{0,63}")
_RESERVED = frozenset({"timeout", "policy_error", "physics_error"})
# What decides the spaces of an environment, or how its time is counted.
_OF_ALL_EPISODES = frozenset({"robot.model", "robot.control", "robot.fingers", "episode.control_hz"})


def check_task(task: Task, location: Location) -> None:
    """Raise one line that names the key, both numbers and the remedy, if the task cannot be."""
    for check in (
        _names,
        _clock,
        _models,
        _start_is_read,
        check_scenery,
        _posture,
        _start,
        _goal_in_reach,
        _palm_in_reach,
        _fits_hand,
        _stands_in_area,
        _pushes,
        _schedules,
        _limits,
    ):
        check(task, location)
    refuse_overlap(task, location.file)
    _distractors_fit(task, location)


def _names(task: Task, where: Location) -> None:
    """Names go into paths, tables and files."""
    tables = ("objects", "cameras", "pushes", "observe", "reward", "success", "failure")
    _require_name(task.name, where.at("name"))
    for table in tables:
        for name in getattr(task, table):
            _require_name(name, where.at(table))
    for group, calls in task.observe.items():
        for name in calls:
            _require_name(name, where.at("observe", group))
    for name in _RESERVED.intersection(task.failure):
        raise where.at("failure", name).error("is the code of an episode that no term ended; give it another name")


def _require_name(name: str, where: Location) -> None:
    if not _NAME.fullmatch(name):
        raise where.error(
            f"{name!r:.40} is no name; use up to 64 letters, digits, '_', '-' and '.', and neither '-' nor '.' first"
        )


def _clock(task: Task, where: Location) -> None:
    step, control = task.physics.step_hz, task.episode.control_hz
    if abs(step / control - round(step / control)) > 1e-9 or step < control:
        raise where.at("episode", "control_hz").error(
            f"{control:g} Hz does not divide physics.step_hz, {step:g} Hz; use for example {_divisor(step, control):g}"
        )
    if task.max_steps < 1:
        raise where.at("episode", "seconds").error(
            f"{task.episode.seconds:g} s hold not one action at {control:g} Hz; use {1 / control:g} s or more"
        )
    if task.episode.hold_seconds > task.episode.seconds:
        raise where.at("episode", "hold_seconds").error(
            f"{task.episode.hold_seconds:g} s is longer than the episode, {task.episode.seconds:g} s; shorten it"
        )


def _divisor(step: float, control: float) -> float:
    """The nearest rate that divides the physics rate and can be written down exactly."""
    rates = (step / count for count in range(1, int(step) + 1))
    exact = (rate for rate in rates if float(f"{rate:g}") == rate)
    return min(exact, key=lambda rate: abs(rate - control), default=step)


def _models(task: Task, where: Location) -> None:
    """Loading refuses what is wrong in the models themselves."""
    with _placed(where.at("robot", "model")):
        load_robot(task.robot.model)
    with _placed(where.at("workspace", "model")):
        load_workspace(task.workspace.model)
    for name, thing in task.objects.items():
        with _placed(where.at("objects", name, "model")):
            load_object(thing.model)
    if task.distractors is not None:
        _distractors(task.distractors, where.at("distractors"))
        if task.distractors.gap is not None and find_first_movable(task.objects) is None:
            raise where.at("distractors", "gap").error("there is no loose object to keep it from; leave it out")


def _distractors(distractors: Distractors, where: Location) -> None:
    if not distractors.models:
        raise where.at("models").error(f"is empty; name objects or a bank, one of {', '.join(BANKS)}")
    with _placed(where.at("models")):
        for model in list_distractor_models(distractors):
            load_object(model)
    low, high = distractors.region
    for axis, a, b in zip("xy", low, high, strict=True):
        if a >= b:
            raise where.at("region").error(f"along {axis} it goes from {a:g} to {b:g} m; put the lower corner first")


def _distractors_fit(task: Task, where: Location) -> None:
    """Place those of the first episode: whether there is room is known by trying."""
    if task.distractors is not None:
        begun = resolve(apply_variations(task, get_start_variations(task), 0, "start/"))
        with _placed(where):
            place_distractors(begun, 0, {})


def _posture(task: Task, where: Location) -> None:
    wanted = sum(len(arm.joints) for arm in load_robot(task.robot.model).arms.values())
    if task.robot.posture and len(task.robot.posture) != wanted:
        raise where.at("robot", "posture").error(
            f"has {len(task.robot.posture)} values, {task.robot.model} has {wanted} arm joints; give {wanted} or none"
        )


def _start_is_read(task: Task, where: Location) -> None:
    """Other checks read it again, and know no more than the task's name."""
    parse_variations(task.start, where.at("start"))


def _start(task: Task, where: Location) -> None:
    check_variations(task, parse_variations(task.start, where.at("start")), where.at("start"))


def check_variations(task: Task, variations: tuple[Variation, ...], location: Location) -> None:
    """Refuse a path that names nothing, one that may not differ between episodes, and a verb that leaves the bounds."""
    nominal = resolve(task)
    for variation in variations:
        for path in paths.match_paths(nominal, variation.path, location):
            if path in _OF_ALL_EPISODES:
                raise variation.location.error(
                    f"'{path}' is the same in all episodes; give it as a setting, {path}=VALUE"
                )
            if path == "physics.step_hz" and variation.verb not in ("value", "choice"):
                raise variation.location.error("not every rate between is a multiple of the control rate; use 'choice'")
            if path == "distractors.gap" and find_first_movable(nominal.objects) is None:
                raise variation.location.error("there is no loose object to keep a gap from; leave it out")
            if path == "robot.gaze" and (thing := find_gaze_target(nominal)) is not None:
                raise variation.location.error(f"the head looks at '{thing}'; vary the rpy of the camera on it instead")
            for value in variation.compute_extremes(paths.get_value(nominal, path)):
                _known_model(path, value, variation.location)
                changed = paths.set_value(nominal, path, value, variation.location)
                _clock(changed, Location(location.file))
                if is_checked_as_scenery(path):
                    with _placed(variation.location):
                        check_scenery(changed, Location(""))


def _known_model(path: str, value: object, where: Location) -> None:
    """Loading refuses a model that is not there, or is wrong in itself."""
    load = load_workspace if path == "workspace.model" else load_object if path.endswith(".model") else None
    if load is not None:
        with _placed(where):
            load(str(value))


@contextmanager
def _placed(where: Location) -> Iterator[None]:
    """Say where a file is named that is refused."""
    try:
        yield
    except ConfigError as error:
        raise where.error(str(error)) from error


def _goal_in_reach(task: Task, where: Location) -> None:
    if task.goal is None:
        return
    robot = load_robot(task.robot.model)
    arm = next(iter(robot.arms.values()))
    shoulder = robot.compute_shoulder_position(arm)
    sway = math.sqrt(sum(a * a for a in task.goal.orbit))
    farthest = max(list_start_corners(task, "goal.position"), key=lambda corner: math.dist(corner, shoulder))
    if math.dist(farthest, shoulder) + sway > arm.reach:
        raise where.at("goal", "position").error(
            f"({', '.join(f'{x:.3f}' for x in farthest)}) is {math.dist(farthest, shoulder) + sway:.3f} m from the "
            f"shoulder, the arm of {task.robot.model} reaches {arm.reach:.3f} m; bring it nearer"
        )


def _palm_in_reach(task: Task, where: Location) -> None:
    if task.robot.palm is None:
        return
    robot = load_robot(task.robot.model)
    arm = next(iter(robot.arms.values()))
    away = math.dist(task.robot.palm, robot.compute_shoulder_position(arm))
    if away > arm.reach:
        raise where.at("robot", "palm").error(
            f"is {away:.3f} m from the shoulder, the arm of {task.robot.model} reaches {arm.reach:.3f} m; "
            "bring it nearer"
        )


def _fits_hand(task: Task, where: Location) -> None:
    """Only an object named ``target`` is meant for the hand."""
    arm = next(iter(load_robot(task.robot.model).arms.values()))
    if arm.hand is None or "target" not in task.objects:
        return
    chosen = [v for v in get_start_variations(task) if v.path == "objects.target.model"]
    models = chosen[0].compute_extremes("") if chosen else [task.objects["target"].model]
    for model in models:
        width = min((g.width for g in load_object(model).grasps), default=math.inf) * task.objects["target"].size
        if width > arm.hand.opening:
            raise where.at("objects", "target").error(
                f"'{model}' is {width:.3f} m wide at its best grasp, the hand opens {arm.hand.opening:.3f} m; "
                "choose a smaller object or size"
            )


def _stands_in_area(task: Task, where: Location) -> None:
    (x0, y0), (x1, y1) = load_workspace(task.workspace.model).area
    for name, thing in task.objects.items():
        for x, y, z in list_start_corners(task, f"objects.{name}.position"):
            x, y = x + thing.nudge[0], y + thing.nudge[1]
            if z < 0.0:
                raise where.at("objects", name, "position").error(
                    f"begins {-z:g} m below the surface of {task.workspace.model}, from which z counts; use 0 or more"
                )
            if not (x0 <= x <= x1 and y0 <= y <= y1):
                raise where.at("objects", name, "position").error(
                    f"({x:.3f}, {y:.3f}) is outside the area of {task.workspace.model}, "
                    f"({x0:g}, {y0:g}) to ({x1:g}, {y1:g}); move it inside"
                )


def _pushes(task: Task, where: Location) -> None:
    known = ["palm", *task.objects]
    for name, push in task.pushes.items():
        if push.on not in known:
            raise where.at("pushes", name, "on").error(f"no body '{push.on}'; one of {', '.join(known)}")


def _schedules(task: Task, where: Location) -> None:
    known = [
        f"{stage}.{name}"
        for stage, kind in (("sensing", Sensing), ("actuation", Actuation))
        for name, (annotation, _) in get_fields(kind).items()
        if annotation is float
    ]
    for path in task.schedules:
        if path not in known:
            raise where.at("schedules", path).error(f"no number '{path}' that may change{suggest(path, known)}")


def _limits(task: Task, where: Location) -> None:
    for pair, newtons in task.limits.items():
        if pair not in task.contact_pairs:
            raise where.at("limits", pair).error(f"no pair '{pair}' presses here{suggest(pair, task.contact_pairs)}")
        if newtons <= 0.0:
            raise where.at("limits", pair).error(f"is {newtons:g} N; a limit is above 0")
