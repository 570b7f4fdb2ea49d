"""What a run is made of, written before its first episode: enough to run it again and to see that it is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from mygym_lite import provenance
from mygym_lite.config.task import Task
from mygym_lite.fingerprint import compute_fingerprint, compute_simulation_fingerprint, to_plain_data
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.relevant_axes import build_irrelevant_axes
from mygym_lite.schema import Location, convert, require_schema

SCHEMA = 1
DECIDING = (
    "schema", "tasks", "suite", "policies", "perception", "seed", "until_ci_width", "settings", "versions", "simulation",
)  # fmt: skip
"""The keys that make a run another one."""
JsonObject = dict[str, Any]
_ENTRIES = dict[str, dict[str, object]]
_FORM: dict[str, Any] = {
    "tasks": _ENTRIES, "suite": dict[str, object], "policies": _ENTRIES, "seed": int, "episodes": int,
    "until_ci_width": float | None, "settings": tuple[str, ...], "simulation": str, "created": str, "command": str,
    "version": str | None, "versions": dict[str, object], "machine": dict[str, object],
    "git": dict[str, object] | None,
}  # fmt: skip
"""Checks of what readers of a manifest rely on."""
_TASK_FORM = {"about": str, "limits": dict[str, float], "fields": dict[str, object]}
_POLICY_FORM = {"source": str, "digest": str}
_SUITE_FORM: dict[str, Any] = {"name": str, "severities": tuple[int, ...], "axes": tuple[dict[str, object], ...]}
_AXIS_FORM: dict[str, Any] = {"name": str, "group": str, "about": str, "severities": tuple[int, ...],
                              "applicable": dict[str, bool]}  # fmt: skip
_GIT_FORM = {"revision": str}


def build_manifest(
    plan: EvaluationPlan, settings: Sequence[str] = (), command: str = "", file_texts: Mapping[str, str] | None = None
) -> JsonObject:
    """Describe a run.

    Args:
        plan: Its episodes.
        settings: What was changed in every task.
        command: How it was started.
        file_texts: The files of tasks and suite as they were read, by name.
    """
    file_texts = file_texts or {}
    return {
        "schema": SCHEMA,
        "program": "mygym_lite",
        "version": provenance.read_version("mygym_lite"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "versions": provenance.read_versions(),
        "git": provenance.read_git_revision(),
        "machine": provenance.describe_machine(),
        "simulation": compute_simulation_fingerprint(),
        "tasks": {task.name: _task(task, file_texts.get(f"task {task.name}", "")) for task in plan.tasks},
        "suite": _suite(plan, file_texts.get("suite", "")),
        "policies": {policy.label: policy.describe() for policy in plan.policies},
        "irrelevant_axes": build_irrelevant_axes(plan),
        "perception": to_plain_data(plan.perception.describe()) if plan.perception else None,
        "seed": plan.seed,
        "episodes": plan.episodes,
        "until_ci_width": plan.until_ci_width,
        "action_timeout": plan.action_timeout,
        "settings": list(settings),
    }


def validate_manifest(manifest: Any) -> JsonObject:
    """Refuse a manifest that is of another program or release, or lacks what its readers rely on.

    Raises:
        ValueError: In one line, what is wrong with it.
    """
    if not isinstance(manifest, dict) or manifest.get("program") != "mygym_lite":
        raise ValueError("it is of another program")
    require_schema(manifest, Location(""), SCHEMA)
    _require(_FORM, manifest, Location(""))
    for key, form in (("tasks", _TASK_FORM), ("policies", _POLICY_FORM)):
        for name, entry in manifest[key].items():
            _require(form, entry, Location("", (key, name)))
    _require(_SUITE_FORM, manifest["suite"], Location("", ("suite",)))
    for place, axis in enumerate(manifest["suite"]["axes"]):
        _require(_AXIS_FORM, axis, Location("", ("suite", "axes", str(place))))
    if manifest.get("git") is not None:
        _require(_GIT_FORM, manifest["git"], Location("", ("git",)))
    return manifest


def _require(form: Mapping[str, Any], table: Mapping[str, Any], where: Location) -> None:
    for key, kind in form.items():
        convert(kind, table.get(key), where.at(key))


def _task(task: Task, text: str) -> JsonObject:
    fields: JsonObject = to_plain_data(asdict(task))
    return {
        "about": task.about,
        "digest": compute_fingerprint(fields),
        "limits": dict(task.limits),
        "fields": fields,
        "text": text,
    }


def _suite(plan: EvaluationPlan, text: str) -> JsonObject:
    suite = plan.suite
    found = {task.name: {c.axis for c in suite.build_conditions(task) if c.applicable} for task in plan.tasks}
    axes = [
        {
            "name": axis.name, "group": axis.group, "about": axis.about, "severities": list(axis.severities),
            "changes": axis.changes, "needs": list(axis.needs), "observes": list(axis.observes),
            "applicable": {task: axis.name in names or suite.combine is not None for task, names in found.items()},
        }
        for axis in suite.axes
    ]  # fmt: skip
    combine = asdict(suite.combine) if suite.combine else None
    fields: JsonObject = to_plain_data({"severities": suite.severities, "combine": combine, "axes": axes})
    about: JsonObject = {
        "name": suite.name,
        "about": suite.about,
        "digest": compute_fingerprint(_without_tasks(fields)),
    }
    return about | fields | {"text": text}


def _without_tasks(fields: JsonObject) -> JsonObject:
    """A suite is the same whichever tasks it was used on."""
    axes = [{key: value for key, value in axis.items() if key != "applicable"} for axis in fields["axes"]]
    return {**fields, "axes": axes}
