"""A task as plain rows: every field with its unit and bounds, and what each number of an action means."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

from mygym_lite.config.field_path import NOT_PARAMETERS
from mygym_lite.config.robot import ArmModel, RobotModel
from mygym_lite.config.task import RobotConfig, Task
from mygym_lite.schema import get_fields

Row = dict[str, Any]
EXPLICIT_SOURCES = ("file", "command line")
"""Source of the value of a field, if a person has set it."""


def describe_fields(task: Task, resolved: Task, original: Task, declared: Mapping[str, Any]) -> list[Row]:
    """Every parameter of a task.

    Args:
        task: As it will be used, with changes from the command line.
        resolved: The same, with what it leaves open filled in from robot, workspace and objects.
        original: As its file declares it.
        declared: The file's table.
    """
    before, filled = dict(_leaves(original)), dict(_leaves(resolved))
    return [
        {
            "path": path,
            "value": filled[path][0],
            "unit": meta.get("unit") or None,
            "low": _finite(meta.get("low")),
            "high": _finite(meta.get("high")),
            "default": default,
            "source": _origin(path, value, before.get(path, (None,))[0], filled[path][0], declared),
            "about": meta.get("doc", ""),
        }
        for path, (value, default, meta) in _leaves(task)
    ]


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, tuple[Any, Any, Mapping[str, Any]]]]:
    """Path, and value, default and metadata, of each single value below a node."""
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _leaves(child, f"{path}{key}.")
        return
    defaults = {f.name: f.default for f in dataclasses.fields(node)}
    hidden = NOT_PARAMETERS if isinstance(node, Task) else frozenset()
    for name, (_, meta) in get_fields(type(node)).items():
        value = getattr(node, name)
        if name in hidden or (value is None and not meta):
            continue
        if dataclasses.is_dataclass(value) or isinstance(value, dict):
            yield from _leaves(value, f"{path}{name}.")
        else:
            default = None if defaults[name] is dataclasses.MISSING else defaults[name]
            yield path + name, (value, default, meta)


def _origin(path: str, value: Any, before: Any, filled: Any, written: Mapping[str, Any]) -> str:
    if value != before:
        return "command line"
    node: Any = written
    for key in path.split("."):
        node = node.get(key) if isinstance(node, Mapping) else None
    if node is not None:
        return "file"
    return "default" if filled == value else "model"


def _finite(bound: float | None) -> float | None:
    return bound if bound is not None and math.isfinite(bound) else None


def describe_action(config: RobotConfig, robot: RobotModel, hand_commands: list[int]) -> list[Row]:
    """What each number of an action commands; ``full`` is the effect of 1, and -1 is its opposite."""
    rows: list[Row] = []
    for side, arm, commands in zip(robot.arms, robot.arms.values(), hand_commands, strict=True):
        rows += [{"arm": side, **row} for row in [*_arm_rows(config, arm), *_hand_rows(config, arm, commands)]]
    return [{"index": index, **row} for index, row in enumerate(rows)]


def _arm_rows(use: RobotConfig, arm: ArmModel) -> list[Row]:
    travel = [_row(f"palm {axis}", "moves in the world frame", use.translation_step, "m") for axis in "xyz"]
    if use.control == "ee_translation":
        return travel
    if use.control == "ee_delta":
        return travel + [
            _row(f"palm about {axis}", "turns in the world frame", use.rotation_step, "rad") for axis in "xyz"
        ]
    meaning, unit, full = {
        "joint_delta": ("target moves", "rad", [use.joint_step] * len(arm.joints)),
        "joint_position": ("target, -1 the lower limit and 1 the upper", "rad", list(arm.upper)),
        "joint_velocity": ("speed", "rad/s", list(arm.velocity)),
        "joint_torque": ("torque", "N m", [effort * use.torque_limit for effort in arm.effort]),
    }[use.control]
    return [_row(joint, meaning, most, unit) for joint, most in zip(arm.joints, full, strict=True)]


def _hand_rows(use: RobotConfig, arm: ArmModel, commands: int) -> list[Row]:
    digits = list(arm.hand.digits) if arm.hand and use.fingers == "each" else ["hand"]
    return [_row(name, "closure, -1 open and 1 closed", 1.0, "") for name in digits[:commands]]


def _row(name: str, meaning: str, full: float, unit: str) -> Row:
    return {"name": name, "meaning": meaning, "full_scale": full, "unit": unit or None}
