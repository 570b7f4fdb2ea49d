"""Two runs of the same policies, tasks, suite and seeds, paired; anything else is refused in one line."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mygym_lite.errors import UsageError
from mygym_lite.fingerprint import find_differences
from mygym_lite.harness.declared_worlds import read_engine_name, read_suite, read_worlds
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.reports.formatting import format_count, join_names
from mygym_lite.studies.fidelity.run_world import RunResults, require_policies
from mygym_lite.studies.fidelity.world_pair import SimulatedWorld, WorldPair


@dataclass(frozen=True)
class PairedRuns:
    """Two paired runs.

    Args:
        a: Results of the run that predicts.
        b: Results of the run that is predicted.
        pair: Their outcomes.
        differences: Fields of the tasks that differ, one per line.
        notices: Reservations for the reader.
    """

    a: RunResults
    b: RunResults
    pair: WorldPair
    differences: tuple[str, ...]
    notices: tuple[str, ...]


def pair_runs(first: RunFolder, second: RunFolder) -> PairedRuns:
    """Pair two runs by policy, task, condition and seed.

    Raises:
        UsageError: They have other tasks, suites or seeds, share fewer than three policies, or no episode.
    """
    _refuse_unlike(first, second)
    a, b = RunResults(first), RunResults(second)
    failed = {*a.list_failed_policies(), *b.list_failed_policies()}
    shared = [policy for policy in a.policies if policy in b.policies]
    policies = tuple(policy for policy in shared if policy not in failed)
    require_policies(policies, f"{first.folder} and {second.folder}")
    _refuse_other_policies(first, second, policies)
    pair = _build_pair(a, b, policies)
    _refuse_without_episodes(pair, first, second)
    differences = tuple(find_differences(read_worlds(first.manifest), read_worlds(second.manifest)))
    return PairedRuns(a, b, pair, differences, tuple(_build_notices(a, b, pair, differences)))


def _refuse_unlike(first: RunFolder, second: RunFolder) -> None:
    where = f"{first.folder} and {second.folder}"
    if first.folder.resolve() == second.folder.resolve():
        raise UsageError(f"{first.folder}: is named twice; name the run in the other world as RUN_B")
    a, b = first.manifest, second.manifest
    if {*a["tasks"]} != {*b["tasks"]}:
        raise UsageError(
            f"{where}: have other tasks, {join_names(a['tasks'])} and {join_names(b['tasks'])}; "
            "evaluate both on the same tasks"
        )
    if differences := find_differences(*({"suite": read_suite(run.manifest)} for run in (first, second))):
        raise UsageError(f"{where}: have other suites: {differences[0]}; evaluate both under the same suite")
    if a["seed"] != b["seed"]:
        raise UsageError(
            f"{where}: are not paired, their first seeds are {a['seed']} and {b['seed']}; "
            "evaluate both with the same --seed"
        )


def _refuse_other_policies(first: RunFolder, second: RunFolder, policies: tuple[str, ...]) -> None:
    for policy in policies:
        digests = [str(run.manifest["policies"][policy]["digest"])[:12] for run in (first, second)]
        if digests[0] != digests[1]:
            raise UsageError(
                f"{first.folder} and {second.folder}: policy {policy} is another one in each (digest {digests[0]} and "
                f"{digests[1]}); evaluate the same policy in both"
            )


def _build_pair(a: RunResults, b: RunResults, policies: tuple[str, ...]) -> WorldPair:
    known = {*b.list_conditions()}
    conditions = tuple(condition for condition in a.list_conditions() if condition in known)
    seeds = tuple(sorted({record.seed for results in a.results.values() for record in results.episodes}))
    tables = [results.tabulate(policies, conditions, seeds) for results in (a, b)]
    missing = np.isnan(tables[0]) | np.isnan(tables[1])
    names = _name_worlds(a.run, b.run)
    first, second = (
        SimulatedWorld(name, np.where(missing, np.nan, table)) for name, table in zip(names, tables, strict=True)
    )
    return _drop_empty(WorldPair(policies, conditions, seeds, first, second))


def _drop_empty(pair: WorldPair) -> WorldPair:
    """Drop the conditions and seeds without any pair of episodes."""
    if not isinstance(pair.b, SimulatedWorld):
        return pair
    present = ~np.isnan(pair.a.successes)
    columns, seeds = np.flatnonzero(present.any(axis=(0, 2))), np.flatnonzero(present.any(axis=(0, 1)))
    a, b = (replace(world, successes=world.successes[:, columns][..., seeds]) for world in (pair.a, pair.b))
    return WorldPair(
        pair.policies, tuple(pair.conditions[i] for i in columns), tuple(pair.seeds[i] for i in seeds), a, b
    )


def _refuse_without_episodes(pair: WorldPair, first: RunFolder, second: RunFolder) -> None:
    if not pair.shared.any():
        raise UsageError(
            f"{first.folder} and {second.folder}: share no condition in which every policy has an episode of the same "
            "seed in both; evaluate both to the end"
        )


def _name_worlds(first: RunFolder, second: RunFolder) -> tuple[str, str]:
    """Name the worlds by their engines, or by the folders of the runs if these do not tell them apart."""
    a, b = (
        "/".join(dict.fromkeys(read_engine_name(task) for task in run.manifest["tasks"].values()))
        for run in (first, second)
    )
    if a and b and a != b:
        return a, b
    a, b = first.folder.name, second.folder.name
    return (a, b) if a != b else (str(first.folder), str(second.folder))


def _build_notices(a: RunResults, b: RunResults, pair: WorldPair, differences: tuple[str, ...]) -> list[str]:
    notices = []
    if not differences and a.run.manifest["simulation"] == b.run.manifest["simulation"]:
        notices.append("Both runs declare the same world, so that their episodes are equal.")
    elif a.run.manifest["simulation"] != b.run.manifest["simulation"]:
        notices.append("The runs were made by different versions of the code or assets, which may differ as well.")
    left_out = [policy for policy in dict.fromkeys((*a.policies, *b.policies)) if policy not in pair.policies]
    if left_out:
        notices.append(f"Left out, without results in both worlds on every task: {join_names(left_out)}.")
    if missing := _count_missing(a, b, pair):
        notices.append(
            f"{format_count(missing, 'condition')} without paired episodes of every policy; evaluate both to the end "
            "to rank policies over them."
        )
    return notices


def _count_missing(a: RunResults, b: RunResults, pair: WorldPair) -> int:
    """Count the conditions that could affect every policy, but have no episodes of some."""
    affecting = [
        not any(results.is_irrelevant(policy, condition) for results in (a, b) for policy in pair.policies)
        for condition in pair.conditions
    ]
    return int(np.sum(affecting & ~pair.shared))
