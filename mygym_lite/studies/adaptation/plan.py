"""The plan of an adaptation study: a policy, the worlds that it adapts to, and the amounts of experience."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from mygym_lite.errors import UsageError
from mygym_lite.jobs.folder import JobFolder
from mygym_lite.jobs.manifest import Manifest, build_common_manifest, describe_declaration
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.terms import load_task

POLICIES, RUNS = "policies", "runs"
ADAPTATION_FOLDER = JobFolder(
    "study.json",
    "mygym_lite study adaptation",
    "adaptation study",
    identity_keys="schema program task policy worlds demonstrations expert simulation",
    kept_keys=("git",),
    merge=lambda _previous, now: now,
)
EXPERIENCE = (0, 1, 5, 20)
Origin = Literal["start", "anew"]
"""Origin of the first weights: those of the given policy, or random ones."""


class Candidate(NamedTuple):
    """One policy of the study."""

    world: str
    origin: Origin
    episodes: int
    """Demonstrations in the world."""

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"{self.world}-{self.origin}-{self.episodes}"


@dataclass(frozen=True)
class AdaptationPlan:
    """Settings of a study; arguments as of ``study_adaptation``."""

    task: str
    policy: str
    worlds: Mapping[str, tuple[str, ...]]
    folder: Path
    experience: tuple[int, ...] = EXPERIENCE
    episodes: int = 100
    seed: int = 0
    noise: float | None = None

    def __post_init__(self) -> None:
        """Refuse worlds and amounts of experience that mean nothing."""
        if not self.worlds:
            raise UsageError("worlds: none; name one and its changes, as in mujoco physics.engine=mujoco")
        for name, changes in self.worlds.items():
            if not name or not name.replace("_", "").replace("-", "").isalnum():
                raise UsageError(f"worlds: '{name}' is no name of a world; use letters, digits, - and _")
            if not changes:
                raise UsageError(f"worlds: {name} changes nothing; give PATH=VALUE, as in physics.engine=mujoco")
            load_task(self.task, changes)
        if not self.experience or min(self.experience) < 0:
            raise UsageError(f"experience: {list(self.experience)}; give numbers of demonstrations, 0 or more")

    @property
    def candidates(self) -> Iterator[Candidate]:
        """All policies of the study, world by world."""
        for world in self.worlds:
            for episodes in self.experience:
                yield Candidate(world, "start", episodes)
                if episodes:
                    yield Candidate(world, "anew", episodes)

    def get_folder(self, candidate: Candidate) -> Path:
        """Return the folder of a policy."""
        return self.folder / POLICIES / candidate.name

    def build_manifest(self, command: str) -> Manifest:
        """Build the manifest of the study's folder."""
        task = load_task(self.task)
        return build_common_manifest(ADAPTATION_FOLDER.program, 1) | {
            "command": command,
            "task": {"name": task.name, "digest": describe_declaration(task)["digest"]},
            "policy": {"name": Path(self.policy).name, "digest": find_policy(self.policy).describe()["digest"]},
            "worlds": {name: list(changes) for name, changes in self.worlds.items()},
            "demonstrations": {"noise": self.noise},
            "expert": find_policy("expert").describe()["digest"],
            "experience": list(self.experience),
            "episodes": self.episodes,
            "seed": self.seed,
        }
