"""Mappings: small TOML files that say what a policy sees and what its actions mean."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import PolicyError
from mygym_lite.fingerprint import fingerprint_parts
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.schema import Location, build, quantity, read_toml, require_schema

_PART = re.compile(r"(\w+)(?:\[(\d*):(\d*)\])?")


@dataclass(frozen=True)
class ImageSource:
    """What one camera sees."""

    camera: str = quantity(doc="one of the task's cameras")
    size: tuple[int, int] = quantity(unit="px", low=1, doc="width and height; the same for all images")
    kind: Literal["rgb", "depth", "mask", "links", "normals"] = quantity("rgb", doc="what its pixels hold")

    @property
    def local_name(self) -> str:
        """What it is called in an observation here."""
        return f"{self.camera}_{self.kind}"

    def read(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """The picture."""
        return observation[self.local_name]


@dataclass(frozen=True)
class GroupSlice:
    """Some numbers of an observation group: from the first up to, but without, the last."""

    group: str
    first: int | None = None
    last: int | None = None

    def read(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """The numbers."""
        return observation[self.group][self.first : self.last]


ObservationSource = ImageSource | GroupSlice


@dataclass(frozen=True)
class ActionMapping:
    """How the numbers that come back become actions: chosen in an order, scaled, shifted."""

    key: str = quantity("actions", doc="under which the numbers stand")
    order: tuple[int, ...] | None = quantity(None, low=0, doc="which of the remote numbers become ours, in our order")
    scale: tuple[float, ...] = quantity((), doc="of each of ours; left out: 1")
    shift: tuple[float, ...] = quantity((), doc="added to each of ours afterwards; left out: 0")
    steps: int | None = quantity(None, low=1, doc="how many actions of each chunk are carried out; left out: all")
    clip: bool = quantity(False, doc="bring what leaves [-1, 1] back; otherwise the episode has failed")

    def parse_actions(self, reply: Any) -> NDArray[np.float64]:
        """The actions of a reply, one a row."""
        if not isinstance(reply, dict) or self.key not in reply:
            held = ", ".join(map(repr, reply)) if isinstance(reply, dict) else type(reply).__name__
            raise PolicyError(f"policy: its reply holds no '{self.key}' but {held or 'nothing'}")
        try:
            rows: NDArray[np.float64] = np.atleast_2d(np.asarray(reply[self.key], np.float64))[: self.steps]
            rows = rows if self.order is None else rows[:, self.order]
            rows = rows * np.array(self.scale or 1.0) + np.array(self.shift or 0.0)
        except (ValueError, TypeError, IndexError) as error:
            raise PolicyError(f"policy: its '{self.key}' are not actions ({error})") from error
        if rows.ndim != 2 or rows.size == 0:
            raise PolicyError(f"policy: its '{self.key}' are not actions (shape {np.shape(reply[self.key])})")
        return np.clip(rows, -1.0, 1.0) if self.clip else rows


@dataclass(frozen=True)
class ConnectionConfig:
    """How long to wait, how often to try, and what to say at the door."""

    connect_seconds: float = quantity(10.0, unit="s", low=0.01, doc="for a connection and its first message")
    act_seconds: float = quantity(30.0, unit="s", low=0.01, doc="for an answer")
    attempts: int = quantity(5, low=1, doc="to connect, with growing pauses between them")
    api_key_from: str | None = quantity(None, doc="environment variable that holds the API key")


@dataclass(frozen=True)
class RemoteMapping:
    """What the file says.

    Args:
        observation: What the policy sees, by its own names: a group of ours, ``"proprio"``, a part of one,
            ``"proprio[0:7]"``, an image, ``{ camera = "front", size = [224, 224] }``, or a table of such; if left out,
            everything under our names.
        observe: Instead: which groups and kinds of images it sees under our names, as ``make`` takes them.
        cameras: Through which cameras, with ``observe``.
        size: Width and height of their images, px, with ``observe``.
        prompt: What it is told to do, sent as ``prompt``.
        action: What its actions mean.
        connection: How a server is reached.
    """

    observation: dict[str, object] = field(
        default_factory=dict,
        metadata={"doc": 'name = "GROUP", "GROUP[FIRST:END]", an image or a table of such; all if absent'},
    )
    observe: tuple[str, ...] | None = quantity(
        None, doc="instead of `observation`: groups and kinds of images under our names"
    )
    cameras: tuple[str, ...] | None = quantity(None, doc="with `observe`: through which; the task's first if absent")
    size: tuple[int, int] | None = quantity(
        None, unit="px", low=1, doc="with `observe`: width and height of images; each camera's own if absent"
    )
    prompt: str | None = quantity(None, doc="what it is told to do, sent as `prompt`")
    action: ActionMapping = ActionMapping()
    connection: ConnectionConfig = ConnectionConfig()

    def __post_init__(self) -> None:
        sizes = {image.size for image in self._images}
        if len(sizes) > 1:
            raise ValueError(f"observation: images of {len(sizes)} sizes; cameras here share one, give all the same")
        if self.observation and (self.observe, self.cameras, self.size) != (None, None, None):
            raise ValueError("observation: says what is seen; leave observe, cameras and size out")

    @property
    def _request(self) -> ObservationRequest | None:
        return ObservationRequest.parse(self.observe, self.cameras, self.size, "mapping")

    @cached_property
    def _places(self) -> list[tuple[tuple[str, ...], ObservationSource]]:
        return [*_leaves(self.observation, Location("", ("observation",)))]

    @property
    def _images(self) -> list[ImageSource]:
        return [place for _, place in self._places if isinstance(place, ImageSource)]

    @property
    def _groups(self) -> list[str]:
        return [place.group for _, place in self._places if isinstance(place, GroupSlice)]

    def get_env_arguments(self) -> dict[str, Any]:
        """What an environment must be made with to show all this; empty: the task's own."""
        images = self._images
        if self._request is not None:
            return self._request.get_env_arguments()
        if not images:
            return {}
        observe = list(dict.fromkeys([*self._groups, *(image.kind for image in images)]))
        return {"observe": observe, "cameras": list(dict.fromkeys(i.camera for i in images)), "size": images[0].size}

    def list_array_names(self) -> set[str]:
        """What must be in an observation here."""
        return {*self._groups, *(image.local_name for image in self._images)}

    def build_message(self, observation: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        """An observation as the remote policy wants it."""
        message: dict[str, Any] = {} if self.observation else dict(observation)
        for (*tables, key), place in self._places:
            table = message
            for name in tables:
                table = table.setdefault(name, {})
            table[key] = place.read(observation)
        return message if self.prompt is None else message | {"prompt": self.prompt}


@dataclass(frozen=True)
class MappingFile:
    """A mapping file as it was read; a run keeps all of it, so that it can be repeated without the file."""

    name: str
    text: str

    @classmethod
    def read(cls, file: str | Path) -> MappingFile:
        """Read a file, and refuse in one line what is wrong with it."""
        read_toml(Path(file))
        found = cls(str(file), Path(file).read_bytes().decode("utf-8-sig"))
        found.mapping  # noqa: B018
        return found

    @cached_property
    def mapping(self) -> RemoteMapping:
        """The mapping itself."""
        return _parsed(self.name, tomllib.loads(self.text))

    def describe(self) -> dict[str, Any]:
        """Table for a run's manifest."""
        return {"digest": fingerprint_parts([self.text.encode()]), "text": self.text}


def _parsed(file: str, read: dict[str, Any]) -> RemoteMapping:
    where = Location(file)
    table = require_schema(read, where)
    if isinstance(table.get("observation"), dict):
        list(_leaves(table["observation"], where.at("observation")))  # here the file is known, for messages
    found = build(RemoteMapping, table, where)
    ObservationRequest.parse(found.observe, found.cameras, found.size, file)
    return found


def _leaves(table: Mapping[str, Any], where: Location) -> Iterator[tuple[tuple[str, ...], ObservationSource]]:
    """What stands under each remote name, in tables of tables."""
    for key, value in table.items():
        here = where.at(key)
        if isinstance(value, dict) and "camera" not in value:
            yield from (((key, *keys), place) for keys, place in _leaves(value, here))
        else:
            yield (key,), build(ImageSource, value, here) if isinstance(value, dict) else _part(value, here)


def _part(text: object, where: Location) -> GroupSlice:
    found = _PART.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise where.error(f'{text!r} is no place in an observation; write "proprio", "proprio[0:7]" or '
                          '{ camera = "front", size = [224, 224] }')  # fmt: skip
    group, first, last = found.groups()
    return GroupSlice(group, int(first) if first else None, int(last) if last else None)
