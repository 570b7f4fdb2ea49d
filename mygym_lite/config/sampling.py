"""One episode's task: the start state drawn, variations applied, everything left open filled in from the models."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import product
from typing import Any, TypeVar

from mygym_lite.config import field_path as paths
from mygym_lite.config.gaze import solve_neck_angles
from mygym_lite.config.objects import load_object
from mygym_lite.config.placement import place_distractors, refuse_overlap
from mygym_lite.config.robot import load_robot
from mygym_lite.config.task import ObjectConfig, RobotConfig, Task, TermCall, WorkspaceConfig
from mygym_lite.config.validation_scenery import check_cameras_and_light
from mygym_lite.config.variation import Variation, apply_variations, parse_variations
from mygym_lite.config.workspace import load_workspace
from mygym_lite.errors import ConfigError
from mygym_lite.schema import Location

T = TypeVar("T", ObjectConfig, WorkspaceConfig)
_MODEL_DECIDES = ("mass", "friction", "rolling_friction", "spinning_friction", "restitution", "color", "texture")
_WHERE_THEY_STAND = {"position", "nudge", "size", "model", "count", "region", "clearance", "gap"}

_starts: dict[
    str, tuple[dict[str, TermCall], tuple[Variation, ...]]
] = {}  # read once: every episode asks for them again


def sample(task: Task, variations: Sequence[Variation], seed: int) -> Task:
    """The task of one episode: a pure function of its arguments.

    Which models stand there is settled first, since mass and friction left open are the model's own; then the start
    state; then the variations, which begin from that start.
    """
    start_models, start = _models_first(get_start_variations(task))
    models, others = _models_first(variations)
    drawn = apply_variations(task, start_models, seed, "start/")
    drawn = resolve(apply_variations(drawn, models, seed))
    drawn = apply_variations(drawn, start, seed, "start/")
    drawn = apply_variations(drawn, others, seed)
    before = _distractors_before(task, variations, seed)
    try:
        drawn = resolve(place_distractors(drawn, seed, before))
    except ConfigError as error:
        raise ConfigError(f"{task.name}, seed {seed}: {error}") from error
    refuse_overlap(drawn, f"{task.name}, seed {seed}")
    check_cameras_and_light(drawn, Location(f"{task.name}, seed {seed}"))
    return drawn


def _distractors_before(task: Task, variations: Sequence[Variation], seed: int) -> dict[str, ObjectConfig]:
    """Where the distractors stand in this episode without variations, if there are some that may have to give way."""
    moved = {paths.split_path(v.path)[-1] for v in variations if v.path.startswith(("objects.", "distractors."))}
    if task.distractors is None or task.distractors.count == 0 or "models" in moved or not moved & _WHERE_THEY_STAND:
        return {}
    return {name: thing for name, thing in sample(task, (), seed).objects.items() if name not in task.objects}


def _models_first(variations: Sequence[Variation]) -> tuple[list[Variation], list[Variation]]:
    """Those that choose a model, and the others."""
    models = [variation for variation in variations if variation.path.endswith(".model")]
    return models, [variation for variation in variations if not variation.path.endswith(".model")]


def get_start_variations(task: Task) -> tuple[Variation, ...]:
    """The variations of ``[start]``, drawn in every episode."""
    known = _starts.get(task.name)
    if known is None or known[0] != task.start:
        parsed = parse_variations(task.start, Location(f"{task.name}.toml", ("start",)))
        known = _starts[task.name] = (deepcopy(task.start), parsed)
    return known[1]


def resolve(task: Task) -> Task:
    """The task with every value that was left open filled in from robot, workspace and object models."""
    return replace(
        task,
        robot=_resolve_robot(task),
        workspace=_resolve_workspace(task.workspace),
        objects={name: _resolve_object(thing) for name, thing in task.objects.items()},
    )


def _resolve_robot(task: Task) -> RobotConfig:
    use, robot = task.robot, load_robot(task.robot.model)
    joints = sum(len(arm.joints) for arm in robot.arms.values())
    gaze = solve_neck_angles(task, robot) or use.gaze
    if gaze is None and robot.gaze is not None:
        pan, tilt = robot.gaze.home
        gaze = (pan, tilt)
    return replace(use, posture=use.posture or (0.0,) * joints, gaze=gaze)


def _resolve_workspace(use: WorkspaceConfig) -> WorkspaceConfig:
    model = load_workspace(use.model)
    top = model.surface
    own = {"friction": model.friction, "texture": top.texture, "color": top.color,
           "floor": model.floor, "floor_color": model.floor_color}  # fmt: skip
    return _filled(use, own)


def _resolve_object(thing: ObjectConfig) -> ObjectConfig:
    model = load_object(thing.model)
    return _filled(thing, {name: getattr(model, name) for name in _MODEL_DECIDES})


def _filled(use: T, own: dict[str, Any]) -> T:
    """With a value of its own for each field that was left open."""
    filled = {name: value for name, value in own.items() if getattr(use, name) is None}
    return replace(use, **filled) if filled else use


def list_start_corners(task: Task, path: str) -> list[tuple[float, ...]]:
    """Every corner of the box in which the vector at a path may start."""
    nominal = paths.get_value(task, path)
    boxes = [v.compute_extremes(nominal) for v in get_start_variations(task) if v.path == path] or [[nominal]]
    return [corner for ends in boxes for corner in product(*zip(*ends, strict=True))]
