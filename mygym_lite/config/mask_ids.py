"""Ids of bodies and links in masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.config.visuals import VisualBody

_BACKGROUND = "background"


@dataclass(frozen=True)
class MaskIds:
    """Names of the ids in masks: 0 is the background, the others count from 1 in the order of rendering."""

    bodies: dict[int, str]
    links: dict[int, str]
    by_link: dict[tuple[str, str], tuple[int, int]]  # (body, link) -> (body id, link id)


def assign_mask_ids(visual_bodies: Sequence[VisualBody]) -> MaskIds:
    """Assign mask ids to all bodies and links."""
    bodies = list(dict.fromkeys(visual.body for visual in visual_bodies))
    links = [f"{visual.body}/{visual.link}" if visual.link else visual.body for visual in visual_bodies]
    return MaskIds(
        bodies={0: _BACKGROUND, **dict(enumerate(bodies, start=1))},
        links={0: _BACKGROUND, **dict(enumerate(links, start=1))},
        by_link={(v.body, v.link): (1 + bodies.index(v.body), link) for link, v in enumerate(visual_bodies, start=1)},
    )
