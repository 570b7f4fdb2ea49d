"""Perturbation suites: axes along which a task is varied, in graded severities, and the conditions to evaluate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.randomization.axis import SEVERITIES, Axis, AxisVariations
from mygym_lite.randomization.condition import NOMINAL, Condition, SampledCondition
from mygym_lite.schema import quantity


@dataclass(frozen=True)
class AxisCombination:
    """Simultaneous perturbation along several axes of another suite."""

    suite: str = quantity(doc="suite that declares the axes")
    axes: tuple[str, ...] = quantity((), doc="their names; all if left out")
    severity: int = quantity(2, low=1, high=5, doc="severity of each axis")
    counts: tuple[int, ...] = quantity((2, 3, 4, 5), low=1, high=100, doc="number of axes at each severity, from 1")
    then_all: bool = field(default=True, metadata={"doc": "adds a severity at which all axes are perturbed"})
    sampled_up_to: float | None = quantity(
        None, low=0.1, high=5, doc="instead of these three: all axes at severities sampled from 0 to this"
    )

    @property
    def axis_counts(self) -> tuple[int, ...]:
        """Number of axes at each severity; 0 means all."""
        if self.sampled_up_to is not None:
            return (0,)
        return (*self.counts, 0) if self.then_all else self.counts


@dataclass(frozen=True)
class Suite:
    """A set of axes, and the severities to evaluate."""

    name: str
    about: str
    axes: tuple[Axis, ...]
    severities: tuple[int, ...] = SEVERITIES
    combine: AxisCombination | None = None
    version: int = 1

    def build_conditions(self, task: Task) -> tuple[Condition, ...]:
        """Build all conditions on a task, the nominal one first.

        Raises:
            ConfigError: A variation leaves the bounds of its field.
        """
        conditions = [Condition(NOMINAL, 0, NOMINAL, ())]
        if self.combine is None:
            for axis in self.axes:
                for severity in self.severities:
                    selected = axis.select_variations(task, severity)
                    variations = None if selected is None else (selected,)
                    conditions.append(Condition(axis.name, severity, axis.group, variations))
        else:
            conditions += self._combine_axes(self.combine, task)
        return tuple(conditions)

    def _combine_axes(self, combine: AxisCombination, task: Task) -> list[Condition]:
        """Build the conditions of several axes at once, of those that apply to the task."""
        highest = combine.sampled_up_to
        candidates = [(axis, axis.select_variations(task, highest or combine.severity)) for axis in self.axes]
        applicable = {axis.name: (axis, variations) for axis, variations in candidates if variations is not None}
        variations = tuple(variations for _, variations in applicable.values())
        if highest is None:
            return [
                Condition(self.name, severity, self.name, variations, count)
                for severity, count in enumerate(combine.axis_counts, start=1)
            ]
        self._require_disjoint(variations, task)
        axes = tuple(axis for axis, _ in applicable.values())
        return [SampledCondition(self.name, 1, self.name, variations, task=task, axes=axes, highest=highest)]

    def _require_disjoint(self, axes: Sequence[AxisVariations], task: Task) -> None:
        """Refuse two axes that change one field: each would hide the other."""
        changed: dict[str, str] = {}
        for axis in axes:
            for path in sorted(axis.paths):
                if other := changed.get(path):
                    raise UsageError(
                        f"suite {self.name}: {other} and {axis.axis} both change {path} of {task.name}; leave one out"
                    )
                changed[path] = axis.axis


def group_axes(axes: tuple[Axis, ...]) -> Mapping[str, list[str]]:
    """List the names of axes by group, in order."""
    groups: dict[str, list[str]] = {}
    for axis in axes:
        groups.setdefault(axis.group, []).append(axis.name)
    return groups
