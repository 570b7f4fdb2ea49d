"""Single entries of observation groups, such as ``object:offset[3]``, so that different tasks share one observation."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial

from mygym_lite.config.state import State
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.terms.registry import BoundTerm

Entries = list[tuple[str, BoundTerm, float]]
"""Name, term and scale of each entry of a group."""
PRESENCE = "presence"
"""Name of the observation with 1 for each observed entry that the task declares, and 0 for each that it lacks.

Its components are in the alphabetical order of the entries, in which a space of Gymnasium has them.
"""
_ENTRY = re.compile(r"(?P<group>.+):(?P<entry>[^:]+)\[(?P<size>[1-9]\d*)\]")


def is_entry(name: str) -> bool:
    """Return true if a name is that of an entry, ``GROUP:ENTRY[SIZE]``."""
    return _ENTRY.fullmatch(name) is not None


def list_entries(groups: Mapping[str, Entries], first: State) -> dict[str, tuple[str, BoundTerm, float]]:
    """List the entries of all groups by name, in the order of the task."""
    return {
        f"{group}:{entry[0]}[{_measure(entry[1], first)}]": entry
        for group, entries in groups.items()
        for entry in entries
    }


def add_entries(groups: Mapping[str, Entries], names: Collection[str], first: State) -> dict[str, Entries]:
    """Add the entries among some names to the groups of a task, each as a group of its own, and ``presence``.

    Args:
        groups: Observation groups of the task.
        names: Names of what is observed.
        first: Any state of the task.

    Raises:
        ConfigError: The task lacks an entry, and ``presence``, which distinguishes it from zeros, is not observed.
    """
    requested = list(dict.fromkeys(name for name in names if name not in groups and is_entry(name)))
    own = list_entries(groups, first) if requested else {}
    added: dict[str, Entries] = {name: [own.get(name) or _make_zeros(name)] for name in requested}
    if PRESENCE in names and PRESENCE not in groups:
        if not requested:
            raise ConfigError(f"observe: '{PRESENCE}' belongs to entries, and none is observed; leave it out")
        added[PRESENCE] = [(PRESENCE, _make_constant([float(name in own) for name in sorted(requested)]), 1.0)]
    elif lacking := next((name for name in requested if name not in own), None):
        raise ConfigError(
            f"observe: no entry '{lacking}', which would be zeros beside '{PRESENCE}'{suggest(lacking, own)}"
        )
    return {**groups, **added}


def _make_zeros(name: str) -> tuple[str, BoundTerm, float]:
    match = _ENTRY.fullmatch(name)
    assert match is not None
    return match["entry"], _make_constant([0.0] * int(match["size"])), 1.0


def _make_constant(values: list[float]) -> BoundTerm:
    """Make a term whose value is always the same."""
    return BoundTerm("constant", partial(_get_values, values), (), {})


def _get_values(values: list[float], _state: State) -> list[float]:
    return values


def _measure(term: BoundTerm, first: State) -> int:
    """Measure the size of a term."""
    return len(term.function(first, **term.parameters))
