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
from mygym_lite.errors import MyGymError, UsageError, suggest
from mygym_lite.fingerprint import compute_fingerprint, compute_simulation_fingerprint, to_plain_data
from mygym_lite.harness.manifest import SCHEMA
from mygym_lite.jobs.folder import JobFolder, Manifest
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.environment import GROUND_TRUTH, ObservationConfig
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.randomization.preset import list_presets, load_preset
from mygym_lite.randomization.suite import Suite, load_suite
from mygym_lite.terms import load_task

NONE, ADR = "none", "adr"
PRESETS = (NONE, "visual", "dynamics", "full", ADR)
ADR_LIMIT_PRESET = "full"
"""The preset at whose ends automatic randomization may arrive."""
STUDY_FOLDER = JobFolder(
    "study.json", "mygym_lite study randomization", "randomization study", "policies", ("created", "git")
)
IDENTITY_KEYS = (
    "schema", "task", "algo", "demonstrations", "training", "network", "observation", "settings", "suite", "severities", "seed", "perception",
    "versions",
)  # fmt: skip
"""What must stay the same; presets, training seeds and episodes may be added to."""
TrainingKey = tuple[str, int]
"""A preset and a seed."""


@dataclass(frozen=True)
class RandomizationPlan:
    """What a study consists of.

    Args:
        task: As it was named.
        folder: Where everything is kept.
        presets: Names or files of training randomizations; ``none`` and ``adr`` besides.
        algo: Of imitation.
        seeds: Trainings of each preset; training i has seed i under every preset.
        demonstrations: What is shown, the same for all.
        training: How it is learned, likewise.
        network: Which network learns, likewise.
        observation: Through what it sees, likewise.
        suite: What they are tested on.
        severities: At which of its levels.
        episodes: Of each condition.
        seed: Of the first of them.
        settings: Fixed changes to the task.
        perception: Trained perception to look through when tested.
    """

    task: str | Path | Task
    folder: Path
    presets: tuple[str, ...] = PRESETS
    algo: str = "dagger"
    seeds: int = 3
    demonstrations: DemonstrationConfig = field(default_factory=DemonstrationConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    network: NetworkConfig | None = None
    observation: ObservationConfig = GROUND_TRUTH
    suite: str | Path = "sim2real"
    severities: tuple[int, ...] = (3,)
    episodes: int = 50
    seed: int = 0
    settings: tuple[str, ...] = ()
    perception: str | Path | None = None

    @cached_property
    def labels(self) -> dict[str, str]:
        """What each preset is called, and the name or file that it has."""
        return {Path(preset).stem: preset for preset in self.presets}

    @property
    def trainings(self) -> list[TrainingKey]:
        """Every policy there will be, seed by seed, so that what ends early has whole sets of twins."""
        return [(label, seed) for seed in range(self.seeds) for label in self.labels]

    def get_policy_folder(self, training: TrainingKey) -> Path:
        """The folder of a policy."""
        label, seed = training
        return self.folder / STUDY_FOLDER.parts / f"{label}-{seed}"

    @cached_property
    def loaded_task(self) -> Task:
        """The task."""
        return load_task(self.task, self.settings)

    @cached_property
    def full_suite(self) -> Suite:
        """The suite with all of its axes and levels."""
        return load_suite(self.suite)

    def validate(self) -> None:
        """Refuse what is wrong before anything is trained."""
        if len(self.labels) < len(self.presets):
            raise UsageError(f"--presets: {' '.join(self.presets)} names one twice; name each once")
        for preset in {ADR_LIMIT_PRESET if preset == ADR else preset for preset in self.presets} - {NONE}:
            _require_preset(preset, self.loaded_task)
        suite = self.full_suite
        if suite.combine is not None or not suite.axes:
            raise UsageError(f"suite {suite.name}: tests no axis alone; name one that does: sim2real")
        for level in self.severities:
            if level not in suite.severities:
                raise UsageError(
                    f"--severities: {level} is no level of {suite.name}{suggest(str(level), map(str, suite.severities))}"
                )

    def build_manifest(self, command: str) -> Manifest:
        """What the folder is about."""
        task, suite = to_plain_data(asdict(self.loaded_task)), self.full_suite
        card: Manifest = to_plain_data(
            {
                "schema": SCHEMA,
                "program": STUDY_FOLDER.program,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "command": command,
                "version": provenance.read_version("mygym_lite"),
                "versions": provenance.read_versions(),
                "git": provenance.read_git_revision(),
                "simulation": compute_simulation_fingerprint(),
                "task": {"name": self.loaded_task.name, "digest": compute_fingerprint(task)},
                "presets": {label: _content(preset, self.loaded_task) for label, preset in self.labels.items()},
                "algo": self.algo,
                "seeds": self.seeds,
                "demonstrations": asdict(self.demonstrations),
                "training": {name: value for name, value in asdict(self.training).items() if name != "seed"},
                "network": None if self.network is None else asdict(self.network),
                "observation": asdict(self.observation),
                "suite": {
                    "name": suite.name,
                    "digest": compute_fingerprint(to_plain_data([asdict(axis) for axis in suite.axes])),
                },
                "severities": list(self.severities),
                "episodes": self.episodes,
                "seed": self.seed,
                "settings": list(self.settings),
                "perception": None if self.perception is None else str(self.perception),
            }
        )
        return card


def _require_preset(preset: str, task: Task) -> None:
    try:
        load_preset(preset, task)
    except MyGymError as error:
        if Path(preset).suffix or preset in list_presets():
            raise
        known = suggest(preset, [NONE, ADR, *list_presets()])
        raise UsageError(f"--presets: no randomization '{preset}' is shipped{known}") from error


def _content(preset: str, task: Task) -> str:
    """Fingerprint of what a preset varies."""
    if preset == NONE:
        return compute_fingerprint([])
    varied = load_preset(ADR_LIMIT_PRESET if preset == ADR else preset, task)
    return compute_fingerprint([[v.path, to_plain_data(v.to_dict())] for v in varied])


def make_study_plan(
    task: str | Path | Task, folder: str | Path, presets: Sequence[str | Path], **rest: Any
) -> RandomizationPlan:
    """A plan that can be carried out."""
    plan = RandomizationPlan(task, Path(folder), tuple(map(str, presets)), **rest)
    plan.validate()
    return plan
