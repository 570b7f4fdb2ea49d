"""Validation of a task: names, rates, models, variations and placement, before anything is simulated."""

from __future__ import annotations

from mygym_lite.config import field_path as paths
from mygym_lite.config.draws import list_choices
from mygym_lite.config.faults import Actuation, Sensing
from mygym_lite.config.head_pose import find_gaze_target
from mygym_lite.config.placement import find_first_movable
from mygym_lite.config.sampling import resolve
from mygym_lite.config.start_extents import list_start_corners
from mygym_lite.config.task import Task
from mygym_lite.config.validation_draws import check_draws
from mygym_lite.config.validation_language import check_language, check_paraphrase
from mygym_lite.config.validation_models import (
    check_distractor_space,
    check_model,
    check_models,
    check_posture,
    prefix_errors,
)
from mygym_lite.config.validation_names import check_names
from mygym_lite.config.validation_placement import check_container, check_placement, check_start
from mygym_lite.config.validation_rates import check_rates
from mygym_lite.config.validation_reach import check_reach
from mygym_lite.config.validation_regions import check_regions
from mygym_lite.config.validation_scenery import check_scenery
from mygym_lite.config.validation_stages import check_stages
from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.config.visual_fields import is_checked_as_scenery
from mygym_lite.config.workspace import load_workspace
from mygym_lite.errors import suggest
from mygym_lite.schema import Location, get_fields

# Fields that decide the spaces of an environment, its time step, or the meaning of success.
_CONSTANT_FIELDS = frozenset(
    {"robot.model", "robot.control", "robot.fingers", "episode.control_hz", "episode.hold_seconds"}
)


def check_task(task: Task, location: Location) -> None:
    """Validate a task.

    Raises:
        ConfigError: The task is invalid; the message names the key, both numbers and the remedy.
    """
    check_names(task, location)
    check_stages(task, location)
    check_rates(task, location)
    check_models(task, location)
    start = parse_variations(task.start, location.at("start"))  # first: other checks parse it without a location
    check_draws(task, location)
    check_scenery(task, location)
    check_posture(task, location)
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
    check_distractor_space(task, location)


def check_variations(task: Task, variations: tuple[Variation, ...], location: Location) -> None:
    """Validate variations: their paths must exist and may vary, and their extremes must lie within bounds."""
    nominal = _set_engine(resolve(task), variations)
    for variation in variations:
        for path in paths.match_paths(nominal, variation.path, location):
            _check_path(nominal, path, variation)
            for value in variation.compute_extremes(paths.get_value(nominal, path)):
                _check_value(nominal, path, value, variation.location)


def _check_path(nominal: Task, path: str, variation: Variation) -> None:
    """Check that a field may vary."""
    where = variation.location
    if path in _CONSTANT_FIELDS:
        raise where.error(f"'{path}' is the same in all episodes; give it as a setting, {path}=VALUE")
    if path == "physics.step_hz" and variation.verb not in ("value", "choice"):
        raise where.error("most rates between are no multiple of the control rate; use 'choice'")
    if path == "distractors.gap" and find_first_movable(nominal.objects) is None:
        raise where.error("there is no loose object to keep a gap from; leave it out")
    if path == "robot.gaze" and (thing := find_gaze_target(nominal)) is not None:
        raise where.error(f"the head looks at '{thing}'; vary the rpy of the camera on it instead")


def _check_value(nominal: Task, path: str, value: object, where: Location) -> None:
    """Check the task with a value in one of its fields."""
    check_model(path, value, where)
    check_container(nominal, path, value, where)
    changed = paths.set_value(nominal, path, value, where)
    check_rates(changed, Location(where.file))
    if path == "language.paraphrase":
        check_paraphrase(changed, where)
    if is_checked_as_scenery(path):
        with prefix_errors(where):
            check_scenery(changed, Location(""))


def _set_engine(task: Task, variations: tuple[Variation, ...]) -> Task:
    """Return the task in the engine that the variations choose; unchanged if they draw one at random."""
    for variation in variations:
        if variation.path == "physics.engine":
            engines = set(variation.compute_extremes(task.physics.engine))
            if len(engines) == 1:
                return paths.set_value(task, "physics.engine", engines.pop(), variation.location)
    return task


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
