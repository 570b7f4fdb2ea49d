"""The worlds in which imitation is shown what to do: declared, varied, or varied ever more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.randomization.adr import Widening
from mygym_lite.randomization.preset import load_preset
from mygym_lite.terms import load_task


@dataclass(frozen=True)
class ObservationConfig:
    """Through what it sees, where it is not told the truth.

    Args:
        cameras: Through which it sees pictures; of numbers it then gets only what the robot knows of itself.
        size: Width and height of the pictures, px.
        perception: Trained perception, which tells where things are: shipped, or a folder.
    """

    cameras: tuple[str, ...] = ()
    size: tuple[int, int] = (128, 128)
    perception: str | None = None

    def __post_init__(self) -> None:
        """Refuse both at once."""
        if self.cameras and self.perception:
            raise UsageError("imitation: who sees pictures is not told what is found in them; give pixels or perceive")

    def get_observed_fields(self, task: Task) -> ObservedFields:
        """The pictures that matter to it."""
        cameras = tuple(task.cameras) if self.perception else self.cameras
        return ObservedFields.from_cameras(cameras, "rgb") if cameras else ObservedFields()


GROUND_TRUTH = ObservationConfig()
"""It sees the numbers that the task shows, which are true."""


def make_training_env(
    task: str | Path | Task, randomization: str | Path | None, settings: Sequence[str], observation: ObservationConfig
) -> TaskEnv:  # fmt: skip
    """The environment as the learner sees it, with what it is told besides."""
    known = load_task(task)
    pictures: dict[str, Any] = {}
    if observation.cameras:
        pictures = {"observe": [*known.observe, "rgb"], "cameras": observation.cameras, "size": observation.size}
    env = TaskEnv(known, randomization=randomization, settings=settings, **pictures)
    if observation.perception is not None:
        from mygym_lite.perception.state_estimator import attach_estimator

        attach_estimator(env, observation.perception)
    return env


@dataclass(frozen=True)
class RandomizationConfig:
    """What differs from episode to episode.

    Args:
        preset: A preset, all of it from the first episode on.
        adr: A preset, to whose ends ranges grow where the learner succeeds.
        curriculum: Whether the ranges of the randomization widen, all alike, over the first half.
    """

    preset: str | Path | None = None
    adr: str | Path | None = None
    curriculum: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no sense together."""
        if self.adr is not None and (self.preset is not None or self.curriculum):
            raise UsageError("adr: ranges grow by themselves to those of its preset; leave --randomization and "
                             "--curriculum out")  # fmt: skip
        if self.curriculum and self.preset is None:
            raise UsageError("curriculum: no range could widen; give a --randomization")

    @property
    def widening(self) -> Widening | None:
        """How ranges widen, if they do."""
        return "adr" if self.adr is not None else "curriculum" if self.curriculum else None

    @property
    def fixed_preset(self) -> str | Path | None:
        """The preset that is there from the first episode on."""
        return None if self.curriculum else self.preset

    def select_variations(self, env: TaskEnv, observation: ObservationConfig) -> list[Variation]:
        """Where ranges may end; of what the learner cannot notice there are none: they would dilute the trials."""
        preset, view = self.adr or self.preset, observation.get_observed_fields(env.task)
        varied = () if preset is None else load_preset(preset, env.task)
        return [variation for variation in varied if view.is_affected_by(variation.path)]

    def to_dict(self) -> dict[str, Any]:
        """For whoever wants to know later."""
        return {
            "randomization": None if self.preset is None else str(self.preset),
            "adr": None if self.adr is None else str(self.adr), "curriculum": self.curriculum,
        }  # fmt: skip
