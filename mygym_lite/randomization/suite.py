"""Perturbation suites: axes along which a task is varied, in graded severities, and the conditions to evaluate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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


@dataclass(frozen=True)
class _AxisTable:
    group: str = quantity(doc="group of axes in reports")
    about: str = quantity(doc="one sentence")
    changes: dict[str, dict[str, object]] = quantity(doc="path = { verb = [an argument for each severity] }")
    needs: tuple[str, ...] = quantity((), doc="paths that a task must have")
    observes: tuple[str, ...] = quantity((), doc="observation terms of which a task must have one")


@dataclass(frozen=True)
class _Selection:
    suite: str = quantity(doc="suite that declares the axes")
    axes: tuple[str, ...] = quantity(doc="names of the axes")
    also: dict[str, object] = field(
        default_factory=dict, metadata={"doc": "path = value, changed along all of these axes as well"}
    )
    suffix: str = quantity("", doc="appended to their names")


@dataclass(frozen=True)
class _SuiteTable:
    name: str = quantity(doc="name, as the file's")
    about: str = quantity(doc="one sentence")
    severities: tuple[int, ...] = quantity(SEVERITIES, low=1, high=5, doc="severities to evaluate, 1 to 5")
    axes: dict[str, _AxisTable] = field(default_factory=dict, metadata={"doc": "axes declared here"})
    select: tuple[_Selection, ...] = field(default=(), metadata={"doc": "axes of other suites"})
    combine: AxisCombination | None = field(
        default=None, metadata={"doc": "simultaneous perturbation along axes of another suite"}
    )


def list_suites() -> tuple[str, ...]:
    """List the names of the shipped suites."""
    return shipped.list_names(shipped.get_evaluation_folder() / "suites")


def load_suite(name_or_path: str | PathLike[str]) -> Suite:
    """Load a suite by its shipped name or by the path of its file.

    Raises:
        ConfigError: The file names an unknown field, or severities and arguments do not match.
    """
    return _load(shipped.find_file(shipped.get_evaluation_folder() / "suites", name_or_path), ())


def _load(file: Path, parents: tuple[Path, ...]) -> Suite:
    """Load a suite that the suites in `parents` refer to."""
    where = Location(file.name)
    table = build(_SuiteTable, require_schema(read_toml(file), where), where)
    if table.name != file.stem:
        raise where.at("name").error(f"is '{table.name}' in the file '{file.name}'; make them equal")
    if not table.severities or list(table.severities) != sorted(set(table.severities)):
        raise where.at("severities").error(f"is {list(table.severities)}; give some of 1 to 5, each once and in order")
    own = tuple(_build_axis(name, axis, table.severities, where.at("axes", name)) for name, axis in table.axes.items())
    parents = (*parents, file.absolute())
    if table.combine is not None:
        source = _load_source(table.combine.suite, parents, where.at("combine", "suite"))
        return Suite(table.name, table.about, source.axes, combine=table.combine)
    for number, selection in enumerate(table.select):
        own += _select_axes(selection, parents, where.at("select", str(number)))
    _require_unique(own, where)
    return Suite(table.name, table.about, own, table.severities)


def _load_source(name: str, parents: tuple[Path, ...], where: Location) -> Suite:
    """Load the suite that another one takes its axes from."""
    file = shipped.find_file(shipped.get_evaluation_folder() / "suites", name)
    if file.absolute() in parents:
        cycle = " -> ".join(path.stem for path in (*parents[parents.index(file.absolute()) :], file))
        raise where.error(f"refers back to itself, {cycle}; name a suite with axes of its own")
    return _load(file, parents)


def _build_axis(name: str, table: _AxisTable, severities: tuple[int, ...], where: Location) -> Axis:
    changes: Changes = {}
    for path, change in table.changes.items():
        location = where.at("changes", path)
        check_spelling(path, location)
        changes[path] = {
            verb: _check_arguments(path, verb, arguments, len(severities), location)
            for verb, arguments in change.items()
        }
        if len(change) != 1:
            raise location.error(f"has {len(change)} verbs; write exactly one")
    for path in table.needs:
        check_spelling(path, where.at("needs"))
    if not changes:
        raise where.at("changes").error("is empty; say what differs")
    return Axis(
        name,
        table.group,
        table.about,
        changes,
        needs=table.needs,
        observes=table.observes,
        severities=severities,
        location=where,
    )


def _check_arguments(path: str, verb: str, arguments: object, count: int, where: Location) -> list[Any]:
    if not isinstance(arguments, list) or len(arguments) != count:
        given = f"{len(arguments)} levels" if isinstance(arguments, list) else f"{arguments!r}"
        raise where.at(verb).error(f"has {given}, the suite has {count}; write a list with one argument for each level")
    for argument in arguments:
        parse_variation(path, {verb: argument}, where)
    return arguments


def _select_axes(selection: _Selection, parents: tuple[Path, ...], where: Location) -> tuple[Axis, ...]:
    source = _load_source(selection.suite, parents, where.at("suite"))
    known = {axis.name: axis for axis in source.axes}
    for name in selection.axes:
        if name not in known:
            raise where.at("axes").error(f"no axis '{name}' in {selection.suite}{suggest(name, known)}")
    for path in selection.also:
        check_spelling(path, where.at("also", path))
    return tuple(_adapt(known[name], selection) for name in selection.axes)


def _adapt(axis: Axis, selection: _Selection) -> Axis:
    """Return a selected axis under its new name, with other fields changed along with its own at every severity."""
    also: Changes = {path: {"value": [value] * len(axis.severities)} for path, value in selection.also.items()}
    return replace(axis, name=f"{axis.name}{selection.suffix}", changes={**also, **axis.changes})


def _require_unique(axes: tuple[Axis, ...], where: Location) -> None:
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise where.at("select").error(f"two axes are named '{name}'; give one selection a suffix")


def group_axes(axes: tuple[Axis, ...]) -> Mapping[str, list[str]]:
    """List the names of axes by group, in order."""
    groups: dict[str, list[str]] = {}
    for axis in axes:
        groups.setdefault(axis.group, []).append(axis.name)
    return groups
