"""Validation of a task: names, rates, models, variations and placement, before anything is simulated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from mygym_lite.config import field_path as paths
from mygym_lite.config.draws import list_choices
from mygym_lite.config.faults import Actuation, Sensing
from mygym_lite.config.head_pose import find_gaze_target
from mygym_lite.config.objects import BANKS, load_object
from mygym_lite.config.placement import find_first_movable, list_distractor_models, place_distractors
from mygym_lite.config.robot import load_robot
from mygym_lite.config.sampling import resolve, sample_start
from mygym_lite.config.start_extents import list_start_corners
from mygym_lite.config.task import Distractors, Task
from mygym_lite.config.validation_draws import check_draws
from mygym_lite.config.validation_language import check_language, check_paraphrase
from mygym_lite.config.validation_placement import check_container, check_placement, check_start
from mygym_lite.config.validation_reach import check_reach
from mygym_lite.config.validation_regions import check_regions
from mygym_lite.config.validation_scenery import check_scenery
from mygym_lite.config.validation_stages import check_stages
from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.config.visual_fields import is_checked_as_scenery
from mygym_lite.config.workspace import load_workspace
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.schema import Location, get_fields

_NAME = re.compile(r"\w[\w.-]{0,63}")
_RESERVED = frozenset({"timeout", "policy_error", "physics_error"})
# Fields that decide the spaces of an environment, its time step, or the meaning of success.
_CONSTANT_FIELDS = frozenset(
    {"robot.model", "robot.control", "robot.fingers", "episode.control_hz", "episode.hold_seconds"}
)


def check_task(task: Task, location: Location) -> None:
    """Validate a task.

    Raises:
        ConfigError: The task is invalid; the message names the key, both numbers and the remedy.
    """
    _check_names(task, location)
    check_stages(task, location)
    _check_rates(task, location)
    _check_models(task, location)
    start = parse_variations(task.start, location.at("start"))  # first: other checks parse it without a location
    check_draws(task, location)
    check_scenery(task, location)
    _check_posture(task, location)
    check_variations(task, tuple(list_choices(task)), location)
    check_variations(task, start, location.at("start"))
    check_placement(task, location)
    check_reach(task, location)
    _check_area(task, location)
    check_regions(task, location)
    _check_pushes(task, location)
    _check_schedules(task, location)
    _check_limits(task, location)
    check_start(task, location)
    check_language(task, location)
    _check_distractor_space(task, location)


def _check_names(task: Task, where: Location) -> None:
    """Check the names that become parts of paths, tables and file names."""
    tables = ("objects", "regions", "draws", "cameras", "pushes", "observe", "reward", "success", "failure")
    _check_name(task.name, where.at("name"))
    for table in tables:
        for name in getattr(task, table):
            _check_name(name, where.at(table))
    for group, calls in task.observe.items():
        for name in calls:
            _check_name(name, where.at("observe", group))
    for index, stage in enumerate(task.stages):
        inside = where.at("stages", str(index))
        _check_name(stage.name, inside.at("name"))
        for table in ("checks", "reward"):
            for name in getattr(stage, table):
                _check_name(name, inside.at(table))
    for name in _RESERVED.intersection(task.failure):
        raise where.at("failure", name).error("is reserved for episodes that no term ended; use another name")


def _check_name(name: str, where: Location) -> None:
    if not _NAME.fullmatch(name):
        raise where.error(
            f"{name!r:.40} is not a valid name; use up to 64 letters, digits, '_', '-' and '.', "
            "and neither '-' nor '.' first"
        )


def _check_rates(task: Task, where: Location) -> None:
    step, control = task.physics.step_hz, task.episode.control_hz
    if abs(step / control - round(step / control)) > 1e-9 or step < control:
        divisor = _find_divisor(step, control)
        raise where.at("episode", "control_hz").error(
            f"{control:g} Hz does not divide physics.step_hz, {step:g} Hz; use for example {divisor:g}"
        )
    if task.max_steps < 1:
        raise where.at("episode", "seconds").error(
            f"{task.episode.seconds:g} s is shorter than one action at {control:g} Hz; use {1 / control:g} s or more"
        )
    if task.episode.hold_seconds > task.episode.seconds:
        raise where.at("episode", "hold_seconds").error(
            f"{task.episode.hold_seconds:g} s is longer than the episode, {task.episode.seconds:g} s; shorten it"
        )


def _find_divisor(step: float, control: float) -> float:
    """Find the nearest rate that divides the physics rate and has an exact short decimal form."""
    rates = (step / count for count in range(1, int(step) + 1))
    exact = (rate for rate in rates if float(f"{rate:g}") == rate)
    return min(exact, key=lambda rate: abs(rate - control), default=step)


def _check_models(task: Task, where: Location) -> None:
    """Load all models, which validates them."""
    with _prefix_errors(where.at("robot", "model")):
        load_robot(task.robot.model)
    with _prefix_errors(where.at("workspace", "model")):
        load_workspace(task.workspace.model)
    for name, thing in task.objects.items():
        with _prefix_errors(where.at("objects", name, "model")):
            load_object(thing.model)
        with _prefix_errors(where.at("objects", name, "shape")):
            load_object(thing.geometry)
    if task.distractors is not None:
        _check_distractors(task.distractors, where.at("distractors"))
        if task.distractors.gap is not None and find_first_movable(task.objects) is None:
            raise where.at("distractors", "gap").error("there is no loose object to keep it from; leave it out")


def _check_distractors(distractors: Distractors, where: Location) -> None:
    if not distractors.models:
        raise where.at("models").error(f"is empty; name objects or a bank, one of {', '.join(BANKS)}")
    with _prefix_errors(where.at("models")):
        for model in list_distractor_models(distractors):
            load_object(model)
    low, high = distractors.region
    for axis, a, b in zip("xy", low, high, strict=True):
        if a >= b:
            raise where.at("region").error(f"along {axis} it goes from {a:g} to {b:g} m; put the lower corner first")


def _check_distractor_space(task: Task, where: Location) -> None:
    """Check, by placing the distractors of the first episode, that there is room for them."""
    if task.distractors is not None:
        with _prefix_errors(where):
            place_distractors(sample_start(task, 0), 0, {})


def _check_posture(task: Task, where: Location) -> None:
    count = sum(len(arm.joints) for arm in load_robot(task.robot.model).arms.values())
    if task.robot.posture and len(task.robot.posture) != count:
        raise where.at("robot", "posture").error(
            f"has {len(task.robot.posture)} values, {task.robot.model} has {count} arm joints; give {count} or none"
        )


def check_variations(task: Task, variations: tuple[Variation, ...], location: Location) -> None:
    """Validate variations: their paths must exist and may vary, and their extremes must lie within bounds."""
    nominal = _set_engine(resolve(task), variations)
    for variation in variations:
        for path in paths.match_paths(nominal, variation.path, location):
            if path in _CONSTANT_FIELDS:
                raise variation.location.error(
                    f"'{path}' is the same in all episodes; give it as a setting, {path}=VALUE"
                )
            if path == "physics.step_hz" and variation.verb not in ("value", "choice"):
                raise variation.location.error("most rates between are no multiple of the control rate; use 'choice'")
            if path == "distractors.gap" and find_first_movable(nominal.objects) is None:
                raise variation.location.error("there is no loose object to keep a gap from; leave it out")
            if path == "robot.gaze" and (thing := find_gaze_target(nominal)) is not None:
                raise variation.location.error(f"the head looks at '{thing}'; vary the rpy of the camera on it instead")
            for value in variation.compute_extremes(paths.get_value(nominal, path)):
                _check_model(path, value, variation.location)
                check_container(nominal, path, value, variation.location)
                changed = paths.set_value(nominal, path, value, variation.location)
                _check_rates(changed, Location(location.file))
                if path == "language.paraphrase":
                    check_paraphrase(changed, variation.location)
                if is_checked_as_scenery(path):
                    with _prefix_errors(variation.location):
                        check_scenery(changed, Location(""))


def _set_engine(task: Task, variations: tuple[Variation, ...]) -> Task:
    """Return the task in the engine that the variations choose; unchanged if they draw one at random."""
    for variation in variations:
        if variation.path == "physics.engine":
            engines = set(variation.compute_extremes(task.physics.engine))
            if len(engines) == 1:
                return paths.set_value(task, "physics.engine", engines.pop(), variation.location)
    return task


def _check_model(path: str, value: object, where: Location) -> None:
    """Load the model at a path, if it is one, which validates it."""
    if paths.is_model_path(path):
        load = load_workspace if path == "workspace.model" else load_object
        with _prefix_errors(where):
            load(str(value))


@contextmanager
def _prefix_errors(where: Location) -> Iterator[None]:
    """Prefix errors with the location that refers to an invalid file."""
    try:
        yield
    except ConfigError as error:
        raise where.error(str(error)) from error


def _check_area(task: Task, where: Location) -> None:
    (x0, y0), (x1, y1) = load_workspace(task.workspace.model).area
    for name, thing in task.objects.items():
        if name in task.place:
            continue  # its area is checked with its placement
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


def _check_pushes(task: Task, where: Location) -> None:
    known = ["palm", *task.objects]
    for name, push in task.pushes.items():
        if push.on not in known:
            raise where.at("pushes", name, "on").error(f"no body '{push.on}'; one of {', '.join(known)}")


def _check_schedules(task: Task, where: Location) -> None:
    known = [
        f"{table}.{name}"
        for table, kind in (("sensing", Sensing), ("actuation", Actuation))
        for name, (annotation, _) in get_fields(kind).items()
        if annotation is float
    ]
    for path in task.schedules:
        if path not in known:
            raise where.at("schedules", path).error(f"no number '{path}' that may change{suggest(path, known)}")


def _check_limits(task: Task, where: Location) -> None:
    for pair, newtons in task.limits.items():
        if pair not in task.contact_pairs:
            raise where.at("limits", pair).error(f"no pair '{pair}' presses here{suggest(pair, task.contact_pairs)}")
        if newtons <= 0.0:
            raise where.at("limits", pair).error(f"is {newtons:g} N; a limit is above 0")
