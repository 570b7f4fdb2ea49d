"""Charts of success and stale actions over the latency of a policy, where runs have it with several latencies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.report.report_data import ReportData
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.reports.severity_curves import SeverityLine, draw_chart
from mygym_lite.stats import Estimate

_METRICS = {"success": "Success, nominal episodes, %", "stale_actions": "Steps with a repeated action, %"}
Entries = dict[str, dict[int, str]]
"""Label of a policy by its source and its latency, ms."""


def draw_latency_charts(task_suite: TaskSuite, report_data: ReportData) -> list[tuple[str, Markup]]:
    """Draw both curves; none if no policy has several latencies."""
    groups = _group_by_source(task_suite, report_data)
    entries = {source: labels for source, labels in groups.items() if len(labels) > 1}
    ticks = sorted({latency for labels in entries.values() for latency in labels})
    return [
        (
            caption,
            draw_chart(
                f"{caption} over latency",
                f"{task_suite.name}, with 95% bands",
                list(_build_lines(task_suite, entries, metric)),
                ticks,
                x_label="latency, ms",
            ),
        )
        for metric, caption in _METRICS.items()
        if entries
    ]


def _group_by_source(task_suite: TaskSuite, report_data: ReportData) -> Entries:
    entries: Entries = {}
    for policy in task_suite.policies_with_outcome:
        policies = report_data.runs_by_policy[policy, task_suite.task, task_suite.suite].manifest["policies"]
        name = policy if policy in policies else policy.partition(" (")[0]  # several runs may use one name
        entry: dict[str, Any] = policies.get(name, {})
        if "source" in entry:
            milliseconds = round(1000.0 * float(entry.get("latency", 0.0)))
            entries.setdefault(Path(str(entry["source"])).name, {})[milliseconds] = policy
    return entries


def _build_lines(task_suite: TaskSuite, entries: Entries, metric: str) -> Iterator[SeverityLine]:
    for source, labels in entries.items():
        first = next(iter(labels.values()))
        points = [(latency, _estimate(task_suite, label, metric)) for latency, label in sorted(labels.items())]
        yield SeverityLine(source, task_suite.policies[first], tuple(points))


def _estimate(task_suite: TaskSuite, policy: str, metric: str) -> Estimate:
    """Estimate a metric; a policy without latency repeats no action."""
    estimate = METRICS_BY_NAME[metric].estimate_records([*task_suite.get_nominal_episodes(policy)])
    is_fresh = metric == "stale_actions" and estimate.value is None
    return Estimate(0.0, None, None) if is_fresh else estimate
