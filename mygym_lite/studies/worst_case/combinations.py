"""Combinations of axes: several axes at one severity, as one axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import comb

from mygym_lite.config.task import Task
from mygym_lite.randomization.axis import Axis, AxisVariations, Changes
from mygym_lite.rng import make_stream
from mygym_lite.schema import Location

_GROUP = "combination"
_MAX_ENUMERATED = 100_000  # combinations; of more, a sample is drawn without listing them


def sample_combinations(
    axes: Sequence[AxisVariations], size: int, count: int, seed: int
) -> list[tuple[AxisVariations, ...]]:
    """Sample different combinations whose axes change different fields; all of them, if there are no more."""
    rng = make_stream(seed, "worst_case")
    if comb(len(axes), size) <= _MAX_ENUMERATED:
        possible = [chosen for chosen in combinations(axes, size) if _is_disjoint(chosen)]
        order = rng.permutation(len(possible))[:count]
        return [possible[index] for index in sorted(order.tolist())]
    chosen = (tuple(sorted(rng.choice(len(axes), size, replace=False).tolist())) for _ in range(100 * count))
    different = dict.fromkeys(chosen)
    return [c for c in (tuple(axes[i] for i in indices) for indices in different) if _is_disjoint(c)][:count]


def _is_disjoint(axes: Iterable[AxisVariations]) -> bool:
    paths = [path for axis in axes for path in axis.paths]
    return len(paths) == len(set(paths))


def combine_axes(axes: Sequence[Axis], task: Task, severity: int) -> Axis:
    """Combine the levels of several axes at a severity into one axis."""
    changes: Changes = {}
    for axis in axes:
        for variation in axis.build_variations(task, severity) or ():
            changes[variation.path] = {variation.verb: [variation.argument]}
    return Axis(
        name="+".join(axis.name for axis in axes),
        group=_GROUP,
        about=f"{', '.join(axis.name for axis in axes)} at severity {severity}.",
        changes=changes,
        severities=(severity,),
        location=Location("combination"),
    )
