"""Observation requests of policies: groups, image kinds, cameras and image size, as in ``make``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.envs.cameras import IMAGE_KINDS, list_cameras
from mygym_lite.errors import ConfigError, describe
from mygym_lite.policies.policy import PolicyLike

_FORM = "write observe = ['proprio', 'rgb'], cameras = ['head'], size = (84, 84)"


@dataclass(frozen=True)
class ObservationRequest:
    """Observations that a policy needs; fields left out use the defaults of the environment.

    Args:
        observe: Names of groups and image kinds.
        cameras: Names of cameras.
        size: Width and height of images, px.
    """

    observe: tuple[str, ...] | None = None
    cameras: tuple[str, ...] | None = None
    size: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        """Return true if any field is set."""
        return self != ObservationRequest()

    @classmethod
    def parse(cls, observe: Any, cameras: Any, size: Any, owner: str) -> ObservationRequest | None:
        """Build a request from unchecked values; None if no field is set.

        Args:
            observe: Names of groups and image kinds.
            cameras: Names of cameras.
            size: Width and height, px.
            owner: Prefix of error messages.
        """
        if observe is None and cameras is None and size is None:
            return None
        if observe is None:
            field = "cameras" if cameras is not None else "size"
            raise ConfigError(f"{owner}: {field}: says nothing without observe; {_FORM}")
        return cls(
            _parse_names(observe, f"{owner}: observe"),
            None if cameras is None else _parse_names(cameras, f"{owner}: cameras"),
            None if size is None else _parse_size(size, f"{owner}: size"),
        )

    @classmethod
    def from_attributes(cls, policy: PolicyLike, owner: str) -> ObservationRequest | None:
        """Read the attributes ``observe``, ``cameras`` and ``size`` of a function, an object or a class.

        Methods of these names, and a ``size`` without ``observe``, have another meaning and are ignored.
        """
        observe, cameras, size = (_read_attribute(policy, name, owner) for name in ("observe", "cameras", "size"))
        observe = None if callable(observe) else observe
        cameras = None if callable(cameras) or (observe is None and not _is_list(cameras)) else cameras
        return cls.parse(observe, cameras, None if observe is None else size, owner)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], owner: str) -> ObservationRequest | None:
        """Build a request from the result of ``to_dict``."""
        return cls.parse(table.get("observe"), table.get("cameras"), table.get("size"), owner)

    def list_array_names(self, task: Task) -> set[str]:
        """List the observed arrays in an environment of this task."""
        kinds = [name for name in self.observe or () if name in IMAGE_KINDS]
        cameras = self.cameras or list_cameras(task)[:1]
        return {*(self.observe or ()), *(f"{camera}_{kind}" for camera in cameras for kind in kinds)} - {*kinds}

    def get_env_arguments(self) -> dict[str, Any]:
        """Return the arguments of an environment with these observations."""
        names = {"observe": self.observe, "cameras": self.cameras}
        arguments: dict[str, Any] = {key: list(value) for key, value in names.items() if value is not None}
        return arguments if self.size is None else {**arguments, "size": self.size}

    def to_dict(self) -> dict[str, list[Any]]:
        """Convert the request for JSON."""
        return {key: list(value) for key, value in self.get_env_arguments().items()}


def _read_attribute(policy: PolicyLike, name: str, owner: str) -> Any:
    try:
        return getattr(policy, name, None)
    except (Exception, SystemExit) as error:  # a property may raise anything
        raise ConfigError(f"{owner}: {name}: cannot be read ({describe(error)}); {_FORM}") from error


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(name, str) for name in value)


def _parse_names(value: Any, owner: str) -> tuple[str, ...]:
    if not _is_list(value) or not value:
        raise ConfigError(f"{owner}: is {value!r}, not a list of names; {_FORM}")
    return tuple(value)


def _parse_size(value: Any, owner: str) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, Sequence) else ()
    if len(pair) != 2 or any(type(number) is not int or number < 1 for number in pair):
        raise ConfigError(f"{owner}: is {value!r}, not a width and a height in px; {_FORM}")
    return pair
