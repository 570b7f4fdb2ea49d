"""A leaderboard as tables of text."""

from __future__ import annotations

from mygym_lite.harness.leaderboard.board import Row, TaskBoard
from mygym_lite.harness.leaderboard.leaderboard import LeaderboardResult
from mygym_lite.harness.leaderboard.overall_board import OverallBoard
from mygym_lite.harness.leaderboard.ranking import Ranking
from mygym_lite.harness.leaderboard.sentences import build_notices, describe_verification, format_scope
from mygym_lite.harness.leaderboard.training_cost import TrainingCost
from mygym_lite.reports.formatting import (
    DASH,
    format_amount,
    format_amount_range,
    format_axis_count,
    format_count,
    format_minutes,
    format_percent,
    format_percent_range,
    join_names,
)
from mygym_lite.reports.text_table import format_table_lines
from mygym_lite.stats import NO_ESTIMATE, Estimate

_HEAD = ("rank", "policy", "success, %", "time, s", "peak force, N", "robustness, %", "other axes, %")


def format_rank(ranking: Ranking, policy: str) -> str:
    """Format a rank, with an equals sign if others share it; a dash for a policy without one."""
    if policy not in ranking.ranks:
        return DASH
    return f"{'=' if ranking.list_ties(policy) else ''}{ranking.ranks[policy]}"


def format_result(result: LeaderboardResult, width: int | None) -> str:
    """Format the overall ranking and the leaderboard of each task as text."""
    lines = [format_scope(result), ""]
    if result.overall is not None:
        lines += _format_overall(result.overall, width)
    for board in result.boards:
        lines += _format_board(board, width)
    lines += build_notices(result)
    if result.verification is not None:
        lines.append(describe_verification(result))
    return "\n".join(lines).rstrip() + "\n"


def _format_overall(overall: OverallBoard, width: int | None) -> list[str]:
    head = ("rank", "policy", f"mean success over {join_names(overall.tasks)}, %")
    rows = [
        (format_rank(overall.ranking, policy), policy, format_rate(overall.success[policy]))
        for policy in overall.ranking.ranks
    ]
    return [*format_table_lines([head, *rows], width), ""]


def _format_board(board: TaskBoard, width: int | None) -> list[str]:
    head = (*_HEAD, *(f"{engine}, %" for engine in board.other_engines), *format_adaptation_head(board), "training")
    rows = [
        (
            format_rank(board.ranking, row.policy),
            row.policy,
            format_rate(row.summary.success) if row.summary.has_outcome else "error",
            format_amount(row.median_seconds),
            format_force(row),
            format_axes(row.summary.robustness, len(row.summary.shared_axes)),
            format_axes(row.summary.other_robustness, len(row.summary.other_axes)),
            *(format_rate(row.other_engines.get(engine, NO_ESTIMATE)) for engine in board.other_engines),
            *([format_adaptation(row)] if board.experience else []),
            format_training(row.training),
        )
        for row in board.rows
    ]
    errors = [f"{row.policy}: {error.sentence}" for row in board.rows for error in row.summary.errors]
    return [board.task, *format_table_lines([head, *rows], width), *errors, ""]


def format_rate(estimate: Estimate) -> str:
    """Format a rate with its interval."""
    interval = format_percent_range(estimate)
    return format_percent(estimate.value) + (f" ({interval})" if interval else "")


def format_force(row: Row) -> str:
    """Format the mean peak force with its interval."""
    interval = format_amount_range(row.summary.peak_hand_force)
    return format_amount(row.summary.peak_hand_force.value) + (f" ({interval})" if interval else "")


def format_axes(estimate: Estimate, axes: int) -> str:
    """Format robustness with its interval and the number of axes."""
    return f"{format_rate(estimate)}, {format_axis_count(axes)}" if estimate.value is not None else DASH


def format_adaptation_head(board: TaskBoard) -> list[str]:
    """Format the head of the column of adaptation, if there is one."""
    return [f"adapted, %, after {join_names(list(map(str, board.experience)))}"] if board.experience else []


def format_adaptation(row: Row) -> str:
    """Format mean success in changed worlds after increasing experience; a dash if it was not measured."""
    return ", ".join(format_percent(success) for success in row.adaptation.values()) or DASH


def format_training(training: TrainingCost) -> str:
    """Format the recorded cost of a training."""
    if not training.is_recorded:
        return DASH
    parts = [
        format_minutes(training.minutes) if training.minutes is not None else "",
        format_count(training.demonstrations, "demonstration") if training.demonstrations is not None else "",
        format_count(training.steps, "step") if training.steps is not None else "",
    ]
    return ", ".join(filter(None, parts))
