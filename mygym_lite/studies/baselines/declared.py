"""Which baselines there are: policies, how they learned, and how they are measured, from ``assets/policies``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mygym_lite.errors import UsageError, suggest
from mygym_lite.policies.saved import get_policies_folder
from mygym_lite.schema import Location, build, quantity, read_toml, require_schema

BASELINES_FILE = "baselines.toml"


@dataclass(frozen=True)
class Baseline:
    """One row of the table."""

    policy: str = quantity(doc="as --policy names it: a shipped policy, or expert")
    task: str = quantity(doc="what it does")
    method: str = quantity(doc="by what it learned, in a few words")
    observes: str = quantity(doc="what it is shown, in a few words")
    training_command: str = quantity("", doc="the command that made it")
    settings: tuple[str, ...] = quantity((), doc="fixed changes to the task, each as path=value")
    perception: str | None = quantity(None, doc="trained perception that it looks through")


@dataclass(frozen=True)
class _File:
    baselines: dict[str, Baseline] = field(metadata={"doc": "by name"})


def read_baselines(file: Path | None = None) -> dict[str, Baseline]:
    """All that are declared, in order; none where there is no file."""
    file = file or get_policies_folder() / BASELINES_FILE
    if not file.is_file():
        return {}
    where = Location(file.name)
    return build(_File, require_schema(read_toml(file), where), where).baselines


def select_baselines(names: Sequence[str], baselines: dict[str, Baseline]) -> dict[str, Baseline]:
    """Some of them, or all."""
    for name in names:
        if name not in baselines:
            raise UsageError(f"no baseline '{name}' in {BASELINES_FILE}{suggest(name, baselines)}")
    return {name: baseline for name, baseline in baselines.items() if not names or name in names}
