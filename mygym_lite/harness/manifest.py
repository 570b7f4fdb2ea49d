"""What a run is made of, written before its first episode: enough to run it again and to see that it is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from mygym_lite import provenance
from mygym_lite.config.task import Task
from mygym_lite.fingerprint import digest, plain, simulation_digest
from mygym_lite.harness.plan import Plan
from mygym_lite.harness.relevant_axes import find_unreached
from mygym_lite.schema import Where, convert, require_schema

SCHEMA = 1
DECIDING = (
    "schema", "tasks", "suite", "policies", "perception", "seed", "until_width", "settings", "versions", "simulation",
)  # fmt: skip
"""The keys that make a run another one."""
Table = dict[str, Any]
_ENTRIES = dict[str, dict[str, object]]
_FORM: dict[str, Any] = {
    "tasks": _ENTRIES, "suite": dict[str, object], "policies": _ENTRIES, "seed": int, "episodes": int,
    "until_width": float | None, "settings": tuple[str, ...], "simulation": str, "created": str, "command": str,
    "version": str | None, "versions": dict[str, object], "machine": dict[str, object],
    "git": dict[str, object] | None,
}  # fmt: skip
"""Checks of what readers of a manifest rely on."""
_TASK_FORM = {"about": str, "limits": dict[str, float], "fields": dict[str, object]}
_POLICY_FORM = {"source": str, "digest": str}
_SUITE_FORM: dict[str, Any] = {"name": str, "levels": tuple[int, ...], "axes": tuple[dict[str, object], ...]}
_AXIS_FORM: dict[str, Any] = {"name": str, "group": str, "about": str, "levels": tuple[int, ...],
                              "applicable": dict[str, bool]}  # fmt: skip
_GIT_FORM = {"revision": str}


def manifest(
    plan: Plan, settings: Sequence[str] = (), command: str = "", texts: Mapping[str, str] | None = None
) -> Table:
    """Describe a run.

    Args:
        plan: Its episodes.
        settings: What was changed in every task.
        command: How it was started.
        texts: The files of tasks and suite as they were read, by name.
    """
    texts = texts or {}
    return {
        "schema": SCHEMA,
        "program": "mygym_lite",
        "version": provenance.version("mygym_lite"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "versions": provenance.versions(),
        "git": provenance.revision(),
        "machine": provenance.machine(),
        "simulation": simulation_digest(),
        "tasks": {task.name: _task(task, texts.get(f"task {task.name}", "")) for task in plan.tasks},
        "suite": _suite(plan, texts.get("suite", "")),
        "policies": {policy.label: policy.card() for policy in plan.policies},
        "unreached": find_unreached(plan),
        "perception": plain(plan.eyes.card()) if plan.eyes else None,
        "seed": plan.seed,
        "episodes": plan.episodes,
        "until_width": plan.until_width,
        "patience": plan.patience,
        "settings": list(settings),
    }


def require_whole(table: Any) -> Table:
    """Refuse a manifest that is of another program or release, or lacks what its readers rely on.

    Raises:
        ValueError: In one line, what is wrong with it.
    """
    if not isinstance(table, dict) or table.get("program") != "mygym_lite":
        raise ValueError("it is of another program")
    require_schema(table, Where(""), SCHEMA)
    _require(_FORM, table, Where(""))
    for key, form in (("tasks", _TASK_FORM), ("policies", _POLICY_FORM)):
        for name, entry in table[key].items():
            _require(form, entry, Where("", (key, name)))
    _require(_SUITE_FORM, table["suite"], Where("", ("suite",)))
    for place, axis in enumerate(table["suite"]["axes"]):
        _require(_AXIS_FORM, axis, Where("", ("suite", "axes", str(place))))
    if table.get("git") is not None:
        _require(_GIT_FORM, table["git"], Where("", ("git",)))
    return table


def _require(form: Mapping[str, Any], table: Mapping[str, Any], where: Where) -> None:
    for key, kind in form.items():
        convert(kind, table.get(key), where.at(key))


def _task(task: Task, text: str) -> Table:
    fields: Table = plain(asdict(task))
    return {"about": task.about, "digest": digest(fields), "limits": dict(task.limits), "fields": fields, "text": text}


def _suite(plan: Plan, text: str) -> Table:
    suite = plan.suite
    found = {task.name: {c.axis for c in suite.conditions(task) if c.applicable} for task in plan.tasks}
    axes = [
        {
            "name": axis.name, "group": axis.group, "about": axis.about, "levels": list(axis.levels),
            "changes": axis.changes, "needs": list(axis.needs), "observes": list(axis.observes),
            "applicable": {task: axis.name in names or suite.combine is not None for task, names in found.items()},
        }
        for axis in suite.axes
    ]  # fmt: skip
    combine = asdict(suite.combine) if suite.combine else None
    fields: Table = plain({"levels": suite.levels, "combine": combine, "axes": axes})
    about: Table = {"name": suite.name, "about": suite.about, "digest": digest(_without_tasks(fields))}
    return about | fields | {"text": text}


def _without_tasks(fields: Table) -> Table:
    """A suite is the same whichever tasks it was used on."""
    axes = [{key: value for key, value in axis.items() if key != "applicable"} for axis in fields["axes"]]
    return {**fields, "axes": axes}
