"""Stages: count and share of the episodes that reached each, nominal and perturbed."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.harness.report.failures import OutcomeRow, OutcomeShare
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.rollout.record import EpisodeRecord


def count_stages(task_suite: TaskSuite) -> list[OutcomeRow]:
    """Count the episodes that reached each stage, in the order of the task; no row for a task without stages."""
    return [
        OutcomeRow(
            name,
            is_success=number == len(task_suite.stages),
            shares=tuple(
                _build_share(color, task_suite, policy, number) for policy, color in task_suite.policies.items()
            ),
        )
        for number, name in enumerate(task_suite.stages, start=1)
    ]


def _build_share(color: int, task_suite: TaskSuite, policy: str, number: int) -> OutcomeShare:
    """Count among the perturbed episodes, or the nominal ones if none are perturbed."""
    nominal, perturbed = task_suite.get_nominal_episodes(policy), task_suite.get_perturbed_episodes(policy)
    main = perturbed or nominal
    return OutcomeShare(color, _count_reached(main, number), len(main), _count_reached(nominal, number), len(nominal))


def _count_reached(records: Sequence[EpisodeRecord], number: int) -> int:
    return sum((record.stage_reached or 0) >= number for record in records)
