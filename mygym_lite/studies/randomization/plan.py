"""A randomization study before it is made: what is trained, alike but for one thing, and what it is tested on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from mygym_lite import provenance
from mygym_lite.config.task import Task
from mygym_lite.errors import MyGymError, UsageError, nearest
from mygym_lite.fingerprint import digest, plain, simulation_digest
from mygym_lite.harness.manifest import SCHEMA
from mygym_lite.jobs.folder import Card, Carded
from mygym_lite.learning.imitation.architecture import Head
from mygym_lite.learning.imitation.config import Lessons
from mygym_lite.learning.imitation.environment import TOLD, Sight
from mygym_lite.learning.imitation.trainer import Schedule
from mygym_lite.randomization.preset import load_preset, preset_names
from mygym_lite.randomization.suite import Suite, load_suite
from mygym_lite.terms import load_task

NONE, ADR = "none", "adr"
PRESETS = (NONE, "visual", "dynamics", "full", ADR)
WIDEST = "full"
"""The preset at whose ends automatic randomization may arrive."""
STUDY = Carded("study.json", "mygym_lite study randomization", "randomization study", "policies", ("created", "git"))
DECIDING = (
    "schema", "task", "algo", "lessons", "schedule", "head", "sight", "settings", "suite", "levels", "seed", "perceive",
    "versions",
)  # fmt: skip
"""What must stay the same; presets, training seeds and episodes may be added to."""
Training = tuple[str, int]
"""A preset and a seed."""


@dataclass(frozen=True)
class TransferPlan:
    """What a study consists of.

    Args:
        task: As it was named.
        folder: Where everything is kept.
        presets: Names or files of training randomizations; ``none`` and ``adr`` besides.
        algo: Of imitation.
        seeds: Trainings of each preset; training i has seed i under every preset.
        lessons: What is shown, the same for all.
        schedule: How it is learned, likewise.
        head: Which network learns, likewise.
        sight: Through what it sees, likewise.
        suite: What they are tested on.
        levels: At which of its levels.
        episodes: Of each condition.
        seed: Of the first of them.
        settings: Fixed changes to the task.
        perceive: Trained perception to look through when tested.
    """

    task: str | Path | Task
    folder: Path
    presets: tuple[str, ...] = PRESETS
    algo: str = "dagger"
    seeds: int = 3
    lessons: Lessons = field(default_factory=Lessons)
    schedule: Schedule = field(default_factory=Schedule)
    head: Head | None = None
    sight: Sight = TOLD
    suite: str | Path = "sim2real"
    levels: tuple[int, ...] = (3,)
    episodes: int = 50
    seed: int = 0
    settings: tuple[str, ...] = ()
    perceive: str | Path | None = None

    @cached_property
    def labels(self) -> dict[str, str]:
        """What each preset is called, and the name or file that it has."""
        return {Path(preset).stem: preset for preset in self.presets}

    @property
    def trainings(self) -> list[Training]:
        """Every policy there will be, seed by seed, so that what ends early has whole sets of twins."""
        return [(label, seed) for seed in range(self.seeds) for label in self.labels]

    def policy(self, training: Training) -> Path:
        """The folder of a policy."""
        label, seed = training
        return self.folder / STUDY.parts / f"{label}-{seed}"

    @cached_property
    def loaded(self) -> Task:
        """The task."""
        return load_task(self.task, self.settings)

    @cached_property
    def whole_suite(self) -> Suite:
        """The suite with all of its axes and levels."""
        return load_suite(self.suite)

    def check(self) -> None:
        """Refuse what is wrong before anything is trained."""
        if len(self.labels) < len(self.presets):
            raise UsageError(f"--presets: {' '.join(self.presets)} names one twice; name each once")
        for preset in {WIDEST if preset == ADR else preset for preset in self.presets} - {NONE}:
            _require_preset(preset, self.loaded)
        suite = self.whole_suite
        if suite.combine is not None or not suite.axes:
            raise UsageError(f"suite {suite.name}: tests no axis alone; name one that does: sim2real")
        for level in self.levels:
            if level not in suite.levels:
                raise UsageError(
                    f"--levels: {level} is no level of {suite.name}{nearest(str(level), map(str, suite.levels))}"
                )

    def card(self, command: str) -> Card:
        """What the folder is about."""
        task, suite = plain(asdict(self.loaded)), self.whole_suite
        card: Card = plain({
            "schema": SCHEMA,
            "program": STUDY.program,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": command,
            "version": provenance.version("mygym_lite"),
            "versions": provenance.versions(),
            "git": provenance.revision(),
            "simulation": simulation_digest(),
            "task": {"name": self.loaded.name, "digest": digest(task)},
            "presets": {label: _content(preset, self.loaded) for label, preset in self.labels.items()},
            "algo": self.algo,
            "seeds": self.seeds,
            "lessons": asdict(self.lessons),
            "schedule": {name: value for name, value in asdict(self.schedule).items() if name != "seed"},
            "head": None if self.head is None else asdict(self.head),
            "sight": asdict(self.sight),
            "suite": {"name": suite.name, "digest": digest(plain([asdict(axis) for axis in suite.axes]))},
            "levels": list(self.levels),
            "episodes": self.episodes,
            "seed": self.seed,
            "settings": list(self.settings),
            "perceive": None if self.perceive is None else str(self.perceive),
        })  # fmt: skip
        return card


def _require_preset(preset: str, task: Task) -> None:
    try:
        load_preset(preset, task)
    except MyGymError as error:
        if Path(preset).suffix or preset in preset_names():
            raise
        known = nearest(preset, [NONE, ADR, *preset_names()])
        raise UsageError(f"--presets: no randomization '{preset}' is shipped{known}") from error


def _content(preset: str, task: Task) -> str:
    """Fingerprint of what a preset varies."""
    if preset == NONE:
        return digest([])
    varied = load_preset(WIDEST if preset == ADR else preset, task)
    return digest([[v.path, plain(v.written())] for v in varied])


def planned(task: str | Path | Task, folder: str | Path, presets: Sequence[str | Path], **rest: Any) -> TransferPlan:
    """A plan that can be carried out."""
    plan = TransferPlan(task, Path(folder), tuple(map(str, presets)), **rest)
    plan.check()
    return plan
