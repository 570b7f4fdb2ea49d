"""What LeRobot calls things, and the packages that its layout takes."""

from __future__ import annotations

import importlib
from typing import Any

from mygym_lite.errors import UsageError

ACTION, EXECUTED = "action", "executed_action"
_STATE, _PROPRIO = "observation.state", "proprio"
_IMAGES, _OBSERVATION = "observation.images.", "observation."


def needed(package: str) -> Any:
    """A package of the extra."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise UsageError(f"lerobot: needs {package}; pip install 'mygym_lite[lerobot]'") from error


def key_of(name: str) -> str:
    """The feature of a group, or of a picture ``CAMERA_rgb``."""
    if name.endswith("_rgb"):
        return _IMAGES + name.removesuffix("_rgb")
    return _STATE if name == _PROPRIO else _OBSERVATION + name


def name_of(key: str) -> str | None:
    """The group or picture of a feature; None where it is no observation."""
    if key.startswith(_IMAGES):
        return key.removeprefix(_IMAGES) + "_rgb"
    if key == _STATE:
        return _PROPRIO
    return key.removeprefix(_OBSERVATION) if key.startswith(_OBSERVATION) else None
