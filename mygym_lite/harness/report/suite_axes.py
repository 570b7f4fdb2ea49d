"""Axes of a suite, from the manifests of the runs and the episodes that were run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mygym_lite.harness.report.task_suite import AxisInfo, EpisodesByPolicy
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.randomization.condition import NOMINAL


def list_axes(runs: Sequence[RunFolder], task: str, suite: str, episodes: EpisodesByPolicy) -> tuple[AxisInfo, ...]:
    """List the axes of a suite in declared order; for a suite that combines axes, the combinations that were run."""
    tested: dict[str, set[int]] = {}
    groups: dict[str, str] = {}
    for by_condition in episodes.values():
        for (axis, severity), records in by_condition.items():
            if axis != NOMINAL:
                tested.setdefault(axis, set()).add(severity)
                groups.setdefault(axis, records[0].group)
    if suite in tested:
        return tuple(
            AxisInfo(name, groups[name], "", tuple(sorted(severities)), applicable=True)
            for name, severities in tested.items()
        )
    declared = {axis["name"]: axis for axis in _read_suite_axes(runs, suite)}
    return tuple(
        _build_axis(name, declared.get(name, {}), task, tested.get(name, set()), groups.get(name, ""))
        for name in dict.fromkeys([*declared, *tested])
    )


def _read_suite_axes(runs: Sequence[RunFolder], suite: str) -> Iterable[Mapping[str, Any]]:
    """Read the axes of a suite from the manifests, with the severities at which the suite tests them."""
    for info in (run.manifest.get("suite") or {} for run in runs):
        if info.get("name") == suite and not info.get("combine"):
            tested = set(info.get("severities") or range(6))
            for axis in info.get("axes", ()):
                yield {
                    **axis,
                    "severities": [severity for severity in axis.get("severities", ()) if severity in tested],
                }


def _build_axis(name: str, declared: Mapping[str, Any], task: str, tested: set[int], group: str) -> AxisInfo:
    applicable = bool(tested) or bool(declared.get("applicable", {}).get(task, True))
    return AxisInfo(
        name=name,
        group=declared.get("group", group),
        about=declared.get("about", ""),
        severities=tuple(sorted({*declared.get("severities", ()), *tested})),
        applicable=applicable,
        reason="" if applicable else _explain_inapplicable(declared, task),
    )


def _explain_inapplicable(declared: Mapping[str, Any], task: str) -> str:
    """Return the reason why an axis does not apply: the task lacks or does not observe what it varies."""
    if declared.get("observes"):
        return f"{task} does not observe what this axis perturbs"
    paths = list(declared.get("needs") or declared.get("changes") or ())
    return f"{task} has no {paths[0]}" if paths else f"{task} has nothing that this axis varies"
