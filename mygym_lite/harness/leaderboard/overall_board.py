"""Leaderboard of the mean success over several tasks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mygym_lite.harness.leaderboard.board import TaskBoard, get_outcomes
from mygym_lite.harness.leaderboard.ranking import Outcomes, Ranking, rank_policies
from mygym_lite.stats import Estimate, proportion_interval


@dataclass(frozen=True)
class OverallBoard:
    """Leaderboard of the mean success over several tasks.

    Args:
        tasks: Tasks over which the mean is taken.
        success: Mean success of each policy over them, with an interval over seeds.
        ranking: Ranks by this mean.
    """

    tasks: tuple[str, ...]
    success: Mapping[str, Estimate]
    ranking: Ranking


def build_overall_board(boards: Sequence[TaskBoard]) -> OverallBoard | None:
    """Rank policies by mean success over several tasks.

    These are the tasks on which all policies have a rank. If they are fewer than two, the policies that have a rank on
    every task are ranked over all tasks.

    Returns:
        The leaderboard; None for a single task, or if fewer than two policies can be ranked so.
    """
    ranked = {board.task: {*board.ranking.ranks} for board in boards}
    everyone = {policy for policies in ranked.values() for policy in policies}
    tasks = [task for task, policies in ranked.items() if policies == everyone]
    if len(tasks) < 2:
        tasks, everyone = [*ranked], set.intersection(*ranked.values())
    return _build_overall(boards, tasks, everyone) if len(tasks) > 1 and len(everyone) > 1 else None


def _build_overall(boards: Sequence[TaskBoard], tasks: Sequence[str], policies: Collection[str]) -> OverallBoard:
    columns: dict[str, list[Outcomes]] = {policy: [] for policy in sorted(policies)}
    for row in (row for board in boards if board.task in tasks for row in board.rows):
        if row.policy in columns:
            columns[row.policy].append(get_outcomes(row.entry.results))
    outcomes = {policy: np.hstack(tables) for policy, tables in columns.items()}
    return OverallBoard(
        tasks=tuple(tasks),
        success={policy: proportion_interval(table.mean(axis=1)) for policy, table in outcomes.items()},
        ranking=rank_policies(outcomes),
    )
