"""Files of suites: axes declared in them, or selected from other suites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any

from mygym_lite import paths as shipped
from mygym_lite.config.field_path import check_spelling
from mygym_lite.config.variation import parse_variation
from mygym_lite.documents import read_toml
from mygym_lite.errors import suggest
from mygym_lite.randomization.axis import SEVERITIES, Axis, Changes
from mygym_lite.randomization.suite import AxisCombination, Suite
from mygym_lite.schema import Location, build, quantity, require_schema


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
    version: int = quantity(1, low=1, doc="raised when levels change, since results of two versions do not compare")
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
        axes = _find_combined_axes(table.combine, parents, where.at("combine"))
        return Suite(table.name, table.about, axes, combine=table.combine, version=table.version)
    for number, selection in enumerate(table.select):
        own += _select_axes(selection, parents, where.at("select", str(number)))
    _require_unique(own, where)
    return Suite(table.name, table.about, own, table.severities, version=table.version)


def _find_combined_axes(combine: AxisCombination, parents: tuple[Path, ...], where: Location) -> tuple[Axis, ...]:
    """Find the axes that a suite combines."""
    source = _load_source(combine.suite, parents, where.at("suite"))
    key = "severity" if combine.sampled_up_to is None else "sampled_up_to"
    highest = getattr(combine, key)
    if highest > source.severities[-1]:
        raise where.at(key).error(
            f"is {highest:g}, {combine.suite} has severities up to {source.severities[-1]}; give at most that"
        )
    known = {axis.name: axis for axis in source.axes}
    _require_known(combine.axes, known, combine.suite, where.at("axes"))
    return tuple(known[name] for name in combine.axes or known)


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
    _require_known(selection.axes, known, selection.suite, where.at("axes"))
    for path in selection.also:
        check_spelling(path, where.at("also", path))
    return tuple(_adapt(known[name], selection) for name in selection.axes)


def _require_known(names: tuple[str, ...], known: Mapping[str, Axis], suite: str, where: Location) -> None:
    for name in names:
        if name not in known:
            raise where.error(f"no axis '{name}' in {suite}{suggest(name, known)}")


def _adapt(axis: Axis, selection: _Selection) -> Axis:
    """Return a selected axis under its new name, with other fields changed along with its own at every severity."""
    also: Changes = {path: {"value": [value] * len(axis.severities)} for path, value in selection.also.items()}
    return replace(axis, name=f"{axis.name}{selection.suffix}", changes={**also, **axis.changes})


def _require_unique(axes: tuple[Axis, ...], where: Location) -> None:
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise where.at("select").error(f"two axes are named '{name}'; give one selection a suffix")
