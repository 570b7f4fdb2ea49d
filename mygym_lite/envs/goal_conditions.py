"""Conditions of success that a goal alone decides: tolerances between one frame and another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_TERMS = ("near", "aligned", "displaced_to", "inside")


class GoalTolerances(NamedTuple):
    """Tolerances of a frame that has to reach another one; absent if they do not matter."""

    of: str
    to: str
    position: float | None = None  # m
    horizontal: float | None = None  # m, along the table
    angle: float | None = None  # rad

    def imply(self, other: GoalTolerances) -> bool:
        """Return True if a frame within these tolerances is within the others as well."""
        pairs = zip(self[2:], other[2:], strict=True)
        within = all(loose is None or (tight is not None and tight <= loose) for tight, loose in pairs)
        return self[:2] == other[:2] and within


def read_goal_tolerances(success: Mapping[str, Any], regions: Mapping[str, Any]) -> GoalTolerances | None:
    """Read the tolerances from the success terms of a task file; None if the goal alone does not decide success.

    Args:
        success: Table ``[success]``.
        regions: Table ``[regions]``; only a disc on the surface is a goal.
    """
    tolerances: GoalTolerances | None = None
    for call in success.values():
        added = _read_call(call, regions) if isinstance(call, Mapping) and call.get("term") in _TERMS else None
        if added is None or (tolerances is not None and tolerances[:2] != added[:2]):
            return None
        given = {name: value for name, value in added._asdict().items() if value is not None}
        tolerances = (tolerances or added)._replace(**given)
    return tolerances if tolerances and (tolerances.position or tolerances.horizontal) else None


def _read_call(call: Mapping[str, Any], regions: Mapping[str, Any]) -> GoalTolerances | None:
    name, to = call["term"], str(call.get("to", call.get("region", "")))
    if name == "inside":
        region = regions.get(to, {})
        if region.get("shape") != "disc" or "of" in region or "height" in region:
            return None
        return GoalTolerances(str(call["thing"]), to, horizontal=float(region["size"][0]) - call.get("margin", 0.0))
    if name == "displaced_to":
        return GoalTolerances(str(call["thing"]), to, horizontal=float(call["within"]))
    if to != "goal":
        return None
    if name == "near":
        return GoalTolerances(str(call["of"]), to, position=float(call["within"]))
    return GoalTolerances(str(call["of"]), to, angle=float(call["within"]))
