"""Methodology section: provenance of the runs and definitions of the metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mygym_lite.harness.metrics import METRICS
from mygym_lite.harness.report.report_data import ReportData
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.reports.formatting import format_name, format_ranges, join_names

Facts = list[tuple[str, str]]
_ABOUT = (
    "Each condition varies the task along one axis. All conditions and policies use the same seeds, so "
    "differences are paired by seed. Success rates have Wilson intervals. Means over axes are first averaged "
    "within each seed, because episodes with the same seed are correlated. p-values are from the exact McNemar "
    "test with Holm correction over the conditions tested together. All intervals are 95% intervals."
)
_TERMS = {
    "severity": "Strength of a perturbation along an axis, from 1 (mild) to 5 (severe); 0 is the nominal task.",
    "robustness": "Normalized area under the curve of success over severity, from 0% (never succeeds) to 100% (always "
    "succeeds at every severity), averaged over the axes that can affect every policy on the task.",
    "irrelevant axis": "An axis that cannot affect the policy, such as lighting for a policy without cameras. Its "
    "episodes would be identical to the nominal ones, so it is excluded from all averages.",
    "error": "The policy raised, timed out or returned an invalid action (policy_error), or the simulation became "
    "unstable (physics_error). Such an episode counts as a failure, and forces of an unstable simulation are excluded; "
    "a policy whose episodes all ended in policy_error has no success rate.",
    "retention": "Success under perturbation as a fraction of nominal success. It is undefined for a policy that never "
    "succeeds, so it is always reported together with the success rate.",
    "force": "Contact force from the physics engine; peaks are averages over 50 ms.",
    "not applicable": "The task lacks what the axis varies, or does not observe it; the axis is excluded.",
}


@dataclass(frozen=True)
class RunInfo:
    """Command and provenance of one run."""

    name: str
    command: str
    facts: Facts


@dataclass(frozen=True)
class Methodology:
    """Content of the methodology section."""

    about: str
    version: str
    episodes: str
    runs: Sequence[RunInfo]
    definitions: Facts


def build_methodology(report_data: ReportData) -> Methodology:
    """Collect the content of the methodology section."""
    versions = sorted({str(run.manifest.get("version", "unknown")) for run in report_data.runs})
    infos = [RunInfo(str(run.folder), run.manifest.get("command", ""), _list_facts(run)) for run in report_data.runs]
    return Methodology(_ABOUT, join_names(versions), f"{len(report_data.records):,}", infos, _list_definitions())


def _list_definitions() -> Facts:
    directions = {"higher": " Higher is better.", "lower": " Lower is better."}
    metrics = [
        (
            format_name(metric.name),
            f"{metric.about}{f', {metric.unit}' if metric.unit else ''}.{directions.get(metric.better or '', '')}",
        )
        for metric in METRICS
    ]
    return [*_TERMS.items(), *metrics]


def _list_facts(run: RunFolder) -> Facts:
    manifest = run.manifest
    git, machine, suite = manifest.get("git"), manifest.get("machine") or {}, manifest.get("suite") or {}
    tasks, policies = manifest.get("tasks") or {}, manifest.get("policies") or {}
    width = manifest.get("until_ci_width")
    facts = {
        "created": manifest.get("created"),
        "seeds": _format_seeds(manifest),
        "stopping rule": f"interval width below {width}" if width else None,
        "settings": ", ".join(map(str, manifest.get("settings") or ())),
        "versions": ", ".join(
            f"{name} {version}" for name, version in (manifest.get("versions") or {}).items() if version
        ),
        "revision": f"{git['revision']}{' with local changes' if git.get('dirty') else ''}" if git else None,
        "machine": ", ".join(_describe_machine(machine)),
        "suite": _append_digest(suite.get("name", ""), suite),
        **{f"task {name}": _append_digest(task.get("about", ""), task) for name, task in tasks.items()},
        **{f"policy {name}": _append_digest(_format_source(policy), policy) for name, policy in policies.items()},
        "simulation": _append_digest("code and assets", {"digest": manifest.get("simulation")}),
    }
    return [(name, str(value)) for name, value in facts.items() if value]


def _format_seeds(manifest: Mapping[str, Any]) -> str:
    first, count = manifest.get("seed"), manifest.get("episodes")
    if not isinstance(first, int) or not isinstance(count, int) or count < 1:
        return ""
    return f"{format_ranges(range(first, first + count))}, shared by all conditions and policies"


def _describe_machine(machine: Mapping[str, Any]) -> list[str]:
    cores = machine.get("cores")
    parts = (machine.get("platform"), machine.get("processor"), f"{cores} cores" if cores else None)
    return [str(part) for part in parts if part]


def _format_source(policy: Mapping[str, Any]) -> str:
    kind, source = policy.get("kind", ""), policy.get("source", "")
    return f"{source}" if kind in ("", source) else f"{source} ({kind})"


def _append_digest(text: str, entry: Mapping[str, Any]) -> str:
    digest = entry.get("digest")
    return f"{text} [{digest[:16]}]".strip() if isinstance(digest, str) else text


def find_run_differences(runs: Sequence[RunFolder]) -> list[str]:
    """Return the inputs in which runs differ, which limits their comparability."""
    differences = [name for name, digests in _collect_fingerprints(runs).items() if len(set(digests)) > 1]
    seeds = Counter((run.manifest.get("seed"), run.manifest.get("episodes")) for run in runs)
    return [*differences, *(["seeds"] if len(seeds) > 1 else [])]


def _collect_fingerprints(runs: Sequence[RunFolder]) -> dict[str, list[object]]:
    fingerprints: dict[str, list[object]] = {}
    for manifest in (run.manifest for run in runs):
        fingerprints.setdefault("simulation code and assets", []).append(manifest.get("simulation"))
        suite = manifest.get("suite") or {}
        fingerprints.setdefault(f"suite {suite.get('name')}", []).append(suite.get("digest"))
        for name, task in (manifest.get("tasks") or {}).items():
            fingerprints.setdefault(f"task {name}", []).append(task.get("digest"))
    return fingerprints
