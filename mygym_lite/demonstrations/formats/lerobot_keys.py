"""Names that LeRobot gives to features, and the packages that its layout takes."""

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
    """A package of the extra."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise UsageError(f"lerobot: needs {package}; pip install 'mygym_lite[lerobot]'") from error


def to_feature_key(name: str) -> str:
    """The feature of a group, or of a picture ``CAMERA_rgb``."""
    if name.endswith("_rgb"):
        return _IMAGES + name.removesuffix("_rgb")
    return STATE if name == PROPRIO else _OBSERVATION + name


def to_group(key: str) -> str | None:
    """The group or picture of a feature; None where it is no observation."""
    if key.startswith(_IMAGES):
        return key.removeprefix(_IMAGES) + "_rgb"
    if key == STATE:
        return PROPRIO
    return key.removeprefix(_OBSERVATION) if key.startswith(_OBSERVATION) else None


def name_components(group: str, width: int, names: Names) -> list[str]:
    """Name a group's numbers; where their names are not known, by their places."""
    known = list(names.get(group, ()))
    return known if len(known) == width else [str(place) for place in range(width)]


def name_joined_components(widths: Mapping[str, int], names: Names) -> list[str]:
    """Name the numbers of several groups in a row, each after the name of its group and a dot."""
    return [f"{group}.{name}" for group, width in widths.items() for name in name_components(group, width, names)]


def locate_groups(joined: Sequence[str]) -> dict[str, slice]:
    """Find the place of each group among numbers that ``name_joined_components`` has named."""
    parts, start = {}, 0
    for group, members in groupby(joined, key=lambda name: name.partition(".")[0]):
        end = start + len(list(members))
        parts[group] = slice(start, end)
        start = end
    return parts
