"""Conditions of a suite: severities of axes, fixed or sampled for each episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation
from mygym_lite.errors import UsageError
from mygym_lite.randomization.axis import Axis, AxisVariations
from mygym_lite.randomization.severity import sample_severities
from mygym_lite.rng import make_stream

NOMINAL = "nominal"


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
    def is_sampled(self) -> bool:
        """True if the episodes differ in what is perturbed."""
        return self.count is not None

    @property
    def variations(self) -> tuple[Variation, ...] | None:
        """Variations of all episodes; None if the condition is not applicable."""
        if self.is_sampled:
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


@dataclass(frozen=True, kw_only=True)
class SampledCondition(Condition):
    """Several axes of one task at once, each at a severity that is sampled for each episode."""

    task: Task
    axes: tuple[Axis, ...]
    highest: float
    """Highest severity of each axis."""

    @property
    def is_sampled(self) -> bool:
        """True: the episodes differ in their severities."""
        return True

    def select_axis_variations(self, seed: int) -> tuple[AxisVariations, ...]:
        """Return the axes of one episode, with their variations."""
        severities = sample_severities(seed, len(self.axes), self.highest)
        variations = [axis.build_variations(self.task, s) or () for axis, s in zip(self.axes, severities, strict=True)]
        return tuple(
            AxisVariations(axis.name, changes, frozenset()) for axis, changes in zip(self.axes, variations, strict=True)
        )


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
