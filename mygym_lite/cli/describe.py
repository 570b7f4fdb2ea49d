"""Rows that describe a task: every field with unit and bounds, and the meaning of every action component."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

from mygym_lite.config.field_path import get_defining_fields
from mygym_lite.config.robot import ArmModel, RobotModel
from mygym_lite.config.task import Task
from mygym_lite.config.task_robot import RobotConfig
from mygym_lite.schema import get_fields

Row = dict[str, Any]
EXPLICIT_SOURCES = ("file", "command line")
"""Sources of values that a user has set."""


def describe_fields(task: Task, resolved: Task, original: Task, declared: Mapping[str, Any]) -> list[Row]:
    """Describe every parameter of a task.

    Args:
        task: Task with the changes from the command line.
        resolved: The same task, completed from robot, workspace and objects.
        original: Task as its file declares it.
        declared: Parsed TOML table of the file.
    """
    before, filled = dict(_iterate_leaves(original)), dict(_iterate_leaves(resolved))
    return [
        {
            "path": path,
            "value": filled[path][0],
            "unit": meta.get("unit") or None,
            "low": _drop_infinity(meta.get("low")),
            "high": _drop_infinity(meta.get("high")),
            "default": default,
            "source": _find_source(path, value, before.get(path, (None,))[0], filled[path][0], declared),
            "about": meta.get("doc", ""),
        }
        for path, (value, default, meta) in _iterate_leaves(task)
    ]


def _iterate_leaves(node: Any, path: str = "") -> Iterator[tuple[str, tuple[Any, Any, Mapping[str, Any]]]]:
    """Iterate over the path of each value below a node, with the value, its default and its metadata."""
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _iterate_leaves(child, f"{path}{key}.")
        return
    defaults = {f.name: f.default for f in dataclasses.fields(node)}
    hidden = get_defining_fields(type(node))
    for name, (_, meta) in get_fields(type(node)).items():
        value = getattr(node, name)
        if name in hidden or (value is None and not meta):
            continue
        if dataclasses.is_dataclass(value) or isinstance(value, dict):
            yield from _iterate_leaves(value, f"{path}{name}.")
        else:
            default = None if defaults[name] is dataclasses.MISSING else defaults[name]
            yield path + name, (value, default, meta)


def _find_source(path: str, value: Any, before: Any, filled: Any, declared: Mapping[str, Any]) -> str:
    if value != before:
        return "command line"
    node: Any = declared
    for key in path.split("."):
        node = node.get(key) if isinstance(node, Mapping) else None
    if node is not None:
        return "file"
    return "default" if filled == value else "model"


def _drop_infinity(bound: float | None) -> float | None:
    return bound if bound is not None and math.isfinite(bound) else None


def describe_action(config: RobotConfig, robot: RobotModel, hand_commands: list[int]) -> list[Row]:
    """Describe each component of an action; ``full_scale`` is the effect of 1, and -1 has the opposite effect."""
    rows: list[Row] = []
    for side, arm, commands in zip(robot.arms, robot.arms.values(), hand_commands, strict=True):
        rows += [{"arm": side, **row} for row in [*_describe_arm(config, arm), *_describe_hand(config, arm, commands)]]
    return [{"index": index, **row} for index, row in enumerate(rows)]


def _describe_arm(config: RobotConfig, arm: ArmModel) -> list[Row]:
    translation = [
        _make_row(f"palm {axis}", "translation in the world frame", config.translation_step, "m") for axis in "xyz"
    ]
    if config.control == "ee_translation":
        return translation
    if config.control == "ee_delta":
        return translation + [
            _make_row(f"palm about {axis}", "rotation in the world frame", config.rotation_step, "rad")
            for axis in "xyz"
        ]
    meaning, unit, full = {
        "joint_delta": ("change of the target", "rad", [config.joint_step] * len(arm.joints)),
        "joint_position": ("target: -1 is the lower limit, 1 the upper", "rad", list(arm.upper)),
        "joint_velocity": ("speed", "rad/s", list(arm.velocity)),
        "joint_torque": ("torque", "N m", [effort * config.torque_limit for effort in arm.effort]),
    }[config.control]
    return [_make_row(joint, meaning, scale, unit) for joint, scale in zip(arm.joints, full, strict=True)]


def _describe_hand(config: RobotConfig, arm: ArmModel, commands: int) -> list[Row]:
    digits = list(arm.hand.digits) if arm.hand and config.fingers == "each" else ["hand"]
    return [_make_row(name, "closure: -1 is open, 1 is closed", 1.0, "") for name in digits[:commands]]


def _make_row(name: str, meaning: str, full: float, unit: str) -> Row:
    return {"name": name, "meaning": meaning, "full_scale": full, "unit": unit or None}
