"""Loss of success along the axes of a suite, as the mean of a panel of policies, by task and by family of tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from mygym_lite.config.task import FAMILIES
from mygym_lite.studies.difficulty.policy_names import MIN_SUCCESS
from mygym_lite.studies.markdown_table import Marks, format_markdown
from mygym_lite.studies.result_files import Result

MARKS = Marks.for_study("difficulty --axes")
_NOTICEABLE, _HARSH = 0.1, 0.2  # drops of success


@dataclass(frozen=True)
class AxisDrops:
    """Drop of success along one axis, by severity and task: nominal success minus success, mean of the panel."""

    axis: str
    group: str
    by_task: dict[tuple[int, str], float]
    families: dict[str, str]
    """Family of each task."""

    @property
    def severities(self) -> list[int]:
        """Severities that were measured, in order."""
        return sorted({severity for severity, _ in self.by_task})

    def average_families(self, severity: int) -> dict[str, float]:
        """Average the drop at a severity over the tasks of each family."""
        values: dict[str, list[float]] = {}
        for (level, task), drop in self.by_task.items():
            if level == severity:
                values.setdefault(self.families[task], []).append(drop)
        return {family: mean(values[family]) for family in FAMILIES if family in values}

    @property
    def is_flat(self) -> bool:
        """True if success drops noticeably on no task at any severity."""
        return all(drop < _NOTICEABLE for drop in self.by_task.values())

    @property
    def is_hard_at_last(self) -> bool:
        """True if success drops noticeably on a family of tasks at the last severity."""
        return max(self.average_families(self.severities[-1]).values()) >= _NOTICEABLE

    @property
    def harsh_tasks(self) -> list[str]:
        """Tasks on which success drops much at the first severity."""
        first = self.severities[0]
        return [task for (severity, task), drop in self.by_task.items() if severity == first and drop > _HARSH]


def compute_drops(results: Sequence[Result]) -> list[AxisDrops]:
    """Compute the drops along each axis from the results of all tasks."""
    families = {result["task"]: result["family"] for result in results}
    values: dict[str, dict[tuple[int, str], list[float]]] = {}
    groups: dict[str, str] = {}
    for task, axis, entry, drops in _iterate_drops(results):
        groups[axis] = entry["group"]
        for severity, drop in drops.items():
            values.setdefault(axis, {}).setdefault((severity, task), []).append(drop)
    return [
        AxisDrops(axis, groups[axis], {key: mean(drops) for key, drops in by_task.items()}, families)
        for axis, by_task in values.items()
    ]


def _iterate_drops(results: Sequence[Result]) -> Iterator[tuple[str, str, dict[str, Any], dict[int, float]]]:
    """Iterate over tasks, policies and the axes that can affect these, with the drop at each severity."""
    for result in results:
        for measured in result["policies"].values():
            if "robustness" not in measured or measured["nominal"]["success"]["value"] < MIN_SUCCESS:
                continue
            robustness = measured["robustness"]
            for axis, entry in robustness["axes"].items():
                if entry["relevant"]:
                    nominal, rates = robustness["nominal_success"], entry["success_by_severity"]
                    yield result["task"], axis, entry, {int(level): nominal - rate for level, rate in rates.items()}


def format_drops(axes: Sequence[AxisDrops]) -> str:
    """Format the drop at the last severity by family, in points, and the tasks that are harsh at the first."""
    rows = []
    for axis in axes:
        drops = axis.average_families(axis.severities[-1])
        cells = [f"{100 * drops[family]:.0f}" if family in drops else "-" for family in FAMILIES]
        rows.append([axis.group, f"`{axis.axis}`", *cells, " ".join(axis.harsh_tasks) or "-"])
    return format_markdown(("group", "axis", *FAMILIES, "tasks harsh at the first severity"), rows) + _summarize(axes)


def _summarize(axes: Sequence[AxisDrops]) -> str:
    flat = [axis.axis for axis in axes if axis.is_flat]
    hard = sum(axis.is_hard_at_last for axis in axes)
    harsh = sum(len(axis.harsh_tasks) for axis in axes)
    pairs = sum(len({task for _, task in axis.by_task}) for axis in axes)
    return (
        f"\n{hard} of {len(axes)} axes lower success by {100 * _NOTICEABLE:.0f} points or more on a family of tasks at "
        f"the last severity; {harsh} of {pairs} pairs of axis and task lower it by more than {100 * _HARSH:.0f} points "
        f"at the first; flat on every task: {', '.join(flat) or 'none'}.\n"
    )
