"""Leaderboard of each task, with a row for each policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from mygym_lite.config.task_physics import Physics
from mygym_lite.errors import UsageError
from mygym_lite.harness.condition_results import ConditionResults, collect_values
from mygym_lite.harness.declared_worlds import ENGINE_NAMES
from mygym_lite.harness.leaderboard.adaptation import Adaptation, find_adaptation, refuse_unused
from mygym_lite.harness.leaderboard.entries import Entry
from mygym_lite.harness.leaderboard.ranking import Outcomes, Ranking, rank_policies
from mygym_lite.harness.leaderboard.training_cost import TrainingCost, read_training_cost
from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.verdict import PolicySummary, summarize_policies
from mygym_lite.stats import NO_ESTIMATE, Estimate

_CONTACT_PAIR = "hand_object"


@dataclass(frozen=True)
class Row:
    """One policy on one task.

    Args:
        entry: Its episodes in the engine of the ranking.
        summary: Success, force and robustness; see ``PolicySummary``.
        median_seconds: Median time to success under nominal conditions, s; None without success.
        other_engines: Nominal success in other engines, by name.
        training: Recorded cost of training.
        adaptation: Mean success in changed worlds by the number of demonstrations there; empty if not measured.
    """

    entry: Entry
    summary: PolicySummary
    median_seconds: float | None
    other_engines: Mapping[str, Estimate]
    training: TrainingCost
    adaptation: Mapping[int, float]

    @property
    def policy(self) -> str:
        """Name on the leaderboard."""
        return self.entry.policy

    @property
    def episodes(self) -> int:
        """Number of nominal episodes."""
        return len(self.entry.results.nominal)

    @property
    def successes(self) -> int | None:
        """Number of nominal episodes that succeeded; None for a policy that broke in every episode."""
        if not self.summary.has_outcome:
            return None
        return sum(record.success for record in self.entry.results.nominal)


@dataclass(frozen=True)
class TaskBoard:
    """Leaderboard of one task.

    Args:
        task: Name of the task.
        engine: Engine in which policies are ranked.
        rows: Policies in the order of the ranking, those without any outcome last.
        ranking: Ranks by nominal success, of the policies with an outcome.
        force_limit: Limit of the task for the force of the hand on objects, N.
    """

    task: str
    engine: str
    rows: tuple[Row, ...]
    ranking: Ranking
    force_limit: float | None

    @property
    def other_engines(self) -> tuple[str, ...]:
        """Other engines in which some policy was evaluated."""
        return tuple(sorted({engine for row in self.rows for engine in row.other_engines}))

    @property
    def experience(self) -> tuple[int, ...]:
        """Numbers of demonstrations after which adaptation was measured; empty if it was not."""
        return next((tuple(row.adaptation) for row in self.rows if row.adaptation), ())

    @property
    def shared_axes(self) -> tuple[str, ...]:
        """Axes that affect every policy, over which robustness is compared."""
        return next((row.summary.shared_axes for row in self.rows if row.summary.has_outcome), ())


def build_boards(entries: Sequence[Entry], adaptations: Sequence[Adaptation] = ()) -> tuple[TaskBoard, ...]:
    """Build the leaderboard of each task, in the order of the runs.

    Args:
        entries: Episodes of each policy on each task in each engine.
        adaptations: Results of ``study adaptation``.

    Raises:
        UsageError: A policy was evaluated in another engine than the one of the ranking alone.
    """
    by_task: dict[str, list[Entry]] = {}
    for entry in entries:
        by_task.setdefault(entry.task, []).append(entry)
    refuse_unused(adaptations, {(entry.task, entry.digests[0]) for entry in entries})
    return tuple(_build_board(task, group, adaptations) for task, group in by_task.items())


def _build_board(task: str, entries: Sequence[Entry], adaptations: Sequence[Adaptation]) -> TaskBoard:
    engine = _choose_engine(entries)
    ranked = [entry for entry in entries if entry.engine == engine]
    others = [entry for entry in entries if entry.engine != engine]
    _refuse_missing(engine, ranked, others)
    ranking = rank_policies({e.policy: get_outcomes(e.results) for e in ranked if e.results.has_outcome})
    rows = {row.policy: row for row in _build_rows(ranked, others, adaptations)}
    failed = sorted({*rows} - {*ranking.ranks})
    return TaskBoard(
        task=task,
        engine=engine,
        rows=tuple(rows[policy] for policy in (*ranking.ranks, *failed)),
        ranking=ranking,
        force_limit=ranked[0].run.manifest["tasks"][task]["limits"].get(_CONTACT_PAIR),
    )


def _choose_engine(entries: Sequence[Entry]) -> str:
    """Choose the engine of the ranking: the default one if any run has it."""
    engines, default = {entry.engine for entry in entries}, ENGINE_NAMES[Physics().engine]
    return default if default in engines else min(engines)


def _refuse_missing(engine: str, ranked: Sequence[Entry], others: Sequence[Entry]) -> None:
    known = {entry.policy for entry in ranked}
    for entry in others:
        if entry.policy not in known:
            raise UsageError(
                f"{entry.run.folder}: {entry.policy} on {entry.task} was evaluated in {entry.engine} alone, and this "
                f"leaderboard ranks in {engine}; evaluate it there too, or leave that run out"
            )


def _build_rows(ranked: Sequence[Entry], others: Sequence[Entry], adaptations: Sequence[Adaptation]) -> list[Row]:
    records = [record for entry in ranked for record in entry.results.episodes]
    irrelevant_axes = {(e.policy, e.task, e.results.suite): e.results.irrelevant_axes for e in ranked}
    summaries = {summary.policy: summary for summary in summarize_policies(records, irrelevant_axes)}
    return [
        Row(
            entry=entry,
            summary=summaries[entry.policy],
            median_seconds=_compute_median_seconds(entry.results),
            other_engines={e.engine: _estimate_success(e.results) for e in others if e.policy == entry.policy},
            training=read_training_cost(entry.label, entry.declaration),
            adaptation=find_adaptation(adaptations, entry.task, entry.digests[0]),
        )
        for entry in ranked
    ]


def _compute_median_seconds(results: ConditionResults) -> float | None:
    seconds = collect_values(results.nominal, METRICS_BY_NAME["time_to_success"].measure)
    return median(seconds) if seconds else None


def _estimate_success(results: ConditionResults) -> Estimate:
    return METRICS_BY_NAME["success"].estimate_records(results.nominal) if results.has_outcome else NO_ESTIMATE


def get_outcomes(results: ConditionResults) -> Outcomes:
    """Return the outcomes of the nominal episodes, as one column for one task."""
    return np.array([[record.success] for record in results.nominal], dtype=np.bool_)
