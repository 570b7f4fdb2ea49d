"""Markdown summary of the report, short enough for a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mygym_lite.harness.report.estimates import Estimates
from mygym_lite.harness.report.headline_cards import HeadlineCard, build_headline_cards
from mygym_lite.harness.report.page import build_notices, format_subtitle, format_title
from mygym_lite.harness.report.report_data import ReportData
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.harness.report.worst_episodes import find_worst_conditions, format_replay_command
from mygym_lite.reports.formatting import format_name, format_percent, join_names

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|&~])")


def render_markdown(report_data: ReportData, estimates: Estimates) -> str:
    """Render the summary of the report as Markdown."""
    lines = [f"# {escape_markdown(format_title(report_data))}", "", escape_markdown(format_subtitle(report_data)), ""]
    lines += [f"> {escape_markdown(notice)}\n" for notice in build_notices(report_data)]
    for task_suite in report_data.task_suites:
        lines += [
            f"## {escape_markdown(task_suite.name)}",
            "",
            *_format_headline_cards(build_headline_cards(task_suite, estimates)),
            *_format_weakest_axes(task_suite, estimates),
        ]
    lines += ["Replay the worst failures:", "", *_list_replay_commands(report_data)]
    lines += ["", "All intervals are 95% intervals. Details are in `report.html` in the same folder."]
    return "\n".join(lines) + "\n"


def escape_markdown(text: str) -> str:
    """Escape the special characters of Markdown, and collapse whitespace."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _format_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *[[escape_markdown(cell) for cell in row] for row in rows]]
    return [f"| {' | '.join(line)} |" for line in lines] + [""]


def _format_headline_cards(cards: Sequence[HeadlineCard]) -> list[str]:
    head = ["policy", *(number.label for number in cards[0].numbers)]
    rows = [[card.policy, *(_format_number(n.value, n.unit, n.interval) for n in card.numbers)] for card in cards]
    sentences = [f"- {escape_markdown(' '.join(filter(None, [card.sentence, card.warning])))}" for card in cards]
    return [*_format_table(head, rows), *sentences, ""]


def _format_number(value: str, unit: str, interval: str) -> str:
    number = f"{value}%" if unit == "%" else f"{value} {unit}".strip()
    return f"{number} ({interval})" if interval else number


def _format_weakest_axes(task_suite: TaskSuite, estimates: Estimates, limit: int = 8) -> list[str]:
    """List success on the axes with the lowest robustness of any policy."""
    policies = task_suite.policies_with_outcome
    scores: dict[str, list[float]] = {}
    for policy in policies:
        for axis, robustness in estimates.find_policy_summary(task_suite, policy).robustness_by_axis.items():
            scores.setdefault(axis, []).append(robustness.value or 0.0)
    axes = [axis.name for axis in task_suite.axes if axis.name in scores]
    if not axes:
        return []
    rows = [
        [format_name(axis), *(_format_success_by_severity(task_suite, policy, axis) for policy in policies)]
        for axis in sorted(axes, key=lambda axis: min(scores[axis]))[:limit]
    ]
    severities = "/".join(map(str, task_suite.severities))
    lines = [f"Success in percent at severity {severities}:", ""]
    lines += _format_table(["weakest axes", *map(escape_markdown, policies)], rows)
    if missing := [format_name(axis.name) for axis in task_suite.axes if not axis.applicable]:
        lines += [f"Not applicable to {escape_markdown(task_suite.task)}: {escape_markdown(join_names(missing))}.", ""]
    return lines


def _format_success_by_severity(task_suite: TaskSuite, policy: str, axis: str) -> str:
    if not task_suite.is_relevant(axis, policy):
        return "irrelevant"
    conditions = [task_suite.get_episodes(policy, axis, severity) for severity in task_suite.severities]
    rates = [sum(e.success for e in episodes) / len(episodes) if episodes else None for episodes in conditions]
    return " / ".join(map(format_percent, rates))


def _list_replay_commands(report_data: ReportData) -> list[str]:
    examples = [
        worst.example
        for task_suite in report_data.task_suites
        for policy in task_suite.policies
        for worst in find_worst_conditions(task_suite, policy, 1)
    ]
    commands = [format_replay_command(report_data.find_run(example), example) for example in examples]
    return ["```", *(commands or ["no failures"]), "```"]
