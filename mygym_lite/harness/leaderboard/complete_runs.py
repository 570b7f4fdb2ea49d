"""Runs that are complete and agree with their own manifest and summary; anything else is refused in one line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.documents import parse_json
from mygym_lite.errors import UsageError
from mygym_lite.harness.condition_results import ConditionResults, group_by_condition
from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.run_folder import EPISODES, RunFolder
from mygym_lite.harness.summary import SUMMARY_JSON
from mygym_lite.rollout.record import EpisodeRecord

_CHECKED_METRICS = ("success", "time_to_success", "peak_hand_force")
_TOLERANCE = 1e-9  # relative; another processor may round a mean differently
_IDENTITY = ("policy", "task", "suite", "axis", "severity")
_SummaryKey = tuple[Any, ...]
_SummaryValues = dict[str, float | None]


@dataclass(frozen=True)
class CompleteRun:
    """A run in which every planned episode has its record.

    Args:
        folder: Folder of the run.
        run: The run.
        records: Records of all episodes.
    """

    folder: Path
    run: RunFolder
    records: Sequence[EpisodeRecord]

    @property
    def manifest(self) -> dict[str, Any]:
        """Manifest of the run."""
        return self.run.manifest


def read_complete_run(folder: Path) -> CompleteRun:
    """Read a run.

    Raises:
        UsageError: The folder holds no run, the run is incomplete or stops adaptively, or a record was changed.
    """
    run = RunFolder.open(folder)
    if run.manifest["until_ci_width"] is not None:
        raise UsageError(
            f"{folder}: stopped its conditions early (until_ci_width {run.manifest['until_ci_width']:g}), so that "
            "policies have other seeds; evaluate with a fixed number of --episodes"
        )
    records = run.read_records()
    planned = run.count_planned_episodes()
    if len(records) != planned:
        raise UsageError(
            f"{folder}: is incomplete, it has {len(records)} of {planned} episodes; run its evaluate command again"
        )
    _check_summary(folder, records)
    return CompleteRun(folder, run, records)


def _check_summary(folder: Path, records: Sequence[EpisodeRecord]) -> None:
    """Refuse records that differ from the run's own summary; a run that was interrupted at its end has none."""
    file = folder / SUMMARY_JSON
    if not file.exists():
        return
    stored, computed = _read_summary(file), dict(_summarize(records))
    for key in dict.fromkeys((*computed, *stored)):
        if difference := _find_difference(stored.get(key), computed.get(key)):
            policy, task, _, axis, severity = key
            raise UsageError(
                f"{folder}: {SUMMARY_JSON} and {EPISODES} disagree ({policy} on {task}, {axis} {severity}: "
                f"{difference}); one of them was changed: copy the run again, or evaluate again"
            )


def _find_difference(stored: _SummaryValues | None, computed: _SummaryValues | None) -> str | None:
    if stored is None or computed is None:
        return f"no such row in {SUMMARY_JSON if stored is None else EPISODES}"
    different = [name for name, value in computed.items() if not _is_equal(stored.get(name), value)]
    return f"{different[0]} {stored.get(different[0])} and {computed[different[0]]}" if different else None


def _is_equal(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else math.isclose(a, b, rel_tol=_TOLERANCE)


def _read_summary(file: Path) -> Mapping[_SummaryKey, _SummaryValues]:
    try:
        rows = parse_json(file.read_text(encoding="utf-8"))
        return {
            tuple(row[name] for name in _IDENTITY): {
                "episodes": row["episodes"],
                **{name: row[name]["value"] for name in _CHECKED_METRICS},
            }
            for row in rows
        }
    except (OSError, ValueError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise UsageError(
            f"{file}: is not the summary of a run ({type(error).__name__}: {error}); copy the run again"
        ) from error


def _summarize(records: Sequence[EpisodeRecord]) -> Iterator[tuple[_SummaryKey, _SummaryValues]]:
    for results in group_by_condition(records):
        for (axis, severity), episodes in results.conditions.items():
            key = (results.policy, results.task, results.suite, axis, severity)
            yield key, {"episodes": len(episodes), **_compute_means(results, episodes)}


def _compute_means(results: ConditionResults, episodes: list[EpisodeRecord]) -> _SummaryValues:
    metrics = {name: METRICS_BY_NAME[name] for name in _CHECKED_METRICS}
    return {
        name: metric.estimate_records(episodes).value if results.has_outcome or not metric.needs_outcome else None
        for name, metric in metrics.items()
    }
