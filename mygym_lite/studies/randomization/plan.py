"""The plan of a randomization study: policies that differ in their training randomization alone, and their tests."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from mygym_lite.config.task import Task
from mygym_lite.errors import MyGymError, UsageError, suggest
from mygym_lite.fingerprint import compute_fingerprint, to_plain_data
from mygym_lite.harness.manifest import SCHEMA
from mygym_lite.jobs.folder import JobFolder
from mygym_lite.jobs.manifest import Manifest, build_common_manifest, describe_declaration
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.environment import GROUND_TRUTH, ObservationConfig
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.randomization.preset import list_presets, load_preset
from mygym_lite.randomization.suite import Suite
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.terms import load_task

NONE, ADR = "none", "adr"
PRESETS = (NONE, "visual", "dynamics", "full", ADR)
ADR_LIMIT_PRESET = "full"
"""Preset whose ranges limit automatic domain randomization."""
TrainingKey = tuple[str, int]
"""Label of a preset, and seed of a training."""


@dataclass(frozen=True)
class RandomizationPlan:
    """Settings of a study; arguments as of ``study_randomization``."""

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
        """Label of each preset, with its name or file."""
        return {Path(preset).stem: preset for preset in self.presets}

    @property
    def trainings(self) -> list[TrainingKey]:
        """All trainings, seed by seed, so that an interrupted study has complete sets to compare."""
        return [(label, seed) for seed in range(self.seeds) for label in self.labels]

    def get_policy_folder(self, training: TrainingKey) -> Path:
        """Return the folder of a policy."""
        label, seed = training
        return self.folder / STUDY_FOLDER.parts / f"{label}-{seed}"

    @cached_property
    def loaded_task(self) -> Task:
        """The task, with its settings."""
        return load_task(self.task, self.settings)

    @cached_property
    def full_suite(self) -> Suite:
        """The suite with all of its axes and levels."""
        return load_suite(self.suite)

    def __post_init__(self) -> None:
        """Refuse mistakes before anything is trained."""
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
                    f"--severities: {level} is not a severity of {suite.name}"
                    f"{suggest(str(level), map(str, suite.severities))}"
                )

    def build_manifest(self, command: str) -> Manifest:
        """Build the manifest of the study's folder."""
        task, suite = self.loaded_task, self.full_suite
        manifest: Manifest = to_plain_data(
            build_common_manifest(STUDY_FOLDER.program, SCHEMA)
            | {
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "command": command,
                "task": {"name": task.name, "digest": describe_declaration(task)["digest"]},
                "presets": {label: _fingerprint_preset(preset, task) for label, preset in self.labels.items()},
                "algo": self.algo,
                "seeds": self.seeds,
                "demonstrations": asdict(self.demonstrations),
                "training": {name: value for name, value in asdict(self.training).items() if name != "seed"},
                "network": None if self.network is None else asdict(self.network),
                "observation": self.observation.to_dict(),
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
        return manifest


def _require_preset(preset: str, task: Task) -> None:
    try:
        load_preset(preset, task)
    except MyGymError as error:
        if Path(preset).suffix or preset in list_presets():
            raise
        known = suggest(preset, [NONE, ADR, *list_presets()])
        raise UsageError(f"--presets: no randomization '{preset}' is shipped{known}") from error


def _fingerprint_preset(preset: str, task: Task) -> str:
    if preset == NONE:
        return compute_fingerprint([])
    variations = load_preset(ADR_LIMIT_PRESET if preset == ADR else preset, task)
    return compute_fingerprint([[v.path, to_plain_data(v.to_dict())] for v in variations])


def _merge_manifests(previous: Manifest, now: Manifest) -> Manifest:
    """Add presets to a study; one of the same name has to be the same."""
    for label, fingerprint in now["presets"].items():
        if previous["presets"].get(label, fingerprint) != fingerprint:
            raise ValueError(f"holds policies of another '{label}'")
    return now | {"presets": previous["presets"] | now["presets"]}


STUDY_FOLDER = JobFolder(
    "study.json",
    "mygym_lite study randomization",
    "randomization study",
    identity_keys=(
        "schema task algo demonstrations training network observation settings suite severities seed "
        "perception versions"
    ),
    kept_keys=("created", "git"),
    parts="policies",
    merge=_merge_manifests,
)
"""Presets, training seeds and episodes may be added."""
