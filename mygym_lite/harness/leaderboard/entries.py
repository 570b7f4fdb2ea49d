"""One policy on one task in one physics engine, merged from all runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mygym_lite.errors import UsageError
from mygym_lite.harness.condition_results import ConditionResults, group_by_condition
from mygym_lite.harness.declared_worlds import read_engine_name
from mygym_lite.harness.leaderboard.complete_runs import CompleteRun
from mygym_lite.harness.relevant_axes import read_irrelevant_axes
from mygym_lite.rollout.record import EpisodeRecord

_DIGITS = 12  # of a digest in a message


@dataclass(frozen=True)
class Entry:
    """Episodes of one policy on one task in one physics engine.

    Args:
        policy: Name on the leaderboard: the label in the run, and the pose estimator if the run has one.
        task: Name of the task.
        engine: Name of the physics engine; empty if the run does not record it.
        run: Run that holds the episodes; of several equal ones the first by the name of its folder.
        label: Label of the policy in that run.
        declaration: Entry of the policy in the manifest.
        records: Episodes as recorded.
        results: Episodes under the name on the leaderboard, by condition.
    """

    policy: str
    task: str
    engine: str
    run: CompleteRun
    label: str
    declaration: Mapping[str, Any]
    records: Sequence[EpisodeRecord]
    results: ConditionResults

    @property
    def digests(self) -> tuple[str, str]:
        """Digests of the policy and of the pose estimator, which is empty without one."""
        return str(self.declaration["digest"]), str((self.run.manifest.get("perception") or {}).get("digest", ""))


def collect_entries(runs: Sequence[CompleteRun]) -> list[Entry]:
    """Collect the entries of all runs; equal ones of several runs are one.

    Raises:
        UsageError: Two runs hold another policy, or other records, under one name.
    """
    entries: dict[tuple[str, str, str], Entry] = {}
    by_policy: dict[tuple[str, str], Entry] = {}
    for run in runs:
        for entry in _iterate_entries(run):
            _refuse_other_policy(by_policy.setdefault((entry.policy, entry.task), entry), entry)
            _refuse_other_records(entries.setdefault((entry.policy, entry.task, entry.engine), entry), entry)
    return list(entries.values())


def _iterate_entries(run: CompleteRun) -> Iterator[Entry]:
    engines = {name: read_engine_name(task) for name, task in run.manifest["tasks"].items()}
    for results in group_by_condition(run.records, read_irrelevant_axes(run.manifest)):
        name = _name_policy(run, results.policy)
        yield Entry(
            policy=name,
            task=results.task,
            engine=engines[results.task],
            run=run,
            label=results.policy,
            declaration=run.manifest["policies"][results.policy],
            records=results.episodes,
            results=_rename(results, name),
        )


def _name_policy(run: CompleteRun, label: str) -> str:
    estimator = run.manifest.get("perception")
    return label if estimator is None else f"{label} (perception {estimator.get('name')})"


def _rename(results: ConditionResults, policy: str) -> ConditionResults:
    if results.policy == policy:
        return results
    conditions = {
        key: [replace(record, policy=policy) for record in records] for key, records in results.conditions.items()
    }
    return replace(results, policy=policy, conditions=conditions)


def _refuse_other_policy(known: Entry, entry: Entry) -> None:
    if known.digests != entry.digests:
        a, b = ("/".join(part[:_DIGITS] for part in each.digests if part) for each in (known, entry))
        raise UsageError(
            f"{known.run.folder} and {entry.run.folder}: {entry.policy} on {entry.task} is another policy in each "
            f"(digest {a} and {b}); evaluate one of them under another label: LABEL=POLICY"
        )


def _refuse_other_records(known: Entry, entry: Entry) -> None:
    if known is entry:
        return
    a, b = (_index_records(each) for each in (known, entry))
    for key in dict.fromkeys((*a, *b)):
        if key not in a or key not in b or _compute_digest(a[key]) != _compute_digest(b[key]):
            axis, severity, seed = key
            raise UsageError(
                f"{known.run.folder} and {entry.run.folder}: hold other records of {entry.policy} on {entry.task} "
                f"({axis} {severity}, seed {seed}); leave one run out, or replay both to find the one that was changed"
            )


def _index_records(entry: Entry) -> dict[tuple[str, int, int], EpisodeRecord]:
    """Index the records of an entry by axis, severity and seed."""
    return {(record.axis, record.severity, record.seed): record for record in entry.records}


def _compute_digest(record: EpisodeRecord) -> str:
    """Compute the digest of a record without its number, which depends on the other policies of its run."""
    return replace(record, episode=0).digest
