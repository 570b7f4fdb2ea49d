"""The numbers that stand for bodies and links in masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.spec.looks import Drawn

_BACKGROUND = "background"


@dataclass(frozen=True)
class Numbering:
    """What the numbers mean; 0 is the background, the others count from 1 in the order of what is drawn."""

    bodies: dict[int, str]
    links: dict[int, str]
    of: dict[tuple[str, str], tuple[int, int]]  # body and link as declared: number of the body, number of the link


def numbering(things: Sequence[Drawn]) -> Numbering:
    """Number everything that is drawn."""
    bodies = list(dict.fromkeys(thing.body for thing in things))
    links = [f"{thing.body}/{thing.link}" if thing.link else thing.body for thing in things]
    return Numbering(
        {0: _BACKGROUND, **dict(enumerate(bodies, start=1))},
        {0: _BACKGROUND, **dict(enumerate(links, start=1))},
        {(t.body, t.link): (1 + bodies.index(t.body), number) for number, t in enumerate(things, start=1)},
    )
