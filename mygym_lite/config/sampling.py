"""Sampling of the task of one episode: its start state, its variations, and defaults filled in from the models."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeVar

from mygym_lite.config import field_path as paths
from mygym_lite.config.checks import TermCall
from mygym_lite.config.draws import list_choices, sample_draws
from mygym_lite.config.head_pose import solve_neck_angles
from mygym_lite.config.object_placer import Spot
from mygym_lite.config.objects import load_object
from mygym_lite.config.overlap import limit_nudges, refuse_overlap
from mygym_lite.config.placement import place_distractors
from mygym_lite.config.robot import load_robot
from mygym_lite.config.start_placement import place_objects
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig, WorkspaceConfig
from mygym_lite.config.task_robot import RobotConfig
from mygym_lite.config.validation_scenery import check_cameras_and_light
from mygym_lite.config.variation import Variation, apply_variations, parse_variations
from mygym_lite.config.workspace import load_workspace
from mygym_lite.errors import ConfigError
from mygym_lite.schema import Location

T = TypeVar("T", ObjectConfig, WorkspaceConfig)
_MATERIAL_FIELDS = ("mass", "friction", "restitution", "color", "texture", "metallic")
_SHAPE_FIELDS = ("rolling_friction", "spinning_friction")  # lever arms, m
_PLACEMENT_FIELDS = {"position", "nudge", "size", "model", "shape", "count", "region", "clearance", "gap"}
_start_cache: dict[str, tuple[dict[str, TermCall], tuple[Variation, ...]]] = {}


def sample(task: Task, variations: Sequence[Variation], seed: int) -> Task:
    """Sample the task of one episode, a pure function of the arguments.

    Models and the engine are sampled first, since other fields depend on them; then the start state; then the
    variations, relative to that start.
    """
    models, others = _split_models(variations)
    sampled = _sample_unplaced(task, models, seed)
    if task.place:
        spots = _sample_nominal_spots(task, seed) if variations else {}
        sampled, _ = place_objects(sampled, others, seed, spots)
    else:
        sampled = apply_variations(sampled, others, seed)
    previous = _sample_nominal_distractors(task, variations, seed)
    try:
        sampled = resolve(place_distractors(limit_nudges(sampled), seed, previous))
    except ConfigError as error:
        raise ConfigError(f"{task.name}, seed {seed}: {error}") from error
    refuse_overlap(sampled, f"{task.name}, seed {seed}")
    check_cameras_and_light(sampled, Location(f"{task.name}, seed {seed}"))
    return sampled


def sample_start(task: Task, seed: int) -> Task:
    """Sample the start state of one episode, without variations and distractors."""
    started = _sample_unplaced(task, (), seed)
    return place_objects(started, (), seed)[0] if task.place else started


def _sample_nominal_spots(task: Task, seed: int) -> dict[str, Spot]:
    """Sample the spots of the placed objects in this episode without variations."""
    return place_objects(_sample_unplaced(task, (), seed), (), seed)[1]


def _sample_unplaced(task: Task, models: Sequence[Variation], seed: int) -> Task:
    """Sample draws and ``[start]``, with the models that the variations choose."""
    start_models, start = _split_models([*sample_draws(task, seed), *get_start_variations(task)])
    sampled = apply_variations(task, start_models, seed, "start/")
    sampled = resolve(apply_variations(sampled, models, seed))
    return apply_variations(sampled, start, seed, "start/")


def _sample_nominal_distractors(task: Task, variations: Sequence[Variation], seed: int) -> dict[str, ObjectConfig]:
    """Sample the distractors of this episode without variations, if the variations may obstruct them."""
    varied = {paths.split_path(v.path)[-1] for v in variations if v.path.startswith(("objects.", "distractors."))}
    if task.distractors is None or task.distractors.count == 0 or "models" in varied or not varied & _PLACEMENT_FIELDS:
        return {}
    return {name: thing for name, thing in sample(task, (), seed).objects.items() if name not in task.objects}


def _split_models(variations: Sequence[Variation]) -> tuple[list[Variation], list[Variation]]:
    """Separate the variations that choose a model, a shape or the engine, on which other fields depend."""
    models = [variation for variation in variations if _chooses_model(variation)]
    return models, [variation for variation in variations if not _chooses_model(variation)]


def _chooses_model(variation: Variation) -> bool:
    return paths.is_model_path(variation.path) or variation.path == "physics.engine"


def get_start_variations(task: Task) -> tuple[Variation, ...]:
    """Return the variations of ``[start]``; parsed once, since every episode needs them."""
    cached = _start_cache.get(task.name)
    if cached is None or cached[0] != task.start:
        parsed = parse_variations(task.start, Location(f"{task.name}.toml", ("start",)))
        cached = _start_cache[task.name] = (deepcopy(task.start), parsed)
    return cached[1]


def list_start_distributions(task: Task) -> list[Variation]:
    """List the distributions of start values: those of ``[start]``, and the choices that each path of a draw has."""
    return [*get_start_variations(task), *list_choices(task)]


def list_start_paths(task: Task) -> list[str]:
    """List the paths, some with wildcards, whose start values are sampled."""
    drawn = [path for draw in task.draws.values() for path in draw.flat_paths]
    placed = [f"objects.{name}.{field}" for name in task.place for field in ("position", "yaw")]
    return [*(variation.path for variation in get_start_variations(task)), *drawn, *placed]


def resolve(task: Task) -> Task:
    """Fill in absent values from the models of robot, workspace and objects."""
    return replace(
        task,
        robot=_resolve_robot(task),
        workspace=_resolve_workspace(task.workspace),
        objects={name: _resolve_object(thing) for name, thing in task.objects.items()},
    )


def _resolve_robot(task: Task) -> RobotConfig:
    config, robot = task.robot, load_robot(task.robot.model)
    joints = sum(len(arm.joints) for arm in robot.arms.values())
    gaze = solve_neck_angles(task, robot) or config.gaze
    if gaze is None and robot.gaze is not None:
        pan, tilt = robot.gaze.home
        gaze = (pan, tilt)
    return replace(config, posture=config.posture or (0.0,) * joints, gaze=gaze)


def _resolve_workspace(config: WorkspaceConfig) -> WorkspaceConfig:
    model = load_workspace(config.model)
    defaults: dict[str, Any] = {name: getattr(model, name) for name in ("friction", "floor", "floor_color")}
    defaults |= {"texture": model.surface.texture, "color": model.surface.color}
    return _fill_absent(config, defaults)


def _resolve_object(config: ObjectConfig) -> ObjectConfig:
    """Fill in absent values from the model, which then gives way to the object whose shape replaces its own."""
    material, shape = load_object(config.model), load_object(config.geometry)
    defaults = {name: getattr(material, name) for name in _MATERIAL_FIELDS}
    filled = _fill_absent(config, defaults | {name: getattr(shape, name) for name in _SHAPE_FIELDS})
    return replace(filled, model=config.shape, shape=None) if config.shape else filled


def _fill_absent(config: T, defaults: dict[str, Any]) -> T:
    absent = {name: value for name, value in defaults.items() if getattr(config, name) is None}
    return replace(config, **absent) if absent else config
