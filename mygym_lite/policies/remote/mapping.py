"""Mapping files: TOML tables from a task's observations to a policy's inputs, and from its outputs to actions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.documents import read_toml
from mygym_lite.errors import PolicyError
from mygym_lite.fingerprint import fingerprint_parts
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.remote.observation_sources import ImageSource, ObservationSource, iterate_sources
from mygym_lite.schema import Location, build, quantity, require_schema

_INSTRUCTION = "{instruction}"


@dataclass(frozen=True)
class ActionMapping:
    """Conversion of a policy's outputs to actions: reorder, scale, shift."""

    key: str = quantity("actions", doc="key of the actions in the reply")
    order: tuple[int, ...] | None = quantity(None, low=0, doc="index of the remote action for each of ours")
    scale: tuple[float, ...] = quantity((), doc="factor of each of ours; 1 if absent")
    shift: tuple[float, ...] = quantity((), doc="offset added to each of ours afterwards; 0 if absent")
    steps: int | None = quantity(None, low=1, doc="actions of each chunk to execute; all if absent")
    clip: bool = quantity(False, doc="clip actions to [-1, 1]; otherwise such an action fails the episode")

    def parse_actions(self, reply: Any) -> NDArray[np.float64]:
        """Parse the actions of a reply, one per row."""
        if not isinstance(reply, dict) or self.key not in reply:
            keys = ", ".join(map(repr, reply)) if isinstance(reply, dict) else type(reply).__name__
            raise PolicyError(f"policy: its reply holds no '{self.key}' but {keys or 'nothing'}")
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
    """Dialect, time limits, attempts and authentication of a connection."""

    dialect: Literal["openpi", "roboarena", "vla-eval"] = quantity("openpi", doc="protocol of the server")
    connect_seconds: float = quantity(10.0, unit="s", low=0.01, doc="time limit of a connection and its first message")
    act_seconds: float = quantity(30.0, unit="s", low=0.01, doc="time limit of a reply")
    attempts: int = quantity(5, low=1, doc="attempts to connect, with growing pauses between them")
    api_key_from: str | None = quantity(None, doc="environment variable that holds the API key")


@dataclass(frozen=True)
class RemoteMapping:
    """Contents of a mapping file.

    Args:
        observation: Inputs of the policy by its own names: a group of ours, ``"proprio"``, a slice of one,
            ``"proprio[0:7]"``, a list of such, an image, ``{ camera = "front", size = [224, 224] }``, or a table of
            such; if empty, the whole observation under our names.
        observe: Groups and image kinds to send under our names, instead of ``observation``.
        cameras: Cameras of these images.
        size: Width and height of these images, px.
        prompt: Text sent as ``prompt``; ``{instruction}`` in it stands for the instruction of the episode.
        state: Recurrent state of an ONNX network: the output that becomes an input at the next step.
        action: Conversion of the outputs to actions.
        connection: Connection to a server.
    """

    observation: dict[str, object] = field(
        default_factory=dict,
        metadata={"doc": 'name = "GROUP", "GROUP[FIRST:END]", a list of these, an image, or a table; all if absent'},
    )
    observe: tuple[str, ...] | None = quantity(
        None, doc="groups and image kinds to send under our names, instead of `observation`"
    )
    cameras: tuple[str, ...] | None = quantity(None, doc="cameras for `observe`; the task's first if absent")
    size: tuple[int, int] | None = quantity(
        None, unit="px", low=1, doc="width and height of images for `observe`; each camera's own if absent"
    )
    prompt: str | None = quantity(
        None, doc="text sent as `prompt`; `{instruction}` in it stands for the instruction of the episode"
    )
    state: dict[str, str] = field(
        default_factory=dict,
        metadata={"doc": 'input = "OUTPUT": recurrent state of an ONNX network, 0 at the start of an episode'},
    )
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
    def _sources(self) -> list[tuple[tuple[str, ...], ObservationSource]]:
        return [*iterate_sources(self.observation, Location("", ("observation",)))]

    @property
    def _images(self) -> list[ImageSource]:
        return [source for _, source in self._sources if isinstance(source, ImageSource)]

    @property
    def _groups(self) -> list[str]:
        return [name for _, source in self._sources if not isinstance(source, ImageSource) for name in source.names]

    def get_env_arguments(self) -> dict[str, Any]:
        """Return the arguments of an environment with the mapped observations; empty for the task's own."""
        images = self._images
        if self._request is not None:
            return self._request.get_env_arguments()
        if not images:
            return {"observe": list(dict.fromkeys(self._groups))} if INSTRUCTION in self._groups else {}
        observe = list(dict.fromkeys([*self._groups, *(image.kind for image in images)]))
        return {"observe": observe, "cameras": list(dict.fromkeys(i.camera for i in images)), "size": images[0].size}

    def list_array_names(self) -> set[str]:
        """List the arrays that the mapping reads from an observation."""
        return {name for _, source in self._sources for name in source.names}

    @property
    def sends_instruction(self) -> bool:
        """True if the prompt contains the instruction of the episode."""
        return self.prompt is not None and _INSTRUCTION in self.prompt

    def build_message(self, observation: Mapping[str, NDArray[Any]], instruction: str) -> dict[str, Any]:
        """Build the input of the policy from an observation and the instruction of the episode."""
        message: dict[str, Any] = {} if self.observation else dict(observation)
        for (*tables, key), source in self._sources:
            table = message
            for name in tables:
                table = table.setdefault(name, {})
            table[key] = source.read(observation)
        return message if self.prompt is None else message | {"prompt": self.prompt.replace(_INSTRUCTION, instruction)}


@dataclass(frozen=True)
class MappingFile:
    """Name and text of a mapping file; a run stores both, so that it can be replayed without the file."""

    name: str
    text: str

    @classmethod
    def read(cls, file: str | Path) -> MappingFile:
        """Read and validate a file."""
        read_toml(Path(file))
        mapping_file = cls(str(file), Path(file).read_bytes().decode("utf-8-sig"))
        mapping_file.mapping  # noqa: B018 - validates it
        return mapping_file

    @cached_property
    def mapping(self) -> RemoteMapping:
        """The parsed mapping."""
        return _parse_mapping(self.name, tomllib.loads(self.text))

    def describe(self) -> dict[str, Any]:
        """Build the table for the manifest of a run."""
        return {"digest": fingerprint_parts([self.text.encode()]), "text": self.text}


def _parse_mapping(file: str, contents: dict[str, Any]) -> RemoteMapping:
    location = Location(file)
    table = require_schema(contents, location)
    if isinstance(table.get("observation"), dict):
        list(iterate_sources(table["observation"], location.at("observation")))  # with the file in error messages
    mapping = build(RemoteMapping, table, location)
    ObservationRequest.parse(mapping.observe, mapping.cameras, mapping.size, file)
    return mapping
