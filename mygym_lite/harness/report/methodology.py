"""How the numbers came about: what was run, with which versions, and what each number means."""

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
    "Every condition changes the task along one axis and is run from the same seeds as every other condition and "
    "policy, so differences are taken seed by seed. Rates have Wilson intervals. Means over axes are taken for each "
    "seed first, since episodes of one seed share their luck. p-values are McNemar's, exact, and corrected by Holm for "
    "the number of conditions that are looked at together. All intervals are 95% intervals."
)
_TERMS = {
    "severity": "How far an axis is taken from the declared task, 1 (slight) to 5 (hard); nominal, or 0, is the task "
                "itself.",
    "robustness": "Area under success over severity, from 0% (never solved) to 100% (always, however hard the axis), "
                  "mean over the axes that reach every policy of a task.",
    "does not reach": "The axis cannot change anything for the policy, as light for one that is shown no pictures; its "
                      "episodes are the nominal ones, and count nowhere.",
    "error": "The policy raised, hung or returned no action (policy_error), or the simulation broke (physics_error). "
             "The episode counts as a failure, and forces of a broken simulation count nowhere; a policy whose "
             "episodes all ended in policy_error has no success rate.",
    "kept": "Success under perturbation as a share of the nominal success. A policy that never succeeds keeps nothing, "
            "so it is always told beside the success itself.",
    "force": "Contact force from the physics engine; peaks are means over 50 ms.",
    "not applicable": "The task has nothing that the axis changes, or does not observe it; the axis counts nowhere.",
}  # fmt: skip


@dataclass(frozen=True)
class RunInfo:
    """What is told of one run."""

    name: str
    command: str
    facts: Facts


@dataclass(frozen=True)
class Methodology:
    """Everything of the last section."""

    about: str
    version: str
    episodes: str
    runs: Sequence[RunInfo]
    definitions: Facts


def build_methodology(report_data: ReportData) -> Methodology:
    """Describe how a report's numbers came about."""
    versions = sorted({str(run.manifest.get("version", "of unknown version")) for run in report_data.runs})
    told = [RunInfo(str(run.folder), run.manifest.get("command", ""), _facts(run)) for run in report_data.runs]
    return Methodology(_ABOUT, join_names(versions), f"{len(report_data.records):,}", told, _definitions())


def _definitions() -> Facts:
    better = {"higher": " Higher is better.", "lower": " Lower is better."}
    metrics = [
        (
            format_name(metric.name),
            f"{metric.about}{f', {metric.unit}' if metric.unit else ''}.{better.get(metric.better or '', '')}",
        )
        for metric in METRICS
    ]
    return [*_TERMS.items(), *metrics]


def _facts(run: RunFolder) -> Facts:
    told = run.manifest
    git, machine, suite = told.get("git"), told.get("machine") or {}, told.get("suite") or {}
    facts = {
        "made": told.get("created"),
        "seeds": _seeds(told),
        "stopped by": f"an interval of {told['until_ci_width']} wide" if told.get("until_ci_width") else None,
        "settings": ", ".join(map(str, told.get("settings") or ())),
        "versions": ", ".join(f"{name} {version}" for name, version in (told.get("versions") or {}).items() if version),
        "revision": f"{git['revision']}{' with changes' if git.get('dirty') else ''}" if git else None,
        "machine": ", ".join(_machine(machine)),
        "suite": _digested(suite.get("name", ""), suite),
        **{f"task {name}": _digested(card.get("about", ""), card) for name, card in (told.get("tasks") or {}).items()},
        **{f"policy {name}": _digested(_source(card), card) for name, card in (told.get("policies") or {}).items()},
        "simulation": _digested("code and assets", {"digest": told.get("simulation")}),
    }
    return [(term, str(words)) for term, words in facts.items() if words]


def _seeds(told: Mapping[str, Any]) -> str:
    first, count = told.get("seed"), told.get("episodes")
    if not isinstance(first, int) or not isinstance(count, int) or count < 1:
        return ""
    return f"{format_ranges(range(first, first + count))}, the same in every condition and for every policy"


def _machine(machine: Mapping[str, Any]) -> list[str]:
    cores = machine.get("cores")
    return [
        str(x) for x in (machine.get("platform"), machine.get("processor"), f"{cores} cores" if cores else None) if x
    ]


def _source(card: Mapping[str, Any]) -> str:
    kind, source = card.get("kind", ""), card.get("source", "")
    return f"{source}" if kind in ("", source) else f"{source} ({kind})"


def _digested(words: str, card: Mapping[str, Any]) -> str:
    digest = card.get("digest")
    return f"{words} [{digest[:16]}]".strip() if isinstance(digest, str) else words


def find_run_differences(runs: Sequence[RunFolder]) -> list[str]:
    """What several runs do not have in common although they are shown side by side."""
    found = []
    for what, digests in _fingerprints(runs).items():
        if len(set(digests)) > 1:
            found.append(what)
    seeds = Counter((run.manifest.get("seed"), run.manifest.get("episodes")) for run in runs)
    return [*found, *(["seeds"] if len(seeds) > 1 else [])]


def _fingerprints(runs: Sequence[RunFolder]) -> dict[str, list[object]]:
    prints: dict[str, list[object]] = {}
    for told in (run.manifest for run in runs):
        prints.setdefault("code and assets of the simulation", []).append(told.get("simulation"))
        suite = told.get("suite") or {}
        prints.setdefault(f"suite {suite.get('name')}", []).append(suite.get("digest"))
        for name, card in (told.get("tasks") or {}).items():
            prints.setdefault(f"task {name}", []).append(card.get("digest"))
    return prints
