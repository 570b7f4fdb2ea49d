"""The summary of a run: one row for every condition, every metric with its interval."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.files import write_text
from mygym_lite.harness.condition_results import (
    NO_IRRELEVANT_AXES,
    ConditionKey,
    ConditionResults,
    IrrelevantAxes,
    collect_values,
    group_by_condition,
)
from mygym_lite.harness.episode_errors import count_errors
from mygym_lite.harness.metrics import METRICS, Metric
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate
from mygym_lite.text import escape_formula

SUMMARY_JSON, SUMMARY_CSV = "summary.json", "summary.csv"
_IDENTITY = ("policy", "task", "suite", "axis", "group", "severity", "relevant", "episodes", "errors")


@dataclass(frozen=True)
class ConditionSummary:
    """Metrics of a policy under one condition."""

    policy: str
    task: str
    suite: str
    axis: str
    group: str
    severity: int
    relevant: bool
    """True if the axis can affect the policy; otherwise its episodes equal the nominal ones."""
    episodes: int
    errors: int
    """Episodes that ended in ``policy_error`` or ``physics_error``."""
    metrics: dict[str, Estimate]
    sample_sizes: dict[str, int]
    """Number of episodes that have a value, by metric."""

    def to_dict(self) -> dict[str, Any]:
        """Convert to a table with an entry for each metric."""
        metrics = {name: estimate._asdict() | {"n": self.sample_sizes[name]} for name, estimate in self.metrics.items()}
        return {name: getattr(self, name) for name in _IDENTITY} | metrics


def summarize_conditions(
    records: Iterable[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> list[ConditionSummary]:
    """Summarize every condition, in the order of the plan.

    Rates have Wilson's interval, shares ``proportion_interval``, everything else is a mean with ``mean_interval``, over
    the episodes that have a value. A policy that breaks in every episode of a task has no rate and no share. The order
    of the records changes no bit.
    """
    return [
        _summarize(results, key, episodes)
        for results in group_by_condition(records, irrelevant_axes)
        for key, episodes in results.conditions.items()
    ]


def _summarize(results: ConditionResults, key: ConditionKey, records: list[EpisodeRecord]) -> ConditionSummary:
    values = {
        metric: collect_values(records, metric.measure) if results.has_outcome or not metric.needs_outcome else []
        for metric in METRICS
    }
    return ConditionSummary(
        policy=results.policy,
        task=results.task,
        suite=results.suite,
        axis=key[0],
        group=records[0].group,
        severity=key[1],
        relevant=key[0] not in results.irrelevant_axes,
        episodes=len(records),
        errors=sum(error.count for error in count_errors(records)),
        metrics={metric.name: metric.estimate(numbers) for metric, numbers in values.items()},
        sample_sizes={metric.name: len(numbers) for metric, numbers in values.items()},
    )


def write_summary(rows: Sequence[ConditionSummary], folder: Path) -> None:
    """Write the rows as ``summary.json`` and ``summary.csv``, each atomically."""
    lines = [json.dumps(row.to_dict(), allow_nan=False) for row in rows]
    write_text(folder / SUMMARY_JSON, "[\n" + ",\n".join(lines) + "\n]\n")
    write_text(folder / SUMMARY_CSV, _format_csv(rows))


def _format_csv(rows: Sequence[ConditionSummary]) -> str:
    """Format one line for each row; an empty cell is None. For spreadsheets, no text begins like a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_IDENTITY, *(column for metric in METRICS for column in _get_columns(metric))])
    for row in rows:
        cells = [cell for m in METRICS for cell in (*row.metrics[m.name], row.sample_sizes[m.name])]
        writer.writerow([*(escape_formula(getattr(row, name)) for name in _IDENTITY), *cells])
    return text.getvalue()


def _get_columns(metric: Metric) -> tuple[str, str, str, str]:
    return metric.name, f"{metric.name}_low", f"{metric.name}_high", f"{metric.name}_n"
