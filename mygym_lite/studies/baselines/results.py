"""Reference results as files: one for each baseline, with the command that made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.errors import SpecError
from mygym_lite.files import write_text
from mygym_lite.schema import parse_json

SCHEMA = 1
Result = dict[str, Any]


def results_folder() -> Path:
    """Where the shipped ones are."""
    return paths.evaluation() / "results" / "baselines"


def read_result(folder: Path, name: str) -> Result | None:
    """What is known of a baseline, if anything is."""
    file = folder / f"{name}.json"
    if not file.is_file():
        return None
    try:
        told = parse_json(file.read_text(encoding="utf-8"))
        if not isinstance(told, dict) or told.get("schema") != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA}")
    except (OSError, ValueError) as error:
        raise SpecError(f"{file}: is no reference result ({error}); delete it, and measure again") from error
    return told


def read_results(folder: Path) -> list[Result]:
    """All of a folder, in the order in which baselines are declared."""
    found = [read_result(folder, file.stem) for file in sorted(folder.glob("*.json"))]
    return sorted((told for told in found if told is not None), key=lambda told: (told["place"], told["baseline"]))


def write_result(folder: Path, told: Result) -> None:
    """Keep one."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{told['baseline']}.json", json.dumps(told, indent=1, allow_nan=False) + "\n")
