"""All policies on all tasks, as the page shows them first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.harness.leaderboard.board import Row, TaskBoard
from mygym_lite.harness.leaderboard.leaderboard import LeaderboardResult
from mygym_lite.harness.leaderboard.text import format_rank
from mygym_lite.reports.formatting import format_percent, format_percent_range
from mygym_lite.stats import Estimate


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


def build_overview(result: LeaderboardResult) -> list[OverviewRow]:
    """Build a row for each policy, in the order of the leaderboard."""
    rows = {(row.policy, board.task): row for board in result.boards for row in board.rows}
    overall = result.overall
    return [
        OverviewRow(
            policy=policy,
            rank=format_rank(overall.ranking, policy) if overall else "",
            mean=overall.success.get(policy) if overall else None,
            cells=[_build_cell(board, rows.get((policy, board.task))) for board in result.boards],
        )
        for policy in result.policies
    ]


def _build_cell(board: TaskBoard, row: Row | None) -> OverviewCell | None:
    if row is None:
        return None
    rank, success = format_rank(board.ranking, row.policy), row.summary.success
    if success.value is None:
        return OverviewCell(success, "", f"{row.policy} on {board.task}; broke in every episode")
    label = (
        f"{row.policy} on {board.task}; {format_percent(success.value)}% of {row.episodes} solved "
        f"({format_percent_range(success)}); rank {rank}"
    )
    return OverviewCell(success, rank, label)
