"""Declarations of start states that depend on each other: draws without replacement, and relative placement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mygym_lite.schema import quantity

Vec2 = tuple[float, float]
Corners = tuple[Vec2, Vec2]
Relation = Literal["within", "near", "on", "inside"]
RELATIONS: tuple[Relation, ...] = ("within", "near", "on", "inside")
_CLEARANCE = 0.02  # m, to objects beside it


@dataclass(frozen=True)
class Draw:
    """One value for each path or list of paths, drawn without replacement in every episode."""

    paths: tuple[str | tuple[str, ...], ...] = quantity(
        doc="paths, each of which takes one of the values; those of a nested list take the same one"
    )
    values: object = quantity(doc="list of values, at least one for each path, or the name of a bank")

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Groups of paths, each of which takes one value."""
        return tuple((entry,) if isinstance(entry, str) else entry for entry in self.paths)

    @property
    def flat_paths(self) -> tuple[str, ...]:
        """Paths of all groups."""
        return tuple(path for group in self.groups for path in group)


@dataclass(frozen=True)
class Placement:
    """Start pose of an object relative to a region or to another object, sampled in every episode."""

    within: str | Corners | None = quantity(
        None,
        unit="m",
        low=-10,
        high=10,
        doc="region (disc or box), or corners x, y of the area, that its centre stands in",
    )
    near: str | None = quantity(None, doc="object that it stands beside")
    on: str | None = quantity(None, doc="object on whose top it stands")
    inside: str | None = quantity(None, doc="container in whose cavity it stands")
    distance: Vec2 | None = quantity(
        None, unit="m", low=0.0, high=2.0, doc="near: smallest and largest gap between the two footprints"
    )
    offset: Corners | None = quantity(
        None, unit="m", low=-2.0, high=2.0, doc="on: corners x, y of the area of its centre, in the other's frame"
    )
    clearance: float | None = quantity(
        None, unit="m", low=0.0, high=0.5, doc="free space to other objects; 0.02 if absent, 0 on or inside another"
    )
    yaw: Literal["random"] | Vec2 | None = quantity(
        None, unit="rad", low=-6.3, high=6.3, doc='"random" or a range, relative to what it is on or inside'
    )

    def __post_init__(self) -> None:
        """Check that there is one relation, with the fields that belong to it, and that ranges ascend."""
        relations = [name for name in RELATIONS if getattr(self, name) is not None]
        if len(relations) != 1:
            found = f"has {len(relations)}: {', '.join(relations)}" if relations else "has none"
            raise ValueError(f"wants one of {', '.join(RELATIONS)}, {found}; keep one")
        if self.near is not None and self.distance is None:
            raise ValueError("'near' needs a distance; add for example distance = [0.05, 0.12]")
        for name, owner in (("distance", "near"), ("offset", "on")):
            if getattr(self, name) is not None and getattr(self, owner) is None:
                raise ValueError(f"'{name}' belongs to '{owner}', not to '{relations[0]}'; leave it out")
        self._check_ranges()

    def _check_ranges(self) -> None:
        ranges = {name: value for name in ("distance", "yaw") if isinstance(value := getattr(self, name), tuple)}
        for name in ("within", "offset"):
            if isinstance(corners := getattr(self, name), tuple):
                ranges |= {f"{name}, {axis}": ends for axis, ends in zip("xy", zip(*corners, strict=True), strict=True)}
        for name, (low, high) in ranges.items():
            if low > high:
                raise ValueError(f"{name} goes from {low:g} to {high:g}; put the lower one first")

    @property
    def relation(self) -> Relation:
        """Relation that is declared."""
        return next(name for name in RELATIONS if getattr(self, name) is not None)

    @property
    def reference(self) -> str | None:
        """Object that it is near, on or inside; None within a region."""
        return self.near or self.support

    @property
    def support(self) -> str | None:
        """Object that it is on or inside, and moves with; None beside others."""
        return self.on or self.inside

    @property
    def free_space(self) -> float:
        """Smallest gap to other objects, m."""
        if self.clearance is not None:
            return self.clearance
        return _CLEARANCE if self.support is None else 0.0
