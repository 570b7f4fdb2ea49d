"""Content of the page about one task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.harness.leaderboard.board import Row, TaskBoard
from mygym_lite.harness.leaderboard.text import format_rank
from mygym_lite.reports.formatting import format_axis_count, format_name, join_names


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


def build_task_section(board: TaskBoard) -> TaskSection:
    """Build the content about one task."""
    rows = {row.policy: row for row in board.rows}
    groups = [
        TieGroup(format_rank(board.ranking, policies[0]), [rows[policy] for policy in policies])
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
