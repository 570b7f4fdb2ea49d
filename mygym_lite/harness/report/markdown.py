"""The verdict as Markdown, short enough for a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mygym_lite.harness.report.estimates import Estimates
from mygym_lite.harness.report.headline_cards import HeadlineCard, build_headline_cards
from mygym_lite.harness.report.page import build_notices, format_subtitle, format_title
from mygym_lite.harness.report.report_data import ReportData, TaskSuite
from mygym_lite.harness.report.worst_episodes import find_worst_conditions, format_replay_command
from mygym_lite.reports.formatting import format_name, format_percent, join_names

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|&~])")


def render_markdown(report_data: ReportData, estimates: Estimates) -> str:
    """The whole text."""
    lines = [f"# {escape_markdown(format_title(report_data))}", "", escape_markdown(format_subtitle(report_data)), ""]
    lines += [f"> {escape_markdown(notice)}\n" for notice in build_notices(report_data)]
    for board in report_data.task_suites:
        lines += [
            f"## {escape_markdown(board.name)}",
            "",
            *_verdicts(build_headline_cards(board, estimates)),
            *_weakest(board, estimates),
        ]
    lines += ["Replay what failed worst:", "", *_commands(report_data)]
    lines += ["", "All intervals are 95% intervals. The page `report.html` beside this file has the rest."]
    return "\n".join(lines) + "\n"


def escape_markdown(words: str) -> str:
    """Words in which Markdown sees no marks."""
    return _SPECIAL.sub(r"\\\1", " ".join(words.split()))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *[[escape_markdown(cell) for cell in row] for row in rows]]
    return [f"| {' | '.join(line)} |" for line in lines] + [""]


def _verdicts(found: Sequence[HeadlineCard]) -> list[str]:
    head = ["policy", *(measure.label for measure in found[0].numbers)]
    rows = [[one.policy, *(_cell(m.value, m.unit, m.interval) for m in one.numbers)] for one in found]
    said = [
        f"- {escape_markdown(one.sentence)}{' ' + escape_markdown(one.warning) if one.warning else ''}" for one in found
    ]
    return [*_table(head, rows), *said, ""]


def _cell(value: str, unit: str, between: str) -> str:
    number = f"{value}%" if unit == "%" else f"{value} {unit}".strip()
    return f"{number} ({between})" if between else number


def _weakest(board: TaskSuite, figures: Estimates, most: int = 8) -> list[str]:
    """Success on the axes that trouble any policy most."""
    areas = {
        policy: figures.find_policy_summary(board, policy).robustness_by_axis for policy in board.policies_with_outcome
    }
    axes = [axis for axis in board.axes if any(axis.name in found for found in areas.values())]
    if not axes:
        return []
    missing = [format_name(axis.name) for axis in board.axes if not axis.applicable]
    worst = sorted(axes, key=lambda axis: min(a[axis.name].value or 0.0 for a in areas.values() if axis.name in a))[
        :most
    ]
    rows = [
        [format_name(axis.name), *(_levels(board, policy, axis.name) for policy in board.policies_with_outcome)]
        for axis in worst
    ]
    head = ["weakest axes", *map(escape_markdown, board.policies_with_outcome)]
    severities = "/".join(map(str, board.severities))
    lines = [f"Success in percent at severity {severities}:", "", *_table(head, rows)]
    return lines + (
        [f"Not applicable to {escape_markdown(board.task)}: {escape_markdown(join_names(missing))}.", ""]
        if missing
        else []
    )


def _levels(board: TaskSuite, policy: str, axis: str) -> str:
    if not board.is_relevant(axis, policy):
        return "does not reach"
    found = (board.get_episodes(policy, axis, level) for level in board.severities)
    return " / ".join(format_percent(sum(e.success for e in told) / len(told) if told else None) for told in found)


def _commands(evidence: ReportData) -> list[str]:
    found = [
        worst
        for board in evidence.task_suites
        for policy in board.policies
        for worst in find_worst_conditions(board, policy, 1)
    ]
    commands = [format_replay_command(evidence.find_run(worst.example), worst.example) for worst in found]
    return ["```", *(commands or ["nothing failed"]), "```"]
