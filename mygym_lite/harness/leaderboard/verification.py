"""Replays of some episodes of each policy, which must come out as recorded, to the bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mygym_lite.errors import MyGymError, UsageError
from mygym_lite.harness.leaderboard.entries import Entry
from mygym_lite.harness.plan_restoration import restore_plan
from mygym_lite.harness.replay import ReplayResult
from mygym_lite.harness.replayer import ReplayJob, replay_jobs
from mygym_lite.rng import make_stream
from mygym_lite.rollout.record import EpisodeRecord


@dataclass(frozen=True)
class Verification:
    """Episodes that were replayed.

    Args:
        episodes: Number of replayed episodes of each policy on each task in each engine.
        total: Number of all replayed episodes.
        seed: Seed of their choice.
    """

    episodes: int
    total: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Convert to a plain table."""
        return asdict(self)


def verify_entries(
    entries: Sequence[Entry], episodes: int, seed: int = 0, allow_code: bool = False, workers: int | None = None
) -> Verification:
    """Replay some episodes of each policy on each task in each engine.

    Args:
        entries: Episodes of all policies.
        episodes: Number of episodes of each that are replayed.
        seed: Seed of their choice, which depends on policy, task and engine alone.
        allow_code: See ``replay``.
        workers: Maximal number of processes.

    Raises:
        UsageError: An episode cannot be replayed, or does not come out as recorded.
    """
    chosen = [(entry, record) for entry in entries for record in _choose_records(entry, episodes, seed)]
    outcomes = replay_jobs(list(_make_jobs(chosen, allow_code)), workers)
    differences: list[str] = []
    for (entry, record), outcome in zip(chosen, outcomes, strict=True):
        if isinstance(outcome, Exception):
            raise UsageError(f"{entry.run.folder}: episode {record.episode} cannot be replayed: {outcome}") from outcome
        if not (result := ReplayResult(record, outcome)).identical:
            differences.append(_describe_difference(entry, result))
    if differences:
        raise UsageError(
            f"{differences[0]} ({len(differences)} of {len(chosen)} replayed episodes differ); leave that run out, or "
            "evaluate it again on this machine"
        )
    return Verification(episodes, len(chosen), seed)


def _choose_records(entry: Entry, count: int, seed: int) -> list[EpisodeRecord]:
    stream = make_stream(seed, f"leaderboard {entry.policy} {entry.task} {entry.engine}")
    numbers = stream.choice(len(entry.records), size=min(count, len(entry.records)), replace=False)
    return [entry.records[number] for number in sorted(numbers.tolist())]


def _make_jobs(chosen: Sequence[tuple[Entry, EpisodeRecord]], allow_code: bool) -> Iterator[ReplayJob]:
    plans = {}
    for entry, record in chosen:
        key = entry.run.folder, entry.label
        if key not in plans:
            plans[key] = _restore(entry, allow_code)
        yield ReplayJob(plans[key], record)


def _restore(entry: Entry, allow_code: bool) -> Any:
    try:
        return restore_plan(entry.run.run, entry.label, allow_code=allow_code)
    except MyGymError as error:
        message = str(error).removeprefix(f"{entry.run.folder}: ")
        raise UsageError(f"{entry.run.folder}: cannot be verified: {message}") from error


def _describe_difference(entry: Entry, result: ReplayResult) -> str:
    record = result.original
    return (
        f"{entry.run.folder}: episode {record.episode} ({entry.policy} on {entry.task}, {record.axis} "
        f"{record.severity}, seed {record.seed}) does not come out as recorded: it differs in "
        f"{', '.join(result.differences)}"
    )
