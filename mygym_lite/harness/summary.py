"""A run as a table: one row for every condition, every metric with its interval."""

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
    """How a policy did under one condition."""

    policy: str
    task: str
    suite: str
    axis: str
    group: str
    severity: int
    relevant: bool
    """Whether the axis can reach the policy: along one that cannot, the episodes are the nominal ones."""
    episodes: int
    errors: int
    """Episodes that ended in ``policy_error`` or ``physics_error``."""
    metrics: dict[str, Estimate]
    sample_sizes: dict[str, int]
    """Of how many episodes each metric is: those that have it."""

    def to_dict(self) -> dict[str, Any]:
        """One flat table, a metric an entry."""
        told = {name: estimate._asdict() | {"n": self.sample_sizes[name]} for name, estimate in self.metrics.items()}
        return {name: getattr(self, name) for name in _IDENTITY} | told


def summarize_conditions(
    records: Iterable[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> list[ConditionSummary]:
    """One row for every condition, in the order of the plan.

    Rates come with Wilson's interval, all else as a mean with ``mean_interval``, over the episodes that have a value.
    Of a policy that breaks in every episode of a task there is no rate. The same episodes give the same rows to the
    last bit, in whatever order they come.
    """
    return [
        _row(trial, *key, episodes)
        for trial in group_by_condition(records, irrelevant_axes)
        for key, episodes in trial.conditions.items()
    ]


def _row(trial: ConditionResults, axis: str, level: int, records: list[EpisodeRecord]) -> ConditionSummary:
    acted = trial.has_outcome
    values = {
        metric: collect_values(records, metric.measure) if acted or not metric.is_rate else [] for metric in METRICS
    }
    return ConditionSummary(
        trial.policy, trial.task, trial.suite, axis, records[0].group, level, axis not in trial.irrelevant_axes,
        len(records), sum(found.count for found in count_errors(records)),
        {metric.name: metric.estimate(found) for metric, found in values.items()},
        {metric.name: len(found) for metric, found in values.items()},
    )  # fmt: skip


def write_summary(rows: Sequence[ConditionSummary], folder: Path) -> None:
    """Write the rows as ``summary.json`` and ``summary.csv``, each whole or not at all."""
    lines = [json.dumps(row.to_dict(), allow_nan=False) for row in rows]
    write_text(folder / SUMMARY_JSON, "[\n" + ",\n".join(lines) + "\n]\n")
    write_text(folder / SUMMARY_CSV, _csv(rows))


def _csv(rows: Sequence[ConditionSummary]) -> str:
    """One line a row; an empty cell is None. Spreadsheets open it: no text in it begins like a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_IDENTITY, *(column for metric in METRICS for column in _columns(metric))])
    for row in rows:
        cells = [cell for m in METRICS for cell in (*row.metrics[m.name], row.sample_sizes[m.name])]
        writer.writerow([*(escape_formula(getattr(row, name)) for name in _IDENTITY), *cells])
    return text.getvalue()


def _columns(metric: Metric) -> tuple[str, str, str, str]:
    return metric.name, f"{metric.name}_low", f"{metric.name}_high", f"{metric.name}_n"
