"""Environment of imitation: observations and domain randomization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation
from mygym_lite.envs.cameras import IMAGE_KINDS
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.data import ObservationSplit
from mygym_lite.learning.randomization_config import RandomizationConfig
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.randomization.preset import load_preset
from mygym_lite.terms import load_task


@dataclass(frozen=True)
class ObservationConfig:
    """Observations of the policy.

    Args:
        cameras: Cameras whose images are observed; state vectors are then limited to proprioception.
        size: Width and height of the images, px.
        perception: Trained perception that estimates the poses: shipped name or folder.
        observe: Observation groups, and ``instruction`` for its tokens; all groups of the task if empty.
    """

    cameras: tuple[str, ...] = ()
    size: tuple[int, int] = (128, 128)
    perception: str | None = None
    observe: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse cameras together with perception, and kinds of images without a camera."""
        if self.cameras and self.perception:
            raise UsageError("imitation: a policy over images takes no estimated poses; give cameras or perception")
        if kinds := set(self.observe).intersection(IMAGE_KINDS):
            raise UsageError(f"observe: '{min(kinds)}' is a kind of image; name the cameras to observe instead")

    def to_dict(self) -> dict[str, Any]:
        """Convert the configuration for JSON; an empty ``observe`` is left out."""
        table = asdict(self)
        return table if self.observe else {name: value for name, value in table.items() if name != "observe"}

    def get_observed_fields(self, task: Task) -> ObservedFields:
        """Return the task fields that can affect the policy."""
        cameras = tuple(task.cameras) if self.perception else self.cameras
        return ObservedFields.from_cameras(cameras, *(["rgb"] if cameras else []), *self.observe)


GROUND_TRUTH = ObservationConfig()
"""Observations of the task itself, read from the ground-truth state."""


def make_training_env(
    task: str | Path | Task, randomization: str | Path | None, settings: Sequence[str], observation: ObservationConfig
) -> TaskEnv:
    """Make an environment with the observations of the policy, and the withheld state for the auxiliary loss."""
    loaded = load_task(task)
    arguments: dict[str, Any] = {"observe": list(observation.observe)} if observation.observe else {}
    if observation.cameras:
        groups = [*(observation.observe or loaded.observe), "rgb"]
        arguments = {"observe": groups, "cameras": observation.cameras, "size": observation.size}
    env = TaskEnv(loaded, randomization=randomization, settings=settings, **arguments)
    if observation.cameras and observation.observe and not ObservationSplit.for_env(env).auxiliary:
        env.close()
        raise UsageError("observe: names no group with poses, which images are trained to predict; add one of the task")
    if observation.perception is not None:
        from mygym_lite.perception.state_estimator import attach_estimator

        attach_estimator(env, observation.perception)
    return env


def select_variations(env: TaskEnv, config: RandomizationConfig, observation: ObservationConfig) -> list[Variation]:
    """Select the variations that can affect the policy; others would waste episodes at their boundaries."""
    preset, fields = config.adr or config.preset, observation.get_observed_fields(env.task)
    variations = () if preset is None else load_preset(preset, env.task)
    return [variation for variation in variations if fields.is_affected_by(variation.path)]
