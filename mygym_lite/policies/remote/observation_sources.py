"""Sources of a policy's inputs: images and slices of observation groups, in nested tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from mygym_lite.schema import Location, build, quantity

_SLICE = re.compile(r"(\w+)(?:\[(\d*):(\d*)\])?")


@dataclass(frozen=True)
class ImageSource:
    """Image of one camera."""

    camera: str = quantity(doc="one of the task's cameras")
    size: tuple[int, int] = quantity(unit="px", low=1, doc="width and height; the same for all images")
    kind: Literal["rgb", "depth", "mask", "links", "normals"] = quantity("rgb", doc="image kind")

    @property
    def local_name(self) -> str:
        """Name in the observation of the task."""
        return f"{self.camera}_{self.kind}"

    def read(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Read the image from an observation."""
        return observation[self.local_name]


@dataclass(frozen=True)
class GroupSlice:
    """Slice of an observation group, ``[first:last]``."""

    group: str
    first: int | None = None
    last: int | None = None

    def read(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Read the slice from an observation."""
        return observation[self.group][self.first : self.last]


ObservationSource = ImageSource | GroupSlice


def iterate_sources(
    table: Mapping[str, Any], location: Location
) -> Iterator[tuple[tuple[str, ...], ObservationSource]]:
    """Yield the keys and the source of each input in nested tables."""
    for key, value in table.items():
        here = location.at(key)
        if isinstance(value, dict) and "camera" not in value:
            yield from (((key, *keys), source) for keys, source in iterate_sources(value, here))
        else:
            yield (key,), build(ImageSource, value, here) if isinstance(value, dict) else _parse_slice(value, here)


def _parse_slice(text: object, location: Location) -> GroupSlice:
    match = _SLICE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise location.error(
            f'{text!r} is no place in an observation; write "proprio", "proprio[0:7]" or '
            '{ camera = "front", size = [224, 224] }'
        )
    group, first, last = match.groups()
    return GroupSlice(group, int(first) if first else None, int(last) if last else None)
