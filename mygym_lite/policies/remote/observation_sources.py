"""Sources of a policy's inputs: images and slices of observation groups, in nested tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import PolicyError
from mygym_lite.policies.remote.rotation_layouts import RotationLayout, convert_axes
from mygym_lite.schema import Location, build, quantity

_COLOR_DIMENSIONS = 3
_SLICE = re.compile(r"(\w+)(?:\[(\d*):(\d*)\])?")


_BACKWARDS = slice(None, None, -1)
_FLIPS: dict[str, Any] = {
    "none": slice(None),
    "vertical": _BACKWARDS,
    "horizontal": (slice(None), _BACKWARDS),
    "both": (_BACKWARDS, _BACKWARDS),
}


@dataclass(frozen=True)
class ImageSource:
    """Image of one camera."""

    camera: str = quantity(doc="one of the task's cameras")
    size: tuple[int, int] = quantity(unit="px", low=1, doc="width and height; the same for all images")
    kind: Literal["rgb", "depth", "mask", "links", "normals"] = quantity("rgb", doc="image kind")
    layout: Literal["HWC", "CHW"] = quantity("HWC", doc="order of height, width and channels")
    scale: float | None = quantity(None, doc="factor of all values, which become float32: 0.00392157 for 0 to 1")
    channels: Literal["RGB", "BGR"] = quantity("RGB", doc="order of the colours")
    flip: Literal["none", "vertical", "horizontal", "both"] = quantity("none", doc="edges to exchange")

    @property
    def names(self) -> list[str]:
        """Names of the arrays that are read."""
        return [self.local_name]

    @property
    def local_name(self) -> str:
        """Name in the observation of the task."""
        return f"{self.camera}_{self.kind}"

    def read(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Read the image from an observation."""
        image = observation[self.local_name][_FLIPS[self.flip]]
        image = image[..., ::-1] if self.channels == "BGR" and image.ndim == _COLOR_DIMENSIONS else image
        image = np.ascontiguousarray(image)
        image = image if self.scale is None else image.astype(np.float32) * np.float32(self.scale)
        return np.moveaxis(image, -1, 0) if self.layout == "CHW" and image.ndim == _COLOR_DIMENSIONS else image


@dataclass(frozen=True)
class GroupSlice:
    """Slice of an observation group, ``[first:last]``."""

    group: str
    first: int | None = None
    last: int | None = None

    @property
    def names(self) -> list[str]:
        """Names of the arrays that are read."""
        return [self.group]

    def read(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Read the slice from an observation."""
        return observation[self.group][self.first : self.last]


@dataclass(frozen=True)
class ConvertedSlice:
    """Slice of an observation group in other units, or a rotation in another layout."""

    of: str = quantity(doc="GROUP or GROUP[FIRST:END]")
    rotation: RotationLayout | None = quantity(None, doc="layout of a rotation; `of` then names an `orientation`")
    scale: tuple[float, ...] = quantity((), doc="factor of each number, or of all; 1 if absent")
    shift: tuple[float, ...] = quantity((), doc="offset added to each number afterwards, or to all; 0 if absent")

    def __post_init__(self) -> None:
        _split_slice(self.of)

    @property
    def names(self) -> list[str]:
        """Names of the arrays that are read."""
        return _split_slice(self.of).names

    def read(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Read the slice from an observation and convert it."""
        values = _split_slice(self.of).read(observation)
        try:
            values = values if self.rotation is None else convert_axes(values, self.rotation)
            converted: NDArray[np.float32] = (
                values * np.array(self.scale or 1.0) + np.array(self.shift or 0.0)
            ).astype(np.float32)
        except ValueError as error:
            raise PolicyError(f"policy: mapping: observation: '{self.of}' {error}") from error
        return converted


@dataclass(frozen=True)
class Concatenation:
    """Slices of observation groups, one after the other."""

    parts: tuple[GroupSlice | ConvertedSlice, ...]

    @property
    def names(self) -> list[str]:
        """Names of the arrays that are read."""
        return [name for part in self.parts for name in part.names]

    def read(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Read and join the slices."""
        return np.concatenate([part.read(observation) for part in self.parts])


ObservationSource = ImageSource | GroupSlice | ConvertedSlice | Concatenation


def iterate_sources(
    table: Mapping[str, Any], location: Location
) -> Iterator[tuple[tuple[str, ...], ObservationSource]]:
    """Yield the keys and the source of each input in nested tables."""
    for key, value in table.items():
        here = location.at(key)
        if isinstance(value, dict) and not {"camera", "of"} & {*value}:
            yield from (((key, *keys), source) for keys, source in iterate_sources(value, here))
        else:
            yield (key,), _parse_source(value, here)


def _parse_source(value: object, location: Location) -> ObservationSource:
    if isinstance(value, dict) and "camera" in value:
        return build(ImageSource, value, location)
    if isinstance(value, list) and value:
        return Concatenation(tuple(_parse_part(part, location) for part in value))
    return _parse_part(value, location)


def _parse_part(value: object, location: Location) -> GroupSlice | ConvertedSlice:
    if isinstance(value, dict):
        return build(ConvertedSlice, value, location)
    try:
        return _split_slice(value)
    except ValueError as error:
        raise location.error(str(error)) from error


def _split_slice(text: object) -> GroupSlice:
    match = _SLICE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(
            f'{text!r} is no place in an observation; write "proprio", "proprio[0:7]", a list of such, '
            '{ of = "proprio[0:7]", scale = [57.3] } or { camera = "front", size = [224, 224] }'
        )
    group, first, last = match.groups()
    return GroupSlice(group, int(first) if first else None, int(last) if last else None)
