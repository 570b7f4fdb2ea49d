"""Results of a real robot: a CSV file of successes and episodes by policy, task and condition."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mygym_lite.errors import UsageError, suggest
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.studies.fidelity.run_world import RunResults, require_policies
from mygym_lite.studies.fidelity.world_pair import Condition, CountedWorld, SimulatedWorld, WorldPair

COLUMNS = ("policy", "task", "condition", "successes", "episodes")
_EXAMPLE = "grasp_bc,grasp,friction 3,7,10"


@dataclass(frozen=True)
class RealCount:
    """One line of the file.

    Args:
        line: Number of the line.
        policy: Label of the policy, as in the run.
        task: Name of the task, as in the run.
        condition: ``nominal``, or axis and severity: ``friction 3``.
        successes: Number of successful episodes.
        episodes: Number of episodes.
    """

    line: int
    policy: str
    task: str
    condition: str
    successes: int
    episodes: int


def read_real_results(path: Path) -> list[RealCount]:
    """Read the file; empty lines and those that begin with ``#`` are skipped.

    Raises:
        UsageError: It cannot be read, or a line is malformed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise UsageError(
            f"{path}: cannot be read ({reason}); name a CSV file with the columns {_join(COLUMNS)}"
        ) from error
    try:
        counts = list(_parse(path, text))
    except csv.Error as error:
        raise UsageError(f"{path}: is not a CSV file ({error}); write lines such as {_EXAMPLE}") from error
    if not counts:
        raise UsageError(f"{path}: has no line of results; add lines such as {_EXAMPLE}")
    return counts


def _join(names: tuple[str, ...]) -> str:
    return ",".join(names)


def _parse(path: Path, text: str) -> Iterator[RealCount]:
    reader = csv.reader(("" if line.startswith("#") else line for line in text.splitlines()), strict=True)
    rows = (cells for cells in reader if any(cell.strip() for cell in cells))
    header = [name.strip() for name in next(rows, [])]
    _check_header(f"{path}: line {max(1, reader.line_num)}", header)
    lines: dict[tuple[str, str, str], int] = {}
    for cells in rows:
        count = _parse_line(path, reader.line_num, header, cells)
        key = (count.policy, count.task, count.condition)
        if key in lines:
            raise UsageError(
                f"{path}: line {count.line}: repeats {', '.join(key)} of line {lines[key]}; "
                "add the counts up in one line"
            )
        lines[key] = count.line
        yield count


def _check_header(where: str, header: list[str]) -> None:
    for name in COLUMNS:
        if name not in header:
            raise UsageError(f"{where}: column '{name}' is missing; begin with the line {_join(COLUMNS)}")
    for name in header:
        if name not in COLUMNS or header.count(name) > 1:
            problem = "unknown" if name not in COLUMNS else "repeated"
            raise UsageError(f"{where}: {problem} column '{name}'; keep only {_join(COLUMNS)}")


def _parse_line(path: Path, line: int, header: list[str], cells: list[str]) -> RealCount:
    if len(cells) != len(header):
        raise UsageError(
            f"{path}: line {line}: has {len(cells)} cells instead of {len(header)}; write for example {_EXAMPLE}"
        )
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    for name in ("policy", "task", "condition"):
        if not values[name]:
            raise UsageError(f"{path}: line {line}: {name}: is empty; write for example {_EXAMPLE}")
    successes, episodes = (_parse_count(path, line, name, values[name]) for name in ("successes", "episodes"))
    if episodes < 1:
        raise UsageError(f"{path}: line {line}: episodes: must be at least 1, got {episodes}; remove the line")
    if successes > episodes:
        raise UsageError(
            f"{path}: line {line}: successes: {successes} are more than episodes, {episodes}; exchange or correct them"
        )
    return RealCount(line, values["policy"], values["task"], " ".join(values["condition"].split()), successes, episodes)


def _parse_count(path: Path, line: int, name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise UsageError(
            f"{path}: line {line}: {name}: must be a whole number of episodes, got '{text}'; count, no rates"
        )
    return int(text)


@dataclass(frozen=True)
class RealPairing:
    """A run and results of a real robot.

    Args:
        a: Results of the run.
        pair: Outcomes of both.
        notices: Reservations for the reader.
    """

    a: RunResults
    pair: WorldPair
    notices: tuple[str, ...]


def pair_with_real(run: RunFolder, path: Path) -> RealPairing:
    """Pair a run with results of a real robot, by policy, task and condition.

    Raises:
        UsageError: The file is malformed, or names what the run does not have; they share fewer than three policies.
    """
    counts = read_real_results(path)
    a = RunResults(run)
    conditions = a.list_conditions()
    by_name = {(condition.task, condition.name): condition for condition in conditions}
    for count in counts:
        _check_names(path, count, a, by_name)
    measured = {count.policy for count in counts} - {*a.list_failed_policies()}
    policies = tuple(policy for policy in a.policies if policy in measured)
    require_policies(policies, f"{run.folder} and {path}")
    seeds = tuple(sorted({record.seed for results in a.results.values() for record in results.episodes}))
    simulated = SimulatedWorld(run.folder.name, a.tabulate(policies, conditions, seeds))
    pair = WorldPair(policies, conditions, seeds, simulated, _build_world(path, counts, policies, conditions))
    if not pair.shared.any():
        raise UsageError(
            f"{run.folder} and {path}: share no condition with episodes of every policy ({', '.join(policies)}) in "
            "both; add the missing lines, such as nominal of each"
        )
    return RealPairing(a, pair, tuple(_build_notices(a, pair, counts)))


def _check_names(path: Path, count: RealCount, a: RunResults, conditions: dict[tuple[str, str], Condition]) -> None:
    where = f"{path}: line {count.line}"
    if count.policy not in a.policies:
        raise UsageError(f"{where}: policy: {a.run.folder} has no '{count.policy}'{suggest(count.policy, a.policies)}")
    if count.task not in a.tasks:
        raise UsageError(f"{where}: task: {a.run.folder} has no '{count.task}'{suggest(count.task, a.tasks)}")
    if (count.task, count.condition) not in conditions:
        names = [name for task, name in conditions if task == count.task]
        raise UsageError(
            f"{where}: condition: {a.run.folder} has no '{count.condition}' of {count.task}"
            f"{suggest(count.condition, names)}"
        )


def _build_world(
    path: Path, counts: list[RealCount], policies: tuple[str, ...], conditions: tuple[Condition, ...]
) -> CountedWorld:
    columns = {(condition.task, condition.name): column for column, condition in enumerate(conditions)}
    successes, episodes = (np.zeros((len(policies), len(conditions)), dtype=np.int64) for _ in range(2))
    for count in counts:
        if count.policy in policies:
            cell = policies.index(count.policy), columns[count.task, count.condition]
            successes[cell], episodes[cell] = count.successes, count.episodes
    return CountedWorld(path.stem, successes, episodes)


def _build_notices(a: RunResults, pair: WorldPair, counts: list[RealCount]) -> list[str]:
    notices = ["The episodes of the real robot are counts: they are not paired with simulated ones by seed."]
    left_out = [policy for policy in dict.fromkeys(count.policy for count in counts) if policy not in pair.policies]
    if left_out:
        notices.append(f"Left out, since it broke in every simulated episode: {', '.join(left_out)}.")
    by_name = {(condition.task, condition.name): condition for condition in pair.conditions}
    unmatched = [
        f"line {count.line} ({count.policy}, {count.condition})"
        for count in counts
        if count.policy in pair.policies and not a.get_records(count.policy, by_name[count.task, count.condition])
    ]
    if unmatched:
        notices.append(
            "Not compared, since the axis cannot affect the policy in simulation, or has no episode: "
            f"{', '.join(unmatched)}."
        )
    return notices
