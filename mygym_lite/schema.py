"""TOML value to typed frozen dataclass, refusing everything that is not exactly what was declared."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
import tomllib
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mygym_lite.errors import ConfigError, suggest

T = TypeVar("T")
_EXAMPLES = {bool: "true", int: "3", float: "0.5", str: '"text"'}
_KINDS = {bool: "true or false", int: "an integer", float: "a number", str: "a string"}
_DEEPEST = 100  # tables and arrays in one another
_NESTED = f"it is nested more than {_DEEPEST} deep"
_NO_FILE = "nor is there another one like it; correct the path"
_BARE_KEY = re.compile(r"[^.\s]+")


@dataclass(frozen=True)
class Location:
    """A place in a file, so that every message can say where the mistake is."""

    file: str
    keys: tuple[str, ...] = ()

    def at(self, *keys: str) -> Location:
        """Go deeper by one key or several."""
        return Location(self.file, (*self.keys, *keys))

    def error(self, message: str) -> ConfigError:
        """Make the one-line error for this place: `file: dotted.key: message`."""
        path = ".".join(key if _BARE_KEY.fullmatch(key) else f'"{key}"' for key in self.keys)
        return ConfigError(": ".join(filter(None, (self.file, path, message))))


def quantity(
    default: Any = dataclasses.MISSING, *, unit: str = "", low: float = -math.inf, high: float = math.inf, doc: str
) -> Any:
    """Declare a dataclass field with its unit, its bounds (inclusive, for each component) and what it is for."""
    return dataclasses.field(default=default, metadata={"unit": unit, "low": low, "high": high, "doc": doc})


def get_fields(cls: type) -> Mapping[str, tuple[Any, Mapping[str, Any]]]:
    """Return what may be written in the table of `cls`: name -> (annotation, metadata), in order."""
    return _fields_of(cls)


@functools.cache
def _fields_of(cls: type) -> Mapping[str, tuple[Any, Mapping[str, Any]]]:
    hints = get_type_hints(cls)
    return types.MappingProxyType({f.name: (hints[f.name], f.metadata) for f in dataclasses.fields(cls) if f.init})


def build(cls: type[T], table: object, location: Location) -> T:
    """Make a dataclass from a TOML table.

    A `ValueError` from `__post_init__` (a rule between fields) becomes a `ConfigError` that names the place.
    """
    if not isinstance(table, dict):
        raise location.error(
            f"expected a table, got {_shown(table)}; write [{'.'.join(location.keys) or 'name'}] and its keys"
        )
    for key in table:
        if key not in get_fields(cls):
            raise location.at(key).error(f"no field '{key}'{suggest(key, get_fields(cls))}")
    _require(cls, table, location)
    values = {name: check_field(cls, name, value, location.at(name)) for name, value in table.items()}
    try:
        return cls(**values)
    except ConfigError:
        raise
    except ValueError as error:
        raise location.error(str(error)) from error


def check_field(cls: type, name: str, value: object, location: Location) -> Any:
    """Convert and bound one value as `build` would, for one that replaces what the file says.

    Args:
        cls: The dataclass that declares the field.
        name: The field.
        value: As TOML (or a sampler that returns plain Python numbers) gives it.
        location: The place of the value itself.
    """
    if name not in get_fields(cls):
        raise location.error(f"no field '{name}'{suggest(name, get_fields(cls))}")
    kind, metadata = get_fields(cls)[name]
    converted = convert(kind, value, location)
    check_bounds(metadata, converted, location)
    return converted


def check_bounds(metadata: Mapping[str, Any], value: object, location: Location) -> None:
    """Refuse a number outside the bounds in a field's metadata; tuples and tables are checked item by item."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            check_bounds(metadata, item, location.at(str(index)))
    elif isinstance(value, dict):
        for key, item in value.items():
            check_bounds(metadata, item, location.at(key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        unit = f" {metadata['unit']}" if metadata.get("unit") else ""
        low, high = metadata.get("low", -math.inf), metadata.get("high", math.inf)
        if value < low:
            raise location.error(f"{value:g}{unit} is below the lowest allowed, {low:g}{unit}; use {low:g} or more")
        if value > high:
            raise location.error(f"{value:g}{unit} is above the highest allowed, {high:g}{unit}; use {high:g} or less")


def convert(kind: Any, value: object, location: Location) -> Any:
    """Turn a TOML value into what an annotation asks for, or refuse it."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any or kind is object:
        return value
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return value if isinstance(value, kind) else build(kind, value, location)
    if origin is Literal:
        return _choice(inner, value, location)
    if origin in (Union, types.UnionType):
        return _either(inner, value, location)
    if origin is tuple:
        return _array(inner, value, location)
    if origin in (list, Sequence):
        return list(_array((*inner, Ellipsis), value, location))
    if origin is dict:
        if not isinstance(value, dict):
            raise location.error(f"expected a table, got {_shown(value)}; write {{ name = value }}")
        return {key: convert(inner[1], item, location.at(key)) for key, item in value.items()}
    return _scalar(kind, value, location)


def _require(cls: type, table: dict[str, object], where: Location) -> None:
    missing = [
        f
        for f in dataclasses.fields(cls)
        if f.init and f.name not in table and f.default is f.default_factory is dataclasses.MISSING
    ]
    if missing:
        first, kind = missing[0], _named(get_fields(cls)[missing[0].name][0])
        also = "".join(f", and so is '{f.name}'" for f in missing[1:])
        unit = f" in {first.metadata['unit']}" if first.metadata.get("unit") else ""
        doc = f" ({first.metadata['doc']})" if first.metadata.get("doc") else ""
        raise where.at(first.name).error(f"missing{also}; add {first.name}, {kind}{unit}{doc}")


def _scalar(kind: type, value: object, where: Location) -> Any:
    if kind not in _EXAMPLES:
        raise where.error(
            f"is annotated {getattr(kind, '__name__', kind)}, which no TOML value is; annotate it bool, int, float, "
            "str, list[...], tuple[...], dict[str, ...] or Literal[...]"
        )
    wanted = (int, float) if kind is float else kind
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
        raise where.error(f"expected {_named(kind)}, got {_shown(value)}; write for example {_EXAMPLES[kind]}")
    if kind is not float:
        return value
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise where.error(f"expected a finite number, got {number}; write for example 0.5")
    return number


def _choice(choices: tuple[Any, ...], value: object, where: Location) -> Any:
    if any(value == choice and type(value) is type(choice) for choice in choices):
        return value
    raise where.error(f"{_shown(value)} is not a choice{suggest(str(value), map(str, choices))}")


def _either(kinds: tuple[Any, ...], value: object, where: Location) -> Any:
    if value is None and type(None) in kinds:
        return None
    kinds = tuple(kind for kind in kinds if kind is not type(None))
    if len(kinds) == 1:
        return convert(kinds[0], value, where)  # its own message says more than "none of these"
    for kind in kinds:
        try:
            return convert(kind, value, where)
        except ConfigError:
            continue
    wanted = " or ".join(map(_named, kinds))
    raise where.error(f"expected {wanted}, got {_shown(value)}; write {wanted}")


def _array(kinds: tuple[Any, ...], value: object, where: Location) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise where.error(f"expected an array, got {_shown(value)}; write [ ... ]")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    if len(value) != len(kinds):
        raise where.error(f"expected {len(kinds)} values, got {len(value)}; write exactly {len(kinds)}")
    return tuple(convert(kind, item, where.at(str(i))) for i, (kind, item) in enumerate(zip(kinds, value, strict=True)))


def _named(kind: Any) -> str:
    if dataclasses.is_dataclass(kind) or get_origin(kind) is dict:
        return "a table"
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(_named(inner) for inner in get_args(kind) if inner is not type(None))
    return _KINDS.get(kind, "an array" if get_origin(kind) in (tuple, list, Sequence) else "a value")


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return f"an array of {len(value)}"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; what cannot be read is refused in one line with the line and column."""
    where = Location(path.name)
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # editors on Windows begin a file with a mark
        require_shallow(table)
    except FileNotFoundError:
        siblings = (file.name for file in path.parent.glob(f"*{path.suffix}"))
        raise where.error(f"no such file in {path.parent}{suggest(path.name, siblings, _NO_FILE)}") from None
    except IsADirectoryError:
        raise where.error("is a folder, not a file; name a .toml file in it") from None
    except OSError as error:
        raise where.error(f"cannot be read ({error.strerror}); check its permissions") from error
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        place = f"line {before.count(10) + 1}, column {error.start - before.rfind(10)}"
        raise where.error(f"not UTF-8 at {place}; save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise where.error(f"not valid TOML, {error}; correct it there") from None
    return table


def parse_json(text: str | bytes, finite: bool = False) -> Any:
    """Parse JSON that anybody may have written: whatever is wrong with it is a `ValueError` of one line.

    Args:
        text: The JSON.
        finite: Refuse NaN and Infinity, which JSON does not know but Python reads.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant if finite else None)
    except RecursionError:
        raise ValueError(_NESTED) from None
    brackets = ("[", "{") if isinstance(text, str) else (b"[", b"{")
    if sum(map(text.count, brackets)) > _DEEPEST:  # type: ignore[arg-type]
        require_shallow(value)
    return value


def require_shallow(value: object) -> None:
    """Refuse tables in tables in tables that are too many for those who walk through them."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise ValueError(_NESTED)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def require_schema(table: Mapping[str, Any], location: Location, version: int = 1) -> dict[str, Any]:
    """Refuse a file written for another version of its format; return the table without the `schema` key."""
    if "schema" not in table:
        raise location.at("schema").error(f"missing; add schema = {version}")
    found = table["schema"]
    if type(found) is not int or found != version:
        raise location.at("schema").error(f"is {_shown(found)}, this release reads {version}; write schema = {version}")
    return {key: value for key, value in table.items() if key != "schema"}
