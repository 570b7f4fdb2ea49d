"""Numbering of a run's episodes by its manifest alone: records of another run are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mygym_lite.randomization.suite import NOMINAL, AxisCombination
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.schema import Location, build

CellKey = tuple[str, str, str, str, int]
"""Policy, task, suite, axis and severity, as in ``EpisodeRecord.condition``."""


class EpisodeNumbering:
    """The cells of a run in the order of its plan.

    Args:
        manifest: Manifest of the run.
    """

    def __init__(self, manifest: dict[str, Any]) -> None:
        self._first_seed = int(manifest["seed"])
        self._number = {cell: number for number, cell in enumerate(_iterate_cells(manifest))}

    def find_mismatch(self, record: EpisodeRecord) -> str | None:
        """Return the reason why a record is not of this run; None if it is."""
        cell = self._number.get(record.condition)
        if cell is None:
            policy, task, suite, axis, severity = record.condition
            return f"is of {policy} on {task} under {suite}, {axis} {severity}, which the manifest does not plan"
        seed_index, cell_index = divmod(record.episode, len(self._number))
        if (self._first_seed + seed_index, cell_index) == (record.seed, cell):
            return None
        return f"has number {record.episode} and seed {record.seed}, which do not fit the plan of the manifest"


def _iterate_cells(manifest: dict[str, Any]) -> Iterator[CellKey]:
    suite = manifest["suite"]
    for task in manifest["tasks"]:
        conditions = [(NOMINAL, 0), *_iterate_conditions(suite, task)]
        for policy in manifest["policies"]:
            for axis, severity in conditions:
                yield policy, task, suite["name"], axis, severity


def _iterate_conditions(suite: dict[str, Any], task: str) -> Iterator[tuple[str, int]]:
    """Yield every condition but the nominal one."""
    if combine := suite.get("combine"):
        counts = build(AxisCombination, combine, Location("manifest.json", ("suite", "combine"))).axis_counts
        yield from ((suite["name"], severity) for severity in range(1, len(counts) + 1))
        return
    for axis in suite["axes"]:
        if axis["applicable"][task]:
            yield from ((axis["name"], severity) for severity in suite["severities"])
