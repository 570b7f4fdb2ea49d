"""Baselines declared in ``assets/policies/baselines.toml``: policy, training method and evaluation settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mygym_lite.documents import read_toml
from mygym_lite.errors import UsageError, suggest
from mygym_lite.policies.saved import get_policies_folder
from mygym_lite.schema import Location, build, quantity, require_schema

BASELINES_FILE = "baselines.toml"


@dataclass(frozen=True)
class Baseline:
    """One declared baseline, a row of the table."""

    policy: str = quantity(doc="policy as for --policy: a shipped policy, or expert")
    task: str = quantity(doc="task")
    method: str = quantity(doc="training method, in a few words")
    observes: str = quantity(doc="observations, in a few words")
    training_command: str = quantity("", doc="training command, without folder and seed")
    start_command: str = quantity("", doc="training command of the policy that the training starts from")
    settings: tuple[str, ...] = quantity((), doc="task overrides, each as path=value")
    perception: str | None = quantity(None, doc="trained perception that provides its observations")


@dataclass(frozen=True)
class _File:
    baselines: dict[str, Baseline] = field(metadata={"doc": "baselines by name"})


def read_baselines(file: Path | None = None) -> dict[str, Baseline]:
    """Read all declared baselines, in order; without a file, there are none."""
    file = file or get_policies_folder() / BASELINES_FILE
    if not file.is_file():
        return {}
    location = Location(file.name)
    baselines = build(_File, require_schema(read_toml(file), location), location).baselines
    _require_equal_training(baselines, location.at("baselines"))
    return baselines


def _require_equal_training(baselines: dict[str, Baseline], location: Location) -> None:
    """Refuse baselines of one policy that name different trainings of it."""
    trainings: dict[str, tuple[str, tuple[str, str]]] = {}
    for name, baseline in baselines.items():
        training = baseline.training_command, baseline.start_command
        first, known = trainings.setdefault(baseline.policy, (name, training))
        if training != known:
            raise location.at(name, "training_command").error(
                f"is not that of {first}, which has the same policy {baseline.policy}; give both the same"
            )


def select_baselines(names: Sequence[str], baselines: dict[str, Baseline]) -> dict[str, Baseline]:
    """Select baselines by name; no names select all."""
    for name in names:
        if name not in baselines:
            raise UsageError(f"no baseline '{name}' in {BASELINES_FILE}{suggest(name, baselines)}")
    return {name: baseline for name, baseline in baselines.items() if not names or name in names}
