"""Conditions of success that a goal alone decides: tolerances between one frame and another, and rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mygym_lite.config.rest import REST_SPEED, REST_TURN_RATE

_TERMS = ("near", "aligned", "displaced_to", "inside", "coverage_above")
_REST = "at_rest"


class GoalTolerances(NamedTuple):
    """Tolerances of a frame that has to reach another one; absent if they do not matter."""

    of: str
    to: str
    position: float | None = None  # m
    horizontal: float | None = None  # m, along the table
    angle: float | None = None  # rad
    uncovered: float | None = None  # share of the area of a region
    speed: float | None = None  # m/s
    turn_rate: float | None = None  # rad/s

    def imply(self, other: GoalTolerances) -> bool:
        """Return True if a frame within these tolerances is within the others as well."""
        pairs = zip(self[2:], other[2:], strict=True)
        within = all(loose is None or (tight is not None and tight <= loose) for tight, loose in pairs)
        return self[:2] == other[:2] and within

    @property
    def is_decisive(self) -> bool:
        """True if the frame has to be in one place, and no tolerance needs a goal of another kind than the others."""
        others = (self.position, self.horizontal, self.angle)
        if self.uncovered is not None:
            return others == (None, None, None)
        return bool(self.position or self.horizontal)


def read_goal_tolerances(success: Mapping[str, Any], regions: Mapping[str, Any]) -> GoalTolerances | None:
    """Read the tolerances from the success terms of a task file; None if the goal alone does not decide success.

    Args:
        success: Table ``[success]``.
        regions: Table ``[regions]``; only a disc or a footprint on the surface is a goal.
    """
    tolerances: GoalTolerances | None = None
    calls = [call if isinstance(call, Mapping) else {} for call in success.values()]
    for call in sorted(calls, key=lambda call: call.get("term") == _REST):
        added = _read_rest(call, tolerances) if call.get("term") == _REST else _read_call(call, regions)
        if added is None or (tolerances is not None and tolerances[:2] != added[:2]):
            return None
        given = {name: value for name, value in added._asdict().items() if value is not None}
        tolerances = (tolerances or added)._replace(**given)
    return tolerances if tolerances and tolerances.is_decisive else None


def _read_rest(call: Mapping[str, Any], others: GoalTolerances | None) -> GoalTolerances | None:
    """Read the tolerances of an object at rest, which are those of the frame that other terms name."""
    if others is None or call["thing"] != others.of:
        return None
    speed, turn_rate = call.get("speed", REST_SPEED), call.get("turn_rate", REST_TURN_RATE)
    return GoalTolerances(others.of, others.to, speed=float(speed), turn_rate=float(turn_rate))


def _read_call(call: Mapping[str, Any], regions: Mapping[str, Any]) -> GoalTolerances | None:
    name, to = call.get("term"), str(call.get("to", call.get("region", "")))
    if name not in _TERMS:
        return None
    if name in ("inside", "coverage_above"):
        region = regions.get(to, {})
        shape = "disc" if name == "inside" else "footprint"
        if region.get("shape") != shape or "of" in region or "height" in region:
            return None
        if name == "coverage_above":
            return GoalTolerances(str(call["thing"]), to, uncovered=1.0 - float(call["share"]))
        return GoalTolerances(str(call["thing"]), to, horizontal=float(region["size"][0]) - call.get("margin", 0.0))
    if name == "displaced_to":
        return GoalTolerances(str(call["thing"]), to, horizontal=float(call["within"]))
    if to != "goal":
        return None
    if name == "near":
        return GoalTolerances(str(call["of"]), to, position=float(call["within"]))
    return GoalTolerances(str(call["of"]), to, angle=float(call["within"]))
