"""Variations of an environment's episodes: from tables, presets, and the options of ``reset``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.errors import UsageError, suggest
from mygym_lite.randomization.preset import load_preset
from mygym_lite.schema import Location

Variations = Mapping[str, Mapping[str, Any]]
"""Table of variations, ``{path: {verb: value}}``."""
_OPTIONS = ("variations",)


def merge_variations(
    task: Task, variations: Variations | None, preset: str | Path | None = None
) -> tuple[Variation, ...]:
    """Merge a table of variations with a preset; the table takes precedence for paths that both name."""
    parsed = _parse_variations(task, variations or {})
    if preset is None:
        return parsed
    paths = {variation.path for variation in parsed}
    return (*(variation for variation in load_preset(preset, task) if variation.path not in paths), *parsed)


def read_reset_options(task: Task, options: Mapping[str, Any] | None) -> tuple[Variation, ...] | None:
    """Read the variations in the options of ``reset``, or None; parsed variations are not checked again."""
    for key in options or {}:
        if key not in _OPTIONS:
            raise UsageError(f"reset: no option '{key}'{suggest(key, _OPTIONS)}")
    if not options or "variations" not in options:
        return None
    return _parse_variations(task, options["variations"])


def _parse_variations(task: Task, variations: Variations | Sequence[Variation]) -> tuple[Variation, ...]:
    if isinstance(variations, Sequence) and all(isinstance(variation, Variation) for variation in variations):
        return tuple(variations)
    location = Location("variations")
    if not isinstance(variations, Mapping):
        raise location.error(f"is {variations!r}, not a table of variations by path")
    parsed = parse_variations(variations, location)
    check_variations(task, parsed, location)
    return parsed
