"""Requests of policies for observations: groups, kinds of images, cameras and a size, as ``make`` takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.envs.cameras import IMAGE_KINDS, list_cameras
from mygym_lite.errors import ConfigError, describe

_FORM = "write observe = ['proprio', 'rgb'], cameras = ['head'], size = (84, 84)"


@dataclass(frozen=True)
class ObservationRequest:
    """Request to an environment; anything left out is up to the environment."""

    observe: tuple[str, ...] | None = None
    cameras: tuple[str, ...] | None = None
    size: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != ObservationRequest()

    @classmethod
    def parse(cls, observe: Any, cameras: Any, size: Any, owner: str) -> ObservationRequest | None:
        """Build a request from anything; None where nothing is asked for.

        Args:
            observe: Names of groups and kinds of images.
            cameras: Names of cameras.
            size: Width and height, px.
            owner: What messages call who asks.
        """
        if observe is None and cameras is None and size is None:
            return None
        if observe is None:
            given = "cameras" if cameras is not None else "size"
            raise ConfigError(f"{owner}: {given}: says nothing without observe; {_FORM}")
        return cls(
            _names(observe, f"{owner}: observe"),
            None if cameras is None else _names(cameras, f"{owner}: cameras"),
            None if size is None else _pair(size, f"{owner}: size"),
        )

    @classmethod
    def from_attributes(cls, policy: Any, owner: str) -> ObservationRequest | None:
        """Read the attributes ``observe``, ``cameras`` and ``size`` of a function, an object or a class.

        Methods of these names, and a size of something else, are somebody's own affair.
        """
        observe, cameras, size = (_attribute(policy, name, owner) for name in ("observe", "cameras", "size"))
        observe = None if callable(observe) else observe
        cameras = None if callable(cameras) or (observe is None and not _is_list(cameras)) else cameras
        return cls.parse(observe, cameras, None if observe is None else size, owner)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], owner: str) -> ObservationRequest | None:
        """Read what ``to_dict`` gave."""
        return cls.parse(table.get("observe"), table.get("cameras"), table.get("size"), owner)

    def list_array_names(self, task: Task) -> set[str]:
        """Arrays that an environment of this task shows then."""
        kinds = [name for name in self.observe or () if name in IMAGE_KINDS]
        cameras = self.cameras or list_cameras(task)[:1]
        return {*(self.observe or ()), *(f"{camera}_{kind}" for camera in cameras for kind in kinds)} - {*kinds}

    def get_env_arguments(self) -> dict[str, Any]:
        """Arguments that an environment must be made with."""
        given = {"observe": self.observe, "cameras": self.cameras}
        named = {key: list(names) for key, names in given.items() if names is not None}
        return named if self.size is None else {**named, "size": self.size}

    def to_dict(self) -> dict[str, list[Any]]:
        """The same as JSON has it."""
        return {key: list(value) for key, value in self.get_env_arguments().items()}


def _attribute(actor: Any, name: str, whose: str) -> Any:
    try:
        return getattr(actor, name, None)
    except (Exception, SystemExit) as error:  # whatever somebody's property raises
        raise ConfigError(f"{whose}: {name}: cannot be read ({describe(error)}); {_FORM}") from error


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(name, str) for name in value)


def _names(value: Any, where: str) -> tuple[str, ...]:
    if not _is_list(value) or not value:
        raise ConfigError(f"{where}: is {value!r}, not a list of names; {_FORM}")
    return tuple(value)


def _pair(value: Any, where: str) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, Sequence) else ()
    if len(pair) != 2 or any(type(number) is not int or number < 1 for number in pair):
        raise ConfigError(f"{where}: is {value!r}, not a width and a height in px; {_FORM}")
    return pair
