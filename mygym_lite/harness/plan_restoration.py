"""Restoration of the plan of a run from its manifest, for the same code, policies and estimator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mygym_lite.code_fingerprint import compute_simulation_fingerprint
from mygym_lite.config.task import Task
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.run_folder import MANIFEST, RunFolder
from mygym_lite.jobs.manifest import Manifest
from mygym_lite.perception.estimator_spec import EstimatorSpec
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy import PolicyLike
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.randomization.axis import Axis
from mygym_lite.randomization.suite import AxisCombination, Suite
from mygym_lite.schema import Location, build
from mygym_lite.terms import load_task


def restore_plan(
    run: RunFolder,
    label: str,
    policy: PolicyLike | None = None,
    *,
    allow_code: bool = False,
    perception: str | Path | None = None,
) -> EvaluationPlan:
    """Restore the plan of a run from its manifest alone.

    Args:
        run: Run to restore.
        label: Label of the policy that acts again; of the others only the names are restored.
        policy: That policy, if it cannot be found by its name.
        allow_code: If true, run the code that the manifest names, of the policy and of the tasks' own terms.
        perception: Trained pose estimator of the run, if it was moved.

    Raises:
        UsageError: The simulation, the policy or the estimator has changed; or the manifest names code that is not
            allowed.
    """
    manifest = run.manifest
    if manifest["simulation"] != compute_simulation_fingerprint():
        git = manifest["git"]
        release = f"revision {git['revision'][:12]}" if git else f"version {manifest['version']}"
        raise UsageError(
            f"{run.folder}: was made by {release} of mygym_lite, whose code or assets were others; use that"
        )
    try:
        return _restore(manifest, label, policy, allow_code, perception)
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{run.folder / MANIFEST}: was changed or is damaged ({type(error).__name__}: {error}); copy the run again"
        ) from error


def _restore(
    manifest: Manifest, label: str, policy: PolicyLike | None, allow_code: bool, perception: str | Path | None
) -> EvaluationPlan:
    if not allow_code:
        _refuse_code(manifest, None if policy is not None else label)
    tasks = tuple(_restore_task(table["fields"]) for table in manifest["tasks"].values())
    policies = tuple(
        _restore_policy(name, entry, policy, allow_code) if name == label else PolicySpec(name, entry["source"])
        for name, entry in manifest["policies"].items()
    )
    return EvaluationPlan(
        tasks,
        policies,
        _restore_suite(manifest["suite"]),
        seed=manifest["seed"],
        episodes=manifest["episodes"],
        until_ci_width=manifest["until_ci_width"],
        action_timeout=manifest["action_timeout"],
        perception=_restore_estimator(manifest.get("perception"), perception),
    )


def _refuse_code(manifest: Manifest, label: str | None) -> None:
    """Refuse a manifest that would run code of its author's choice: of this policy, or of any task."""
    foreign = [
        f"task {name}: its term {term}"
        for name, table in manifest["tasks"].items()
        for term in _iterate_foreign_terms(table)
    ]
    entry = manifest["policies"].get(label)
    if entry is not None and PolicySpec("", entry["source"]).runs_foreign_code:
        foreign.append(f"policy {label}: {entry['source']}")
    if foreign:
        raise UsageError(
            f"{foreign[0]} is code that the run names, and it may do anything; if you trust its author, "
            "add --allow-code (in Python: allow_code=True)"
        )


def _iterate_foreign_terms(table: Any) -> Iterator[str]:
    """Yield the terms, anywhere in a task's table, that are imported from a module."""
    if isinstance(table, dict):
        if isinstance(table.get("term"), str) and ":" in table["term"]:
            yield table["term"]
        table = list(table.values())
    for item in table if isinstance(table, list) else ():
        yield from _iterate_foreign_terms(item)


def _restore_task(table: dict[str, Any]) -> Task:
    return load_task(build(Task, table, Location(f"{table['name']}.toml")))


def _restore_suite(table: dict[str, Any]) -> Suite:
    location = Location(f"{table['name']}.toml")
    axes = tuple(
        Axis(
            axis["name"],
            axis["group"],
            axis["about"],
            changes=axis["changes"],
            needs=tuple(axis["needs"]),
            observes=tuple(axis["observes"]),
            severities=tuple(axis["severities"]),
            location=location.at("axes", axis["name"]),
        )
        for axis in table["axes"]
    )
    combine = build(AxisCombination, table["combine"], location) if "combine" in table else None
    return Suite(table["name"], table["about"], axes, tuple(table["severities"]), combine, table.get("version", 1))


def _restore_estimator(entry: dict[str, Any] | None, moved: str | Path | None) -> EstimatorSpec | None:
    if entry is None:
        if moved is not None:
            raise UsageError(f"perception {moved}: nothing was perceived in the run; leave it out")
        return None
    try:
        estimator = EstimatorSpec.resolve(entry["source"] if moved is None else moved)
        now = estimator.describe()
    except ConfigError as error:
        raise UsageError(f"perception: cannot be found again ({error}); say where it is as --perception") from error
    if (now["digest"], now["code"]) != (entry["digest"], entry["code"]):
        raise UsageError(f"perception {estimator.name}: is another one than in the run; give that as --perception")
    return estimator


def _restore_policy(label: str, entry: dict[str, Any], given: PolicyLike | None, allow_code: bool) -> PolicySpec:
    try:
        mapping = entry.get("remote_mapping")
        policy = find_policy(
            entry["source"] if given is None else given,
            allow_pickle=allow_code,
            remote_mapping=None if mapping is None else MappingFile(f"mapping of policy {label}", mapping["text"]),
            normalize=entry.get("normalization") if given is None else None,
            python=entry.get("python"),
            request=_restore_request(label, entry),
        )
        policy = replace(policy, latency=float(entry.get("latency", 0.0)))
    except ConfigError as error:
        raise UsageError(f"policy {label}: cannot be found again ({error}); say where it is as --policy") from error
    if policy.describe()["digest"] != entry["digest"]:
        raise UsageError(f"policy {label}: {policy.name} is another one than in the run; give that as --policy")
    return replace(policy, label=label).bind_to(entry)


def _restore_request(label: str, entry: dict[str, Any]) -> ObservationRequest | None:
    """Return the recorded request, or an empty one, so that nothing is imported here to read it."""
    if entry.get("kind") != "function":
        return None
    return ObservationRequest.from_dict(entry.get("request", {}), f"policy {label}") or ObservationRequest()
