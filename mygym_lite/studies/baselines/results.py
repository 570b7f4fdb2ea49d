"""Reference results as files: one for each baseline, with the command that made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.errors import ConfigError
from mygym_lite.files import write_text
from mygym_lite.schema import parse_json

SCHEMA = 1
BaselineResult = dict[str, Any]


def get_results_folder() -> Path:
    """Where the shipped ones are."""
    return paths.get_evaluation_folder() / "results" / "baselines"


def read_result(folder: Path, name: str) -> BaselineResult | None:
    """What is known of a baseline, if anything is."""
    file = folder / f"{name}.json"
    if not file.is_file():
        return None
    try:
        told = parse_json(file.read_text(encoding="utf-8"))
        if not isinstance(told, dict) or told.get("schema") != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA}")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: is no reference result ({error}); delete it, and measure again") from error
    return told


def read_results(folder: Path) -> list[BaselineResult]:
    """All of a folder, in the order in which baselines are declared."""
    found = [read_result(folder, file.stem) for file in sorted(folder.glob("*.json"))]
    return sorted((told for told in found if told is not None), key=lambda told: (told["order"], told["baseline"]))


def write_result(folder: Path, result: BaselineResult) -> None:
    """Keep one."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{result['baseline']}.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
