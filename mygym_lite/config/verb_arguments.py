"""Validation of the arguments of verbs; names of banks are expanded to their contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mygym_lite.config.objects import BANKS, list_objects
from mygym_lite.config.textures import TEXTURE_BANKS, list_textures
from mygym_lite.config.verbs import is_number
from mygym_lite.config.visual_fields import TEXTURE_FIELDS
from mygym_lite.errors import suggest
from mygym_lite.schema import Location

_RANGES = ("uniform", "shift", "scale")


def parse_argument(verb: str, argument: Any, path: str, location: Location) -> Any:
    """Validate the argument of a verb; the name of a bank is expanded to its contents."""
    if verb in ("shift", "scale") and is_number(argument):
        return argument
    if verb in _RANGES:
        return _parse_range(argument, location, allow_number=verb != "uniform")
    if verb == "choice":
        return _parse_options(argument, path, location)
    if verb == "factor" and not (is_number(argument) and argument >= 1):
        raise location.error(f"is {argument}; wants a number of at least 1: the value is multiplied or divided by it")
    if verb in ("offset", "normal") and not (is_number(argument) and argument >= 0):
        raise location.error(f"is {argument}; wants a size of at least 0")
    return argument


def _parse_range(argument: Any, where: Location, allow_number: bool) -> Any:
    if not isinstance(argument, list) or len(argument) != 2 or np.shape(argument[0]) != np.shape(argument[1]):
        also = ", or a number" if allow_number else ""
        raise where.error(f"is {argument}; wants [low, high], both numbers or both lists of one length{also}")
    ends = [end if isinstance(end, list) else [end] for end in argument]
    if not all(is_number(x) for end in ends for x in end):
        raise where.error(f"is {argument}; wants finite numbers")
    if any(low > high for low, high in zip(*ends, strict=True)):
        raise where.error(f"low {argument[0]} is above high {argument[1]}; exchange them")
    return argument


def _parse_options(argument: Any, path: str, where: Location) -> Any:
    if isinstance(argument, str):
        return _expand_bank(argument, path, where)
    if not isinstance(argument, list) or not argument:
        raise where.error(f"is {argument}; wants a list with at least one value, or the name of a bank")
    for index, option in enumerate(argument):
        if isinstance(option, Mapping):
            _check_option(option, path, where.at(str(index)))
    return argument


def _check_option(option: Mapping[str, Any], path: str, where: Location) -> None:
    """Check an option that is a distribution of its own: absolute, so that it does not depend on the declared value."""
    if len(option) != 1 or not option.keys() <= {"uniform"}:
        raise where.error(f"is {dict(option)}; wants a value, or one range, for example {{ uniform = [0, 1] }}")
    parse_argument("uniform", option["uniform"], path, where.at("uniform"))


def _expand_bank(name: str, path: str, where: Location) -> list[str]:
    """List the textures of a bank if the field holds a texture, else the objects."""
    if path.rpartition(".")[2] in TEXTURE_FIELDS:
        if name not in TEXTURE_BANKS:
            raise where.error(f"no texture bank '{name}'{suggest(name, TEXTURE_BANKS)}")
        return list(list_textures(name))
    if name not in BANKS:
        raise where.error(f"no object bank '{name}'{suggest(name, BANKS)}")
    return list_objects(name)
