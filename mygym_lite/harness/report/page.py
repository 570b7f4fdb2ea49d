"""HTML page of the evaluation report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mygym_lite.harness.clips import Clips
from mygym_lite.harness.report.axis_effects import PolicyEffects, build_axis_effects
from mygym_lite.harness.report.charts import draw_axis_charts, draw_distribution_charts, draw_overall_charts
from mygym_lite.harness.report.estimates import Estimates
from mygym_lite.harness.report.failure_patterns import FailurePattern, find_failure_patterns
from mygym_lite.harness.report.failures import OutcomeRow, count_messages, count_outcomes
from mygym_lite.harness.report.headline_cards import HeadlineCard, build_headline_cards
from mygym_lite.harness.report.heatmap import Heatmap, build_heatmap
from mygym_lite.harness.report.latency_charts import draw_latency_charts
from mygym_lite.harness.report.methodology import build_methodology, find_run_differences
from mygym_lite.harness.report.pairwise import Pairwise, build_pairwise
from mygym_lite.harness.report.report_data import ReportData
from mygym_lite.harness.report.stage_shares import count_stages
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.harness.report.worst_episodes import WorstConditionCard, build_worst_condition_cards
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.reports.formatting import format_axis_count, format_count, format_ranges, join_names
from mygym_lite.reports.page import render_page

Charts = Sequence[tuple[str, Markup]]


@dataclass(frozen=True)
class TaskSuiteSection:
    """Content of the page about one task under one suite."""

    task_suite: TaskSuite
    counts: str
    headline_cards: Sequence[HeadlineCard]
    heatmap: Heatmap
    overall_charts: Charts
    axis_charts: Sequence[tuple[str, str, Markup]]
    distribution_charts: Charts
    latency_charts: Charts
    axis_effects: Sequence[PolicyEffects]
    stages: Sequence[OutcomeRow]
    outcomes: Sequence[OutcomeRow]
    messages: Sequence[tuple[str, str, int]]
    failure_patterns: Sequence[tuple[str, Sequence[FailurePattern]]]
    pairwise: Sequence[Pairwise]
    worst_conditions: Sequence[tuple[str, Sequence[WorstConditionCard]]]


def render_report_page(report_data: ReportData, estimates: Estimates, clips: Clips) -> str:
    """Render the HTML report as one self-contained page."""
    parts = [_build_section(task_suite, report_data, estimates, clips) for task_suite in report_data.task_suites]
    methodology = build_methodology(report_data)
    included = {
        "axes": any(part.task_suite.axes for part in parts),
        "effects": any(part.axis_effects for part in parts),
        "stages": any(part.stages for part in parts),
        "latencies": any(part.latency_charts for part in parts),
        "comparisons": any(part.pairwise for part in parts),
    }
    return render_page(
        "mygym_lite.harness.report",
        title=format_title(report_data),
        subtitle=format_subtitle(report_data),
        sections=_list_sections(bool(parts), **included),
        version=methodology.version,
        notices=build_notices(report_data),
        task_suites=parts,
        several_suites=len({part.task_suite.suite for part in parts}) > 1,
        methodology=methodology,
        **{f"has_{kind}": is_included for kind, is_included in included.items()},
    )


def _list_sections(
    has_episodes: bool, *, axes: bool, effects: bool, stages: bool, latencies: bool, comparisons: bool
) -> list[tuple[str, str]]:
    sections = (
        ("heat", "Success by axis", axes),
        ("curves", "Severity curves", axes),
        ("effects", "Axes together", effects),
        ("spread", "Time and force", has_episodes),
        ("latency", "Latency", latencies),
        ("stages", "Stages reached", stages),
        ("failures", "Failure modes", has_episodes),
        ("compare", "Pairwise comparison", comparisons),
        ("worst", "Worst conditions", has_episodes),
        ("numbers", "All results", has_episodes),
        ("method", "Methodology", True),
    )
    return [(anchor, title) for anchor, title, included in sections if included]


def _build_section(
    task_suite: TaskSuite, report_data: ReportData, estimates: Estimates, clips: Clips
) -> TaskSuiteSection:
    return TaskSuiteSection(
        task_suite=task_suite,
        counts=format_episode_counts(task_suite),
        headline_cards=build_headline_cards(task_suite, estimates),
        heatmap=build_heatmap(task_suite, estimates),
        overall_charts=draw_overall_charts(task_suite),
        axis_charts=draw_axis_charts(task_suite),
        distribution_charts=draw_distribution_charts(task_suite),
        latency_charts=draw_latency_charts(task_suite, report_data),
        axis_effects=build_axis_effects(task_suite, report_data),
        stages=count_stages(task_suite),
        outcomes=count_outcomes(task_suite),
        messages=count_messages(task_suite),
        failure_patterns=[(policy, find_failure_patterns(task_suite, policy)) for policy in task_suite.policies],
        pairwise=build_pairwise(task_suite, estimates),
        worst_conditions=[
            (policy, build_worst_condition_cards(task_suite, policy, report_data, clips))
            for policy in task_suite.policies
        ],
    )


def format_title(report_data: ReportData) -> str:
    """Return the title of the report: policies and tasks."""
    tasks = list(dict.fromkeys(task_suite.task for task_suite in report_data.task_suites))
    if not tasks:
        return "Run without episodes"
    return f"{join_names(report_data.policies)} on {join_names(tasks)}"


def format_subtitle(report_data: ReportData) -> str:
    """Return one line with suites, axes, numbers of episodes, seeds and date."""
    task_suites = report_data.task_suites
    suites = dict.fromkeys(task_suite.suite for task_suite in task_suites)
    axes = len({axis.name for task_suite in task_suites for axis in task_suite.axes})
    severities = sorted({severity for task_suite in task_suites for severity in task_suite.severities})
    parts = [f"Suite {join_names(suites)}" if suites else ""]
    if axes:
        parts.append(f"{format_axis_count(axes)} at severity {format_ranges(severities)}")
    parts += [f"{len(report_data.records):,} episodes", *map(format_episode_counts, task_suites[:1])]
    dates = sorted(str(run.manifest.get("created", ""))[:10] for run in report_data.runs)
    parts.append(dates[-1] if dates else "")
    return " · ".join(filter(None, parts))


def format_episode_counts(task_suite: TaskSuite) -> str:
    """Return the number of episodes per condition and their seeds."""
    conditions = [records for by_condition in task_suite.episodes.values() for records in by_condition.values()]
    sizes = {len(records) for records in conditions}
    seeds = {record.seed for records in conditions for record in records}
    count = f"{min(sizes)} to {max(sizes)} episodes" if len(sizes) > 1 else format_count(min(sizes), "episode")
    return f"{count} per condition, seeds {format_ranges(sorted(seeds))}"


def build_notices(report_data: ReportData) -> list[str]:
    """Return warnings about differing or incomplete runs."""
    notices = []
    if differences := find_run_differences(report_data.runs):
        notices.append(f"These runs differ in {join_names(differences)}; their results are not directly comparable.")
    missing = sum(
        (axis.name, severity) not in by_condition
        for task_suite in report_data.task_suites
        for by_condition in task_suite.episodes.values()
        for axis in task_suite.axes
        if axis.applicable
        for severity in axis.severities
    )
    if missing:
        notices.append(f"{format_count(missing, 'condition')} not run yet; rerun the evaluate command to continue.")
    if count := _count_missing_episodes(report_data):
        notices.append(f"{format_count(count, 'episode')} not run yet; rerun the evaluate command to continue.")
    if any(
        (NOMINAL, 0) not in by_condition
        for task_suite in report_data.task_suites
        for by_condition in task_suite.episodes.values()
    ):
        notices.append("A policy has no nominal episodes, so its retention cannot be computed.")
    return notices


def _count_missing_episodes(report_data: ReportData) -> int:
    """Count the planned episodes that are missing in conditions with at least one episode."""
    task_suites = {(task_suite.task, task_suite.suite): task_suite for task_suite in report_data.task_suites}
    return sum(
        max(0, run.manifest["episodes"] - len(records))
        for (policy, task, suite), run in report_data.runs_by_policy.items()
        if run.manifest["until_ci_width"] is None
        for records in task_suites[task, suite].episodes[policy].values()
    )
