"""The verdict as Markdown, short enough for a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mygym_lite.harness.report.estimates import Figures
from mygym_lite.harness.report.headline_cards import Standing, standings
from mygym_lite.harness.report.page import lede, notices, title
from mygym_lite.harness.report.report_data import Board, Evidence
from mygym_lite.harness.report.worst_episodes import replay_command, worst_of
from mygym_lite.reports.formatting import listed, named, percent

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|&~])")


def markdown(evidence: Evidence, figures: Figures) -> str:
    """The whole text."""
    lines = [f"# {plain(title(evidence))}", "", plain(lede(evidence)), ""]
    lines += [f"> {plain(notice)}\n" for notice in notices(evidence)]
    for board in evidence.boards:
        lines += [f"## {plain(board.name)}", "", *_verdicts(standings(board, figures)), *_weakest(board, figures)]
    lines += ["Replay what failed worst:", "", *_commands(evidence)]
    lines += ["", "All intervals are 95% intervals. The page `report.html` beside this file has the rest."]
    return "\n".join(lines) + "\n"


def plain(words: str) -> str:
    """Words in which Markdown sees no marks."""
    return _SPECIAL.sub(r"\\\1", " ".join(words.split()))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *[[plain(cell) for cell in row] for row in rows]]
    return [f"| {' | '.join(line)} |" for line in lines] + [""]


def _verdicts(found: Sequence[Standing]) -> list[str]:
    head = ["policy", *(measure.label for measure in found[0].measures)]
    rows = [[one.policy, *(_cell(m.value, m.unit, m.between) for m in one.measures)] for one in found]
    said = [f"- {plain(one.sentence)}{' ' + plain(one.warning) if one.warning else ''}" for one in found]
    return [*_table(head, rows), *said, ""]


def _cell(value: str, unit: str, between: str) -> str:
    number = f"{value}%" if unit == "%" else f"{value} {unit}".strip()
    return f"{number} ({between})" if between else number


def _weakest(board: Board, figures: Figures, most: int = 8) -> list[str]:
    """Success on the axes that trouble any policy most."""
    areas = {policy: figures.verdict(board, policy).areas for policy in board.acting}
    axes = [axis for axis in board.axes if any(axis.name in found for found in areas.values())]
    if not axes:
        return []
    missing = [named(axis.name) for axis in board.axes if not axis.applicable]
    worst = sorted(axes, key=lambda axis: min(a[axis.name].value or 0.0 for a in areas.values() if axis.name in a))[
        :most
    ]
    rows = [[named(axis.name), *(_levels(board, policy, axis.name) for policy in board.acting)] for axis in worst]
    head = ["weakest axes", *map(plain, board.acting)]
    severities = "/".join(map(str, board.levels))
    lines = [f"Success in percent at severity {severities}:", "", *_table(head, rows)]
    return lines + ([f"Not applicable to {plain(board.task)}: {plain(listed(missing))}.", ""] if missing else [])


def _levels(board: Board, policy: str, axis: str) -> str:
    if not board.reaches(axis, policy):
        return "does not reach"
    found = (board.at(policy, axis, level) for level in board.levels)
    return " / ".join(percent(sum(e.success for e in told) / len(told) if told else None) for told in found)


def _commands(evidence: Evidence) -> list[str]:
    found = [worst for board in evidence.boards for policy in board.policies for worst in worst_of(board, policy, 1)]
    commands = [replay_command(evidence.origin(worst.shown), worst.shown) for worst in found]
    return ["```", *(commands or ["nothing failed"]), "```"]
