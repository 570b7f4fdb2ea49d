"""The page: everything that is told, put into the template as one file that loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup

from mygym_lite.harness.report.charts import draw_axis_charts, draw_distribution_charts, draw_overall_charts
from mygym_lite.harness.report.estimates import Estimates
from mygym_lite.harness.report.failures import OutcomeRow, count_messages, count_outcomes
from mygym_lite.harness.report.headline_cards import HeadlineCard, build_headline_cards
from mygym_lite.harness.report.heatmap import Heatmap, build_heatmap
from mygym_lite.harness.report.methodology import build_methodology, find_run_differences
from mygym_lite.harness.report.pairwise import Pairwise, build_pairwise
from mygym_lite.harness.report.report_data import ReportData, TaskSuite
from mygym_lite.harness.report.worst_episodes import Clips, WorstConditionCard, build_worst_condition_cards
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports import formatting
from mygym_lite.reports.heatmap_colors import build_color_table

_HERE, _STYLE = files("mygym_lite.harness.report"), files("mygym_lite.reports")
_FILTERS = {
    "percent": "format_percent",
    "points": "format_points",
    "amount": "format_amount",
    "percent_range": "format_percent_range",
    "points_range": "format_points_range",
    "amount_range": "format_amount_range",
    "p_value": "format_p_value",
    "readable": "format_name",
}
Charts = Sequence[tuple[str, Markup]]


@dataclass(frozen=True)
class TaskSuiteSection:
    """What the page tells of one board."""

    task_suite: TaskSuite
    counts: str
    headline_cards: Sequence[HeadlineCard]
    heatmap: Heatmap
    overall_charts: Charts
    axis_charts: Charts
    distribution_charts: Charts
    outcomes: Sequence[OutcomeRow]
    messages: Sequence[tuple[str, str, int]]
    pairwise: Sequence[Pairwise]
    worst_conditions: Sequence[tuple[str, Sequence[WorstConditionCard]]]


def render_page(report_data: ReportData, estimates: Estimates, clips: Clips) -> str:
    """The whole text of the HTML file."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {name: getattr(formatting, function) for name, function in _FILTERS.items()}
    template = environment.from_string(_text("page.html.j2"))
    parts = [_part(board, report_data, estimates, clips) for board in report_data.task_suites]
    return template.render(**_told(report_data, parts))


def _text(name: str) -> str:
    return ((_HERE if name.endswith(".j2") else _STYLE) / name).read_text(encoding="utf-8")


def _told(evidence: ReportData, parts: Sequence[TaskSuiteSection]) -> dict[str, object]:
    shades = build_color_table()
    has_axes, has_duels = any(part.task_suite.axes for part in parts), any(part.pairwise for part in parts)
    return {
        "title": format_title(evidence),
        "lede": format_subtitle(evidence),
        "notices": build_notices(evidence),
        "boards": parts,
        "several_suites": len({board.suite for board in evidence.task_suites}) > 1,
        "has_axes": has_axes,
        "has_duels": has_duels,
        "sections": _sections(bool(parts), has_axes, has_duels),
        "style": Markup(_text("style.css")),
        "script": Markup(_text("script.js")),
        "shades": list(zip(shades["light"], shades["dark"], strict=True)),
        "method": build_methodology(evidence),
    }


def _sections(any_board: bool, has_axes: bool, has_duels: bool) -> list[tuple[str, str]]:
    told = {
        "heat": ("Where it breaks", has_axes), "curves": ("How it fades", has_axes),
        "spread": ("Time and force", any_board), "failures": ("How it fails", any_board),
        "compare": ("Who is better", has_duels), "worst": ("Worst conditions", any_board),
        "numbers": ("All numbers", any_board), "method": ("Method", True),
    }  # fmt: skip
    return [(anchor, words) for anchor, (words, there) in told.items() if there]


def _part(board: TaskSuite, evidence: ReportData, figures: Estimates, clips: Clips) -> TaskSuiteSection:
    return TaskSuiteSection(
        board,
        format_episode_counts(board),
        build_headline_cards(board, figures),
        build_heatmap(board, figures),
        draw_overall_charts(board),
        draw_axis_charts(board),
        draw_distribution_charts(board),
        count_outcomes(board),
        count_messages(board),
        build_pairwise(board, figures),
        [(policy, build_worst_condition_cards(board, policy, evidence, clips)) for policy in board.policies],
    )


def format_title(report_data: ReportData) -> str:
    """What was run, in one line."""
    tasks = list(dict.fromkeys(board.task for board in report_data.task_suites))
    if not tasks:
        return "A run without episodes"
    return f"{formatting.join_names(report_data.policies)} on {formatting.join_names(tasks)}"


def format_subtitle(report_data: ReportData) -> str:
    """How much was run."""
    boards = report_data.task_suites
    suites = dict.fromkeys(board.suite for board in boards)
    axes = len({axis.name for board in boards for axis in board.axes})
    levels = sorted({level for board in boards for level in board.severities})
    told = [f"Suite {formatting.join_names(suites)}" if suites else ""]
    if axes:
        told.append(f"{formatting.format_axis_count(axes)} at severity {formatting.format_ranges(levels)}")
    told += [f"{len(report_data.records):,} episodes", *map(format_episode_counts, boards[:1])]
    made = sorted(str(run.manifest.get("created", ""))[:10] for run in report_data.runs)
    told.append(made[-1] if made else "")
    return " · ".join(filter(None, told))


def format_episode_counts(task_suite: TaskSuite) -> str:
    """How many episodes a condition has, and from which seeds."""
    found = [told for places in task_suite.episodes.values() for told in places.values()]
    sizes, seeds = {len(told) for told in found}, {e.seed for told in found for e in told}
    each = f"{min(sizes)}" if len(sizes) == 1 else f"{min(sizes)} to {max(sizes)}"
    return f"{each} in each condition, seeds {formatting.format_ranges(sorted(seeds))}"


def build_notices(report_data: ReportData) -> list[str]:
    """What a reader must know before believing a comparison."""
    found = []
    if unlike := find_run_differences(report_data.runs):
        found.append(
            f"These runs differ in {formatting.join_names(unlike)}: what stands side by side is not all alike."
        )
    missing = sum(
        (axis.name, level) not in places
        for board in report_data.task_suites
        for places in board.episodes.values()
        for axis in board.axes
        if axis.applicable
        for level in axis.severities
    )
    if missing:
        found.append(f"{formatting.format_count(missing, 'condition')} not run yet; the same evaluate command goes on.")
    if short := _short(report_data):
        found.append(f"{formatting.format_count(short, 'episode')} not played yet; the same evaluate command goes on.")
    if any((NOMINAL, 0) not in places for board in report_data.task_suites for places in board.episodes.values()):
        found.append("A policy has no nominal episodes, so nothing can be told of what it keeps.")
    return found


def _short(evidence: ReportData) -> int:
    """Number of planned episodes that are missing in the conditions that were begun."""
    short = 0
    for (policy, task, suite), run in evidence.runs_by_policy.items():
        if run.manifest["until_ci_width"] is None:
            board = next(board for board in evidence.task_suites if (board.task, board.suite) == (task, suite))
            short += sum(max(0, run.manifest["episodes"] - len(told)) for told in board.episodes[policy].values())
    return short
