"""The manifest of a run, written before its first episode: enough to repeat it, and to tell that it is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from mygym_lite import provenance
from mygym_lite.fingerprint import compute_fingerprint, to_plain_data
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.relevant_axes import build_irrelevant_axes
from mygym_lite.jobs.folder import JobFolder
from mygym_lite.jobs.manifest import Manifest, build_common_manifest, describe_declaration
from mygym_lite.schema import Location, convert, require_schema

SCHEMA = 1
_FORM: dict[str, Any] = {
    **dict.fromkeys(("tasks", "policies"), dict[str, dict[str, object]]),
    **dict.fromkeys(("suite", "versions", "machine"), dict[str, object]),
    **dict.fromkeys(("simulation", "created", "command"), str),
    **dict.fromkeys(("seed", "episodes"), int),
    "until_ci_width": float | None,
    "settings": tuple[str, ...],
    "version": str | None,
    "git": dict[str, object] | None,
    "perception": dict[str, object] | None,
}
"""Types of the keys on which readers rely."""
_TASK_FORM = {"about": str, "limits": dict[str, float], "fields": dict[str, object]}
_STAGE_FORM = {"name": str}
_POLICY_FORM = {"source": str, "digest": str}
_SUITE_FORM: dict[str, Any] = {"name": str, "severities": tuple[int, ...], "axes": tuple[dict[str, object], ...]}
_AXIS_FORM: dict[str, Any] = {
    **dict.fromkeys(("name", "group", "about"), str),
    "severities": tuple[int, ...],
    "applicable": dict[str, bool],
}
_GIT_FORM = {"revision": str}


def build_manifest(
    plan: EvaluationPlan, settings: Sequence[str] = (), command: str = "", file_texts: Mapping[str, str] | None = None
) -> Manifest:
    """Build the manifest of a run.

    Args:
        plan: Plan of the run.
        settings: Changes that were made to every task.
        command: Command line.
        file_texts: Texts of the files of tasks and suite, by name.
    """
    texts = file_texts or {}
    return build_common_manifest(RUN_FOLDER.program, SCHEMA) | {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "machine": provenance.describe_machine(),
        "tasks": {
            task.name: {
                "about": task.about,
                **describe_declaration(task),
                "limits": dict(task.limits),
                "text": texts.get(f"task {task.name}", ""),
            }
            for task in plan.tasks
        },
        "suite": _describe_suite(plan, texts.get("suite", "")),
        "policies": {policy.label: policy.describe() for policy in plan.policies},
        "irrelevant_axes": build_irrelevant_axes(plan),
        "perception": to_plain_data(plan.perception.describe()) if plan.perception else None,
        "seed": plan.seed,
        "episodes": plan.episodes,
        "until_ci_width": plan.until_ci_width,
        "action_timeout": plan.action_timeout,
        "settings": list(settings),
    }


def validate_manifest(manifest: Manifest) -> None:
    """Refuse a manifest of another release, or without the keys on which its readers rely.

    Raises:
        ValueError: The mistake, in one line.
    """
    require_schema(manifest, Location(""), SCHEMA)
    _require(_FORM, manifest, Location(""))
    for key, form in (("tasks", _TASK_FORM), ("policies", _POLICY_FORM)):
        for name, entry in manifest[key].items():
            _require(form, entry, Location("", (key, name)))
    for name, entry in manifest["tasks"].items():
        _require_stages(entry["fields"].get("stages", []), Location("", ("tasks", name, "fields", "stages")))
    _require(_SUITE_FORM, manifest["suite"], Location("", ("suite",)))
    for index, axis in enumerate(manifest["suite"]["axes"]):
        where = Location("", ("suite", "axes", str(index)))
        _require(_AXIS_FORM, axis, where)
        _require(dict.fromkeys(manifest["tasks"], bool), axis["applicable"], where.at("applicable"))
    if manifest.get("git") is not None:
        _require(_GIT_FORM, manifest["git"], Location("", ("git",)))


def _require(form: Mapping[str, Any], table: Mapping[str, Any], where: Location) -> None:
    for key, kind in form.items():
        convert(kind, table.get(key), where.at(key))


def _require_stages(stages: object, where: Location) -> None:
    for index, stage in enumerate(convert(tuple[dict[str, object], ...], stages, where)):
        _require(_STAGE_FORM, stage, where.at(str(index)))


def _describe_suite(plan: EvaluationPlan, text: str) -> Manifest:
    suite = plan.suite
    applicable = {task.name: {c.axis for c in suite.build_conditions(task) if c.applicable} for task in plan.tasks}
    axes = [
        {
            "name": axis.name,
            "group": axis.group,
            "about": axis.about,
            "severities": list(axis.severities),
            "changes": axis.changes,
            "needs": list(axis.needs),
            "observes": list(axis.observes),
            "applicable": {task: suite.combine is not None or axis.name in names for task, names in applicable.items()},
        }
        for axis in suite.axes
    ]
    combine = asdict(suite.combine) if suite.combine else None
    fields: Manifest = to_plain_data({"severities": suite.severities, "combine": combine, "axes": axes})
    digest = compute_fingerprint(_without_tasks(fields))
    return {
        "name": suite.name,
        "version": suite.version,
        "about": suite.about,
        "digest": digest,
        **fields,
        "text": text,
    }


def _without_tasks(fields: Manifest) -> Manifest:
    """Drop what depends on the tasks: a suite is the same on all of them."""
    axes = [{key: value for key, value in axis.items() if key != "applicable"} for axis in fields["axes"]]
    return {**fields, "axes": axes}


RUN_FOLDER = JobFolder(
    "manifest.json",
    "mygym_lite",
    "run",
    identity_keys="schema tasks suite policies perception seed until_ci_width settings versions simulation",
    kept_keys=("created", "git", "machine"),
    merge=lambda previous, now: now | {"episodes": max(previous["episodes"], now["episodes"])},
    validate=validate_manifest,
)
