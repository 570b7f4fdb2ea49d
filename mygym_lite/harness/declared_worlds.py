"""Worlds and suites as the manifests of runs declare them, for comparison between runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mygym_lite.jobs.manifest import Manifest

ENGINE_NAMES = {"bullet": "Bullet", "mujoco": "MuJoCo"}
"""Names of physics engines in reports."""
_ENGINE = ("physics", "engine")  # field of a task by which a world is named
_IGNORED_FIELDS = ("about",)


def read_suite(manifest: Manifest) -> dict[str, Any]:
    """Read the declared suite, without the list of tasks to which an axis applies: it may differ between worlds."""
    suite = manifest["suite"]
    axes = {axis["name"]: {key: axis[key] for key in axis if key != "applicable"} for axis in suite["axes"]}
    return {**suite, "axes": axes}


def read_worlds(manifest: Manifest) -> dict[str, dict[str, Any]]:
    """Read the declared fields of every task."""
    return {
        name: {key: value for key, value in task["fields"].items() if key not in _IGNORED_FIELDS}
        for name, task in manifest["tasks"].items()
    }


def read_engine_name(task: Mapping[str, Any]) -> str:
    """Read the name of the physics engine from the entry of a task; empty if the entry has none."""
    table, key = _ENGINE
    fields = task["fields"].get(table)
    engine = str(fields.get(key, "")) if isinstance(fields, dict) else ""
    return ENGINE_NAMES.get(engine, engine)


def drop_engine(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the declared fields of a task without its physics engine."""
    table, key = _ENGINE
    physics = fields.get(table)
    others = {name: value for name, value in physics.items() if name != key} if isinstance(physics, dict) else physics
    return {name: others if name == table else value for name, value in fields.items() if name != table or others}
