"""Axes of perturbation: variations of a task in graded severities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mygym_lite.config.field_path import find_paths
from mygym_lite.config.task import Task
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import Variation, parse_variation
from mygym_lite.randomization.severity import interpolate_argument, read_nominal
from mygym_lite.schema import Location

Changes = dict[str, dict[str, list[Any]]]
SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class AxisVariations:
    """The variations of one axis, and the concrete paths that they change."""

    axis: str
    variations: tuple[Variation, ...]
    paths: frozenset[str]


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

    def build_variations(self, task: Task, severity: float) -> tuple[Variation, ...] | None:
        """Build the variations at a severity, between the levels too; None if the axis does not apply to the task."""
        if not self._is_applicable(task):
            return None
        variations = tuple(
            parse_variation(path, {verb: argument}, self.location.at("changes", path))
            for path, change in self.changes.items()
            for verb, levels in change.items()
            if find_paths(task, path)
            and (argument := self._find_argument(task, path, verb, levels, severity)) is not None
        )
        return variations or None

    def _find_argument(self, task: Task, path: str, verb: str, levels: list[Any], severity: float) -> Any:
        if severity in self.severities:
            return levels[self.severities.index(int(severity))]
        return interpolate_argument(verb, levels, self.severities, severity, read_nominal(task, path))

    def select_variations(self, task: Task, severity: float) -> AxisVariations | None:
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
