"""Conversion of TOML tables to typed frozen dataclasses, with strict validation."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mygym_lite.errors import ConfigError, suggest

T = TypeVar("T")
_EXAMPLES = {bool: "true", int: "3", float: "0.5", str: '"text"'}
_KINDS = {bool: "true or false", int: "an integer", float: "a number", str: "a string"}
_BARE_KEY = re.compile(r"[^.\s]+")


@dataclass(frozen=True)
class Location:
    """A file and the keys of a value in it, quoted by error messages."""

    file: str
    keys: tuple[str, ...] = ()

    def at(self, *keys: str) -> Location:
        """Return the location of a nested value."""
        return Location(self.file, (*self.keys, *keys))

    def error(self, message: str) -> ConfigError:
        """Build the one-line error for this location: `file: dotted.key: message`."""
        path = ".".join(key if _BARE_KEY.fullmatch(key) else f'"{key}"' for key in self.keys)
        return ConfigError(": ".join(filter(None, (self.file, path, message))))


def quantity(
    default: Any = dataclasses.MISSING, *, unit: str = "", low: float = -math.inf, high: float = math.inf, doc: str
) -> Any:
    """Declare a dataclass field with unit, bounds (inclusive, for each component) and documentation."""
    return dataclasses.field(default=default, metadata={"unit": unit, "low": low, "high": high, "doc": doc})


def get_fields(cls: type) -> Mapping[str, tuple[Any, Mapping[str, Any]]]:
    """Return the fields that the table of `cls` may hold: name -> (annotation, metadata), in order."""
    return _get_fields(cls)


@functools.cache
def _get_fields(cls: type) -> Mapping[str, tuple[Any, Mapping[str, Any]]]:
    hints = get_type_hints(cls)
    return types.MappingProxyType({f.name: (hints[f.name], f.metadata) for f in dataclasses.fields(cls) if f.init})


def build(cls: type[T], table: object, location: Location) -> T:
    """Build a dataclass from a TOML table.

    A `ValueError` from `__post_init__` (a rule between fields) becomes a `ConfigError` that names the location.
    """
    if not isinstance(table, dict):
        raise location.error(
            f"expected a table, got {_abbreviate(table)}; write [{'.'.join(location.keys) or 'name'}] and its keys"
        )
    for key in table:
        if key not in get_fields(cls):
            raise location.at(key).error(f"no field '{key}'{suggest(key, get_fields(cls))}")
    _require_fields(cls, table, location)
    values = {name: check_field(cls, name, value, location.at(name)) for name, value in table.items()}
    try:
        return cls(**values)
    except ConfigError:
        raise
    except ValueError as error:
        raise location.error(str(error)) from error


def check_field(cls: type, name: str, value: object, location: Location) -> Any:
    """Convert and validate a replacement for one field, as `build` would.

    Args:
        cls: Dataclass that declares the field.
        name: Name of the field.
        value: Value from TOML, or plain Python numbers from a sampler.
        location: Location of the value itself.
    """
    if name not in get_fields(cls):
        raise location.error(f"no field '{name}'{suggest(name, get_fields(cls))}")
    kind, metadata = get_fields(cls)[name]
    converted = convert(kind, value, location)
    check_bounds(metadata, converted, location)
    return converted


def check_bounds(metadata: Mapping[str, Any], value: object, location: Location) -> None:
    """Reject numbers outside the bounds of a field; tuples and tables are checked item by item."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            check_bounds(metadata, item, location.at(str(index)))
    elif isinstance(value, dict):
        for key, item in value.items():
            check_bounds(metadata, item, location.at(key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        unit = f" {metadata['unit']}" if metadata.get("unit") else ""
        low, high = metadata.get("low", -math.inf), metadata.get("high", math.inf)
        above = metadata.get("above", -math.inf)
        if value <= above:
            raise location.error(f"is {value:g}{unit}, which is not above {above:g}{unit}; write for example 0.1")
        if value < low:
            raise location.error(f"{value:g}{unit} is below the lowest allowed, {low:g}{unit}; use {low:g} or more")
        if value > high:
            raise location.error(f"{value:g}{unit} is above the highest allowed, {high:g}{unit}; use {high:g} or less")


def convert(kind: Any, value: object, location: Location) -> Any:
    """Convert a TOML value to the type of an annotation, or reject it."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any or kind is object:
        return value
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return value if isinstance(value, kind) else build(kind, value, location)
    if origin is Literal:
        return _convert_choice(inner, value, location)
    if origin in (Union, types.UnionType):
        return _convert_union(inner, value, location)
    if origin is tuple:
        return _convert_array(inner, value, location)
    if origin in (list, Sequence):
        return list(_convert_array((*inner, Ellipsis), value, location))
    if origin is dict:
        if not isinstance(value, dict):
            raise location.error(f"expected a table, got {_abbreviate(value)}; write {{ name = value }}")
        return {key: convert(inner[1], item, location.at(key)) for key, item in value.items()}
    return _convert_scalar(kind, value, location)


def _require_fields(cls: type, table: dict[str, object], where: Location) -> None:
    missing = [
        f
        for f in dataclasses.fields(cls)
        if f.init and f.name not in table and f.default is f.default_factory is dataclasses.MISSING
    ]
    if missing:
        first, kind = missing[0], _describe_type(get_fields(cls)[missing[0].name][0])
        also = "".join(f", and so is '{f.name}'" for f in missing[1:])
        unit = f" in {first.metadata['unit']}" if first.metadata.get("unit") else ""
        doc = f" ({first.metadata['doc']})" if first.metadata.get("doc") else ""
        raise where.at(first.name).error(f"missing{also}; add {first.name}, {kind}{unit}{doc}")


def _convert_scalar(kind: type, value: object, where: Location) -> Any:
    if kind not in _EXAMPLES:
        raise where.error(
            f"is annotated {getattr(kind, '__name__', kind)}, which TOML lacks; annotate it bool, int, float, "
            "str, list[...], tuple[...], dict[str, ...] or Literal[...]"
        )
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise where.error(
            f"expected {_describe_type(kind)}, got {_abbreviate(value)}; write for example {_EXAMPLES[kind]}"
        )
    if kind is not float:
        return value
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise where.error(f"expected a finite number, got {number}; write for example 0.5")
    return number


def _convert_choice(choices: tuple[Any, ...], value: object, where: Location) -> Any:
    if any(value == choice and type(value) is type(choice) for choice in choices):
        return value
    raise where.error(f"{_abbreviate(value)} is not a choice{suggest(str(value), map(str, choices))}")


def _convert_union(kinds: tuple[Any, ...], value: object, where: Location) -> Any:
    if value is None and type(None) in kinds:
        return None
    kinds = tuple(kind for kind in kinds if kind is not type(None))
    if len(kinds) == 1:
        return convert(kinds[0], value, where)  # its error message is more specific
    for kind in kinds:
        try:
            return convert(kind, value, where)
        except ConfigError:
            continue
    expected = " or ".join(map(_describe_type, kinds))
    raise where.error(f"expected {expected}, got {_abbreviate(value)}; write {expected}")


def _convert_array(kinds: tuple[Any, ...], value: object, where: Location) -> tuple[Any, ...]:
    if isinstance(value, dict) and kinds and dataclasses.is_dataclass(kinds[0]):
        raise where.error(f"expected an array of tables, got one table; write [[{'.'.join(where.keys)}]] above each")
    if not isinstance(value, list | tuple):
        raise where.error(f"expected an array, got {_abbreviate(value)}; write [ ... ]")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    if len(value) != len(kinds):
        raise where.error(f"expected {len(kinds)} values, got {len(value)}; write exactly {len(kinds)}")
    return tuple(convert(kind, item, where.at(str(i))) for i, (kind, item) in enumerate(zip(kinds, value, strict=True)))


def _describe_type(kind: Any) -> str:
    if dataclasses.is_dataclass(kind) or get_origin(kind) is dict:
        return "a table"
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(_describe_type(inner) for inner in get_args(kind) if inner is not type(None))
    return _KINDS.get(kind, "an array" if get_origin(kind) in (tuple, list, Sequence) else "a value")


def _abbreviate(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return f"an array of {len(value)}"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def require_schema(table: Mapping[str, Any], location: Location, version: int = 1) -> dict[str, Any]:
    """Check the format version of a table, and return the table without the `schema` key."""
    if "schema" not in table:
        raise location.at("schema").error(f"missing; add schema = {version}")
    actual = table["schema"]
    if type(actual) is not int or actual != version:
        raise location.at("schema").error(
            f"is {_abbreviate(actual)}, this release reads {version}; write schema = {version}"
        )
    return {key: value for key, value in table.items() if key != "schema"}
