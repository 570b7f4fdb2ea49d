"""Names of LeRobot's features, and import of the packages that its layout needs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from mygym_lite.errors import UsageError

ACTION, EXECUTED = "action", "executed_action"
STATE, ENVIRONMENT = "observation.state", "observation.environment_state"
PROPRIO = "proprio"
_IMAGES, _OBSERVATION = "observation.images.", "observation."
Names = Mapping[str, Sequence[str]]


def import_package(package: str) -> Any:
    """Import a package of the extra ``lerobot``."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise UsageError(f"lerobot: needs {package}; pip install 'mygym_lite[lerobot]'") from error


def to_feature_key(name: str) -> str:
    """Return the feature key of a group, or of an image ``CAMERA_rgb``."""
    if name.endswith("_rgb"):
        return _IMAGES + name.removesuffix("_rgb")
    return STATE if name == PROPRIO else _OBSERVATION + name


def to_group(key: str) -> str | None:
    """Return the group or image of a feature; None if it is no observation."""
    if key.startswith(_IMAGES):
        return key.removeprefix(_IMAGES) + "_rgb"
    if key == STATE:
        return PROPRIO
    return key.removeprefix(_OBSERVATION) if key.startswith(_OBSERVATION) else None


def name_components(group: str, width: int, names: Names) -> list[str]:
    """Name the components of a group; by their indices if their names are unknown."""
    known = list(names.get(group, ()))
    return known if len(known) == width else [str(index) for index in range(width)]


def name_joined_components(widths: Mapping[str, int], names: Names) -> list[str]:
    """Name the components of several groups in a row, each prefixed by its group and a dot."""
    return [f"{group}.{name}" for group, width in widths.items() for name in name_components(group, width, names)]


def locate_groups(joined: Sequence[str]) -> dict[str, slice]:
    """Locate each group among components that ``name_joined_components`` has named."""
    parts, start = {}, 0
    for group, members in groupby(joined, key=lambda name: name.partition(".")[0]):
        end = start + len(list(members))
        parts[group] = slice(start, end)
        start = end
    return parts
