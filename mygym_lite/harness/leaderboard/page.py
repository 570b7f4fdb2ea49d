"""HTML page of a leaderboard."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mygym_lite.harness.leaderboard import text
from mygym_lite.harness.leaderboard.board import Row, TaskBoard
from mygym_lite.harness.leaderboard.leaderboard import LeaderboardResult
from mygym_lite.harness.leaderboard.methodology import build_definitions, build_facts, build_run_facts
from mygym_lite.harness.leaderboard.ranking import Ranking
from mygym_lite.provenance import read_version
from mygym_lite.reports.formatting import (
    format_axis_count,
    format_name,
    format_percent,
    format_percent_range,
    join_names,
)
from mygym_lite.reports.page import render_page
from mygym_lite.stats import Estimate

_COLORS = 6
_VERIFIED_EPISODES = 3  # of each policy, in the command that the page prints


@dataclass(frozen=True)
class OverviewCell:
    """Success of one policy on one task."""

    success: Estimate
    rank: str
    label: str


@dataclass(frozen=True)
class OverviewRow:
    """One policy on all tasks; the cell of a task without its episodes is None."""

    policy: str
    rank: str
    mean: Estimate | None
    cells: Sequence[OverviewCell | None]


@dataclass(frozen=True)
class TieGroup:
    """Policies of one rank, or those without a rank."""

    rank: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class TaskSection:
    """Content of the page about one task."""

    board: TaskBoard
    groups: Sequence[TieGroup]
    shared_axes: str
    axis_names: str
    other_axes: Sequence[tuple[str, str]]
    force_scale: float
    """Force at the end of the scale, N; 0 if no policy touched an object."""
    errors: Sequence[str]


def render_leaderboard_page(result: LeaderboardResult) -> str:
    """Render the HTML page of a leaderboard as one self-contained file."""
    sections = [_build_section(board) for board in result.boards]
    has_pairs = any(board.ranking.tests for board in result.boards)
    return render_page(
        "mygym_lite.harness.leaderboard",
        title=text.format_title(result),
        subtitle=text.format_scope(result),
        sections=_list_sections(len(result.boards) > 1, has_pairs),
        version=read_version("mygym_lite") or "",
        notices=text.build_notices(result),
        headlines=text.build_headlines(result),
        colors={policy: number % _COLORS for number, policy in enumerate(result.policies)},
        overall=result.overall,
        overview=_build_overview(result),
        ranked_over=text.describe_overall(result),
        tasks=sections,
        pairs=_list_pairs(result),
        rule=text.RULE,
        verification=text.describe_verification(result),
        verify_command=_format_command(result),
        definitions=build_definitions(),
        facts=build_facts(result),
        runs=build_run_facts(result),
        format_training=text.format_training,
        format_axis_count=format_axis_count,
    )


def _list_sections(has_overview: bool, has_pairs: bool) -> list[tuple[str, str]]:
    sections = (
        ("overview", "All tasks", has_overview),
        ("tasks", "Task by task" if has_overview else "Ranking", True),
        ("pairs", "Pairs of policies", has_pairs),
        ("verify", "Verification", True),
        ("method", "Methodology", True),
    )
    return [(anchor, title) for anchor, title, included in sections if included]


def _build_overview(result: LeaderboardResult) -> list[OverviewRow]:
    rows = {(row.policy, board.task): row for board in result.boards for row in board.rows}
    overall = result.overall
    return [
        OverviewRow(
            policy=policy,
            rank=text.format_rank(overall.ranking, policy) if overall else "",
            mean=overall.success.get(policy) if overall else None,
            cells=[_build_cell(board, rows.get((policy, board.task))) for board in result.boards],
        )
        for policy in result.policies
    ]


def _build_cell(board: TaskBoard, row: Row | None) -> OverviewCell | None:
    if row is None:
        return None
    rank, success = text.format_rank(board.ranking, row.policy), row.summary.success
    if success.value is None:
        return OverviewCell(success, "", f"{row.policy} on {board.task}; broke in every episode")
    label = (
        f"{row.policy} on {board.task}; {format_percent(success.value)}% of {row.episodes} solved "
        f"({format_percent_range(success)}); rank {rank}"
    )
    return OverviewCell(success, rank, label)


def _build_section(board: TaskBoard) -> TaskSection:
    rows = {row.policy: row for row in board.rows}
    groups = [
        TieGroup(text.format_rank(board.ranking, policies[0]), [rows[policy] for policy in policies])
        for policies in board.ranking.tie_groups
    ]
    failed = [row for row in board.rows if row.policy not in board.ranking.ranks]
    return TaskSection(
        board=board,
        groups=[*groups, *([TieGroup("", failed)] if failed else [])],
        shared_axes=format_axis_count(len(board.shared_axes), shared=len(board.ranking.ranks) > 1),
        axis_names=", ".join(map(format_name, board.shared_axes)),
        other_axes=_group_other_axes(board),
        force_scale=_choose_force_scale(board),
        errors=[f"{row.policy}: {error.sentence}" for row in board.rows for error in row.summary.errors],
    )


def _group_other_axes(board: TaskBoard) -> list[tuple[str, str]]:
    """Group the policies by the axes that affect them, but not every policy."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in board.rows:
        if row.summary.other_axes:
            groups.setdefault(row.summary.other_axes, []).append(row.policy)
    return [(join_names(policies), ", ".join(map(format_name, axes))) for axes, policies in groups.items()]


def _choose_force_scale(board: TaskBoard) -> float:
    """Choose a scale for the policies that ever succeed; those that only hit things may exceed it."""
    forces = [(row.successes or 0, row.summary.peak_hand_force.value or 0.0) for row in board.rows]
    if not any(force for _, force in forces):
        return 0.0
    relevant = [force for successes, force in forces if successes] or [force for _, force in forces]
    return max(board.force_limit or 0.0, *relevant, 1e-3)


def _list_pairs(result: LeaderboardResult) -> Mapping[str, Ranking]:
    """List the rankings with at least two policies, by title."""
    overall = {"all tasks": result.overall.ranking} if result.overall else {}
    rankings = overall | {board.task: board.ranking for board in result.boards}
    return {title: ranking for title, ranking in rankings.items() if ranking.tests}


def _format_command(result: LeaderboardResult) -> str:
    folders = " ".join(shlex.quote(str(run.folder)) for run in result.runs)
    return f"mygym-lite leaderboard {folders} --verify {_VERIFIED_EPISODES}"
