"""One episode's task: the start state drawn, variations applied, everything left open filled in from the models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from mygym_lite.spec import path as paths
from mygym_lite.spec.objects import load_object
from mygym_lite.spec.placement import refuse_overlap, with_distractors
from mygym_lite.spec.robot import load_robot
from mygym_lite.spec.task import Placed, RobotUse, Task, WorkspaceUse
from mygym_lite.spec.vary import Variation, apply, parse
from mygym_lite.spec.workspace import load_workspace
from mygym_lite.strict import Where


def sample(task: Task, variations: Sequence[Variation], seed: int) -> Task:
    """The task of one episode: a pure function of its arguments.

    Which models stand there is settled first, since mass and friction left open are the model's own; then the start
    state; then the variations, which begin from that start.
    """
    start = start_of(task)
    drawn = apply(task, [v for v in start if _names_model(v)], seed, "start/")
    drawn = resolve(apply(drawn, [v for v in variations if _names_model(v)], seed))
    drawn = apply(drawn, [v for v in start if not _names_model(v)], seed, "start/")
    drawn = apply(drawn, [v for v in variations if not _names_model(v)], seed)
    drawn = resolve(with_distractors(drawn, seed))
    refuse_overlap(drawn, f"{task.name}, seed {seed}")
    return drawn


def _names_model(variation: Variation) -> bool:
    return variation.path.endswith(".model")


def start_of(task: Task) -> tuple[Variation, ...]:
    """The variations of ``[start]``, drawn in every episode."""
    return parse(task.start, Where(f"{task.name}.toml", ("start",)))


def resolve(task: Task) -> Task:
    """The task with every value that was left open filled in from robot, workspace and object models."""
    return replace(
        task,
        robot=_resolve_robot(task.robot),
        workspace=_resolve_workspace(task.workspace),
        objects={name: _resolve_object(thing) for name, thing in task.objects.items()},
    )


def _resolve_robot(use: RobotUse) -> RobotUse:
    robot = load_robot(use.model)
    joints = sum(len(arm.joints) for arm in robot.arms.values())
    gaze = use.gaze
    if gaze is None and robot.gaze is not None:
        pan, tilt = robot.gaze.home
        gaze = (pan, tilt)
    return replace(use, posture=use.posture or (0.0,) * joints, gaze=gaze)


def _resolve_workspace(use: WorkspaceUse) -> WorkspaceUse:
    return use if use.friction is not None else replace(use, friction=load_workspace(use.model).friction)


def _resolve_object(thing: Placed) -> Placed:
    model = load_object(thing.model)
    open_fields = ("mass", "friction", "rolling_friction", "spinning_friction", "restitution", "color")
    filled: dict[str, Any] = {name: getattr(model, name) for name in open_fields if getattr(thing, name) is None}
    return replace(thing, **filled) if filled else thing


def corners(task: Task, path: str) -> list[tuple[float, ...]]:
    """Every corner of the box in which the vector at a path may start."""
    nominal = paths.get(task, path)
    boxes = [v.extremes(nominal) for v in start_of(task) if v.path == path] or [[nominal]]
    return [corner for ends in boxes for corner in product(*zip(*ends, strict=True))]
