"""Perturbation suites: axes along which a task is varied, in graded severities, and the conditions to evaluate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mygym_lite.config.field_path import find_paths
from mygym_lite.config.task import Task
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import Variation, parse_variation
from mygym_lite.errors import UsageError
from mygym_lite.rng import make_stream
from mygym_lite.schema import Location, quantity


@dataclass(frozen=True)
class AxisCombination:
    """Simultaneous perturbation along several axes of another suite."""

    suite: str = quantity(doc="suite that declares the axes")
    severity: int = quantity(2, low=1, high=5, doc="severity of each axis")
    counts: tuple[int, ...] = quantity((2, 3, 4, 5), low=1, high=100, doc="number of axes at each severity, from 1")
    then_all: bool = field(default=True, metadata={"doc": "adds a severity at which all axes are perturbed"})

    @property
    def axis_counts(self) -> tuple[int, ...]:
        """Number of axes at each severity; 0 means all."""
        return (*self.counts, 0) if self.then_all else self.counts


@dataclass(frozen=True)
class AxisVariations:
    """The variations of one axis, and the concrete paths that they change."""

    axis: str
    variations: tuple[Variation, ...]
    paths: frozenset[str]


def select_axes(axes: Sequence[AxisVariations], count: int, seed: int) -> tuple[AxisVariations, ...]:
    """Select `count` axes, or all (0), in a random order, skipping those that change a path already taken.

    For one seed, a larger count extends the selection of a smaller one.
    """
    selected: list[AxisVariations] = []
    taken: set[str] = set()
    for index in make_stream(seed, "combine").permutation(len(axes)).tolist():
        if count and len(selected) == count:
            break
        if taken.isdisjoint(axes[index].paths):
            selected.append(axes[index])
            taken |= axes[index].paths
    return tuple(selected)


Changes = dict[str, dict[str, list[Any]]]
NOMINAL = "nominal"
SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Axis:
    """One direction of perturbation; each verb has an argument for each severity."""

    name: str
    group: str
    about: str
    changes: Changes
    needs: tuple[str, ...] = ()
    observes: tuple[str, ...] = ()
    severities: tuple[int, ...] = SEVERITIES
    location: Location = field(default=Location("suite"), compare=False)

    def build_variations(self, task: Task, severity: int) -> tuple[Variation, ...] | None:
        """Build the variations at a severity; None if the axis does not apply to the task."""
        if not self._is_applicable(task):
            return None
        index = self.severities.index(severity)
        variations = tuple(
            parse_variation(path, {verb: arguments[index]}, self.location.at("changes", path))
            for path, change in self.changes.items()
            for verb, arguments in change.items()
            if find_paths(task, path)
        )
        return variations or None

    def select_variations(self, task: Task, severity: int) -> AxisVariations | None:
        """Build and validate the variations at a severity; None if the axis does not apply to the task."""
        variations = self.build_variations(task, severity)
        if variations is None:
            return None
        check_variations(task, variations, self.location.at("changes"))
        paths = frozenset(path for v in variations for path in find_paths(task, v.path))
        return AxisVariations(self.name, variations, paths)

    def _is_applicable(self, task: Task) -> bool:
        terms = {call.get("term") for group in task.observe.values() for call in group.values()}
        return all(find_paths(task, path) for path in self.needs) and (
            not self.observes or bool(terms.intersection(self.observes))
        )


@dataclass(frozen=True)
class Condition:
    """One severity of one axis on one task; ``axis_variations`` is None if the axis does not apply to the task."""

    axis: str
    severity: int
    group: str
    axis_variations: tuple[AxisVariations, ...] | None
    count: int | None = None

    @property
    def applicable(self) -> bool:
        """True if the axis applies to the task."""
        return self.axis_variations is not None

    @property
    def variations(self) -> tuple[Variation, ...] | None:
        """Variations of all episodes; None if the condition is not applicable."""
        if self.count is not None:
            raise UsageError(
                f"condition {self.axis} {self.severity}: is sampled for each episode; use get_variations(seed)"
            )
        if self.axis_variations is None:
            return None
        return tuple(v for axis in self.axis_variations for v in axis.variations)

    def get_variations(self, seed: int) -> tuple[Variation, ...]:
        """Return the variations of one episode."""
        return tuple(v for axis in self.select_axis_variations(seed) for v in axis.variations)

    def list_axes(self, seed: int) -> tuple[str, ...]:
        """List the axes of perturbation of one episode."""
        return tuple(axis.axis for axis in self.select_axis_variations(seed))

    def select_axis_variations(self, seed: int) -> tuple[AxisVariations, ...]:
        """Return the axes of one episode, with their variations."""
        if self.axis_variations is None:
            raise UsageError(f"condition {self.axis} {self.severity}: is not applicable to this task")
        return self.axis_variations if self.count is None else select_axes(self.axis_variations, self.count, seed)


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
            candidates = [axis.select_variations(task, self.combine.severity) for axis in self.axes]
            applicable = tuple(candidate for candidate in candidates if candidate is not None)
            for severity, count in enumerate(self.combine.axis_counts, start=1):
                conditions.append(Condition(self.name, severity, self.name, applicable, count))
        return tuple(conditions)


def group_axes(axes: tuple[Axis, ...]) -> Mapping[str, list[str]]:
    """List the names of axes by group, in order."""
    groups: dict[str, list[str]] = {}
    for axis in axes:
        groups.setdefault(axis.group, []).append(axis.name)
    return groups
