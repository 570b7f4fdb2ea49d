"""Labels of the policies of several runs, which may use one name for different policies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.rollout.record import EpisodeRecord


def label_policies(
    runs: Sequence[RunFolder], records_by_run: Sequence[Sequence[EpisodeRecord]]
) -> dict[tuple[int, str], str]:
    """Label the policies of each run; the run name is appended if a policy name is ambiguous."""
    used: dict[str, list[int]] = defaultdict(list)
    occurrences: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for number, records in enumerate(records_by_run):
        for policy, task, suite in dict.fromkeys((e.policy, e.task, e.suite) for e in records):
            occurrences[policy][task, suite] += 1
            used[policy] = sorted({*used[policy], number})
    names = _name_runs(runs)
    labels = {}
    for policy, numbers in used.items():
        ambiguous = _is_ambiguous(runs, policy, numbers, occurrences[policy])
        for number in numbers:
            labels[number, policy] = f"{policy} ({names[number]})" if ambiguous else policy
    return labels


def _is_ambiguous(
    runs: Sequence[RunFolder], policy: str, numbers: Sequence[int], occurrences: Mapping[Any, int]
) -> bool:
    digests = {runs[number].manifest.get("policies", {}).get(policy, {}).get("digest") for number in numbers}
    return len(digests) > 1 or max(occurrences.values()) > 1


def _name_runs(runs: Sequence[RunFolder]) -> list[str]:
    names = [run.folder.resolve().name for run in runs]
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name}, run {number}" for number, name in enumerate(names, start=1)]
