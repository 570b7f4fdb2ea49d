"""Suites: axes along which the world may differ from the declared one, each in graded levels, as conditions to test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from mygym_lite import paths as shipped
from mygym_lite.config.field_path import check_spelling, find_paths
from mygym_lite.config.task import Task
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import Variation, parse_variation
from mygym_lite.errors import UsageError, suggest
from mygym_lite.rng import make_stream
from mygym_lite.schema import Location, build, quantity, read_toml, require_schema


@dataclass(frozen=True)
class AxisCombination:
    """How many axes of another suite differ together at each level, and how much each."""

    suite: str = quantity(doc="where the axes are declared")
    severity: int = quantity(2, low=1, high=5, doc="level of each axis")
    counts: tuple[int, ...] = quantity((2, 3, 4, 5), low=1, high=100, doc="axes at each level, from the first")
    then_all: bool = field(default=True, metadata={"doc": "one level more, at which all of them differ"})

    @property
    def axis_counts(self) -> tuple[int, ...]:
        """How many axes differ at each level; 0 are all."""
        return (*self.counts, 0) if self.then_all else self.counts


@dataclass(frozen=True)
class AxisVariations:
    """What one axis changes, and at which concrete paths."""

    axis: str
    variations: tuple[Variation, ...]
    paths: frozenset[str]


def select_axes(axes: Sequence[AxisVariations], count: int, seed: int) -> tuple[AxisVariations, ...]:
    """So many of them, or all (0), in a random order; of two that would change the same thing, only the first.

    The same seed adds to what it chose for a smaller count.
    """
    found: list[AxisVariations] = []
    taken: set[str] = set()
    for place in make_stream(seed, "combine").permutation(len(axes)).tolist():
        if count and len(found) == count:
            break
        if taken.isdisjoint(axes[place].paths):
            found.append(axes[place])
            taken |= axes[place].paths
    return tuple(found)


Changes = dict[str, dict[str, list[Any]]]
NOMINAL = "nominal"
SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Axis:
    """One way in which the world may differ; every verb has an argument for each level."""

    name: str
    group: str
    about: str
    changes: Changes
    needs: tuple[str, ...] = ()
    observes: tuple[str, ...] = ()
    severities: tuple[int, ...] = SEVERITIES
    location: Location = field(default=Location("suite"), compare=False)

    def build_variations(self, task: Task, severity: int) -> tuple[Variation, ...] | None:
        """What differs at a level; None where the task has nothing that this axis speaks of."""
        if not self._applies(task):
            return None
        place = self.severities.index(severity)
        found = tuple(
            parse_variation(path, {verb: arguments[place]}, self.location.at("changes", path))
            for path, change in self.changes.items()
            for verb, arguments in change.items()
            if find_paths(task, path)
        )
        return found or None

    def _applies(self, task: Task) -> bool:
        terms = {call.get("term") for group in task.observe.values() for call in group.values()}
        return all(find_paths(task, path) for path in self.needs) and (
            not self.observes or bool(terms.intersection(self.observes))
        )


@dataclass(frozen=True)
class Condition:
    """One level of one axis on one task; ``axis_variations`` is None where the axis is not applicable to it."""

    axis: str
    severity: int
    group: str
    axis_variations: tuple[AxisVariations, ...] | None
    count: int | None = None

    @property
    def applicable(self) -> bool:
        """Whether the task has what this condition is about."""
        return self.axis_variations is not None

    @property
    def variations(self) -> tuple[Variation, ...] | None:
        """What differs in every episode; None where it is not applicable."""
        if self.count is not None:
            raise UsageError(
                f"condition {self.axis} {self.severity}: is drawn for each episode; use variations_for(seed)"
            )
        return (
            None if self.axis_variations is None else tuple(v for part in self.axis_variations for v in part.variations)
        )

    def get_variations(self, seed: int) -> tuple[Variation, ...]:
        """What differs in one episode."""
        return tuple(v for part in self.select_axis_variations(seed) for v in part.variations)

    def list_axes(self, seed: int) -> tuple[str, ...]:
        """The axes along which one episode differs."""
        return tuple(part.axis for part in self.select_axis_variations(seed))

    def select_axis_variations(self, seed: int) -> tuple[AxisVariations, ...]:
        """Axes with their variations in one episode."""
        if self.axis_variations is None:
            raise UsageError(f"condition {self.axis} {self.severity}: is not applicable to this task")
        return self.axis_variations if self.count is None else select_axes(self.axis_variations, self.count, seed)


@dataclass(frozen=True)
class Suite:
    """Axes, and at which of their levels they are tested."""

    name: str
    about: str
    axes: tuple[Axis, ...]
    severities: tuple[int, ...] = SEVERITIES
    combine: AxisCombination | None = None

    def build_conditions(self, task: Task) -> tuple[Condition, ...]:
        """Every condition on a task, the nominal one first.

        Raises:
            SpecError: A level leaves the bounds of what it changes.
        """
        nominal = Condition(NOMINAL, 0, NOMINAL, ())
        if self.combine is None:
            return (nominal, *(self._condition(axis, level, task) for axis in self.axes for level in self.severities))
        parts = tuple(part for axis in self.axes if (part := _part(axis, self.combine.severity, task)) is not None)
        return (
            nominal,
            *(Condition(self.name, level, self.name, parts, count)
              for level, count in enumerate(self.combine.axis_counts, start=1)),
        )  # fmt: skip

    def _condition(self, axis: Axis, level: int, task: Task) -> Condition:
        part = _part(axis, level, task)
        return Condition(axis.name, level, axis.group, None if part is None else (part,))


def _part(axis: Axis, level: int, task: Task) -> AxisVariations | None:
    variations = axis.build_variations(task, level)
    if variations is None:
        return None
    check_variations(task, variations, axis.location.at("changes"))
    return AxisVariations(
        axis.name, variations, frozenset(path for v in variations for path in find_paths(task, v.path))
    )


@dataclass(frozen=True)
class _AxisTable:
    group: str = quantity(doc="what kind of difference it is")
    about: str = quantity(doc="one sentence")
    changes: dict[str, dict[str, object]] = quantity(doc="path = { verb = [an argument for each level] }")
    needs: tuple[str, ...] = quantity((), doc="paths that a task must have")
    observes: tuple[str, ...] = quantity((), doc="observation terms of which a task must show one")


@dataclass(frozen=True)
class _Selection:
    suite: str = quantity(doc="where the axes are declared")
    axes: tuple[str, ...] = quantity(doc="which of them")


@dataclass(frozen=True)
class _SuiteTable:
    name: str = quantity(doc="name, as the file's")
    about: str = quantity(doc="one sentence")
    severities: tuple[int, ...] = quantity(SEVERITIES, low=1, high=5, doc="which levels, 1 to 5")
    axes: dict[str, _AxisTable] = field(default_factory=dict, metadata={"doc": "axes of its own"})
    select: _Selection | None = field(default=None, metadata={"doc": "axes of another suite"})
    combine: AxisCombination | None = field(default=None, metadata={"doc": "several axes of another suite at once"})


def list_suites() -> tuple[str, ...]:
    """The shipped suites."""
    return shipped.list_names(shipped.get_evaluation_folder() / "suites")


def load_suite(name_or_path: str | PathLike[str]) -> Suite:
    """Load a suite by its shipped name or by the path of its file.

    Raises:
        SpecError: The file names a field that no task has, or the levels do not fit.
    """
    return _load(shipped.find_file(shipped.get_evaluation_folder() / "suites", name_or_path), ())


def _load(file: Path, within: tuple[Path, ...]) -> Suite:
    """Load a suite that is selected by those it is within."""
    where = Location(file.name)
    table = build(_SuiteTable, require_schema(read_toml(file), where), where)
    if table.name != file.stem:
        raise where.at("name").error(f"is '{table.name}' in the file '{file.name}'; make them equal")
    if not table.severities or list(table.severities) != sorted(set(table.severities)):
        raise where.at("severities").error(f"is {list(table.severities)}; give some of 1 to 5, each once and in order")
    own = tuple(_axis(name, axis, table.severities, where.at("axes", name)) for name, axis in table.axes.items())
    within = (*within, file.absolute())
    if table.combine is not None:
        other = _other(table.combine.suite, within, where.at("combine", "suite"))
        return Suite(table.name, table.about, other.axes, combine=table.combine)
    return Suite(table.name, table.about, own + _selected(table, within, where), table.severities)


def _other(name: str, within: tuple[Path, ...], where: Location) -> Suite:
    """The suite that another one takes its axes from."""
    file = shipped.find_file(shipped.get_evaluation_folder() / "suites", name)
    if file.absolute() in within:
        cycle = " -> ".join(path.stem for path in (*within[within.index(file.absolute()) :], file))
        raise where.error(f"leads back to where it began, {cycle}; name a suite with axes of its own")
    return _load(file, within)


def _axis(name: str, table: _AxisTable, levels: tuple[int, ...], where: Location) -> Axis:
    changes: Changes = {}
    for path, change in table.changes.items():
        place = where.at("changes", path)
        check_spelling(path, place)
        changes[path] = {verb: _levels(path, verb, by, len(levels), place) for verb, by in change.items()}
        if len(change) != 1:
            raise place.error(f"has {len(change)} verbs; write exactly one")
    for path in table.needs:
        check_spelling(path, where.at("needs"))
    if not changes:
        raise where.at("changes").error("is empty; say what differs")
    return Axis(name, table.group, table.about, changes, table.needs, table.observes, levels, where)


def _levels(path: str, verb: str, arguments: object, count: int, where: Location) -> list[Any]:
    if not isinstance(arguments, list) or len(arguments) != count:
        found = f"{len(arguments)} levels" if isinstance(arguments, list) else f"{arguments!r}"
        raise where.at(verb).error(f"has {found}, the suite has {count}; write a list with one argument for each level")
    for argument in arguments:
        parse_variation(path, {verb: argument}, where)
    return arguments


def _selected(table: _SuiteTable, within: tuple[Path, ...], where: Location) -> tuple[Axis, ...]:
    if table.select is None:
        return ()
    other = _other(table.select.suite, within, where.at("select", "suite"))
    known = {axis.name: axis for axis in other.axes}
    for name in table.select.axes:
        if name not in known:
            raise where.at("select", "axes").error(f"no axis '{name}' in {table.select.suite}{suggest(name, known)}")
    return tuple(known[name] for name in table.select.axes)


def group_axes(axes: tuple[Axis, ...]) -> Mapping[str, list[str]]:
    """The names of axes, by group, in order."""
    groups: dict[str, list[str]] = {}
    for axis in axes:
        groups.setdefault(axis.group, []).append(axis.name)
    return groups
