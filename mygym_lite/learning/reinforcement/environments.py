"""Training and validation environments, and the callbacks that widen their ranges during training."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnv

from mygym_lite.config.sampling import get_start_variations
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.sb3_vec_env import SB3VecEnv
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector.env import TaskVectorEnv
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.learning.adr_env import AdrCallback, AdrEnv
from mygym_lite.randomization.adr import Adr, AdrConfig, Widening, list_ends, make_adr
from mygym_lite.randomization.preset import load_preset

IMAGE_SIZE = 84
"""Width and height of the images that a policy observes, px."""
_WITHHELD_GROUPS = ("goal", "object", "obstacle", "clutter", "shape")  # to be inferred from images instead
_WIDENING_SHARE = 0.5  # of the steps, after which a curriculum has reached the full ranges


@dataclass(frozen=True)
class EnvironmentFactory:
    """Factory of the environments of a training.

    Args:
        task: Task by name, TOML file or object.
        uses_goals: Make goal-conditioned environments, for hindsight experience replay.
        settings: Changes to the task, each as ``path=value``.
        randomization: Randomization preset; with ``widening``, the full ranges.
        cameras: Cameras to observe instead of the ground-truth state.
        observe: Observation groups, and ``instruction`` for its tokens; all groups of the task if empty.
        perception: Trained perception whose estimates replace the true poses: shipped name or folder.
        widening: ``adr`` widens ranges where the policy succeeds, ``curriculum`` all of them over the first half of the
            steps; without a preset, the ranges are those of the task's start.
    """

    task: str | Path | Task
    uses_goals: bool = False
    settings: tuple[str, ...] = ()
    randomization: str | Path | None = None
    cameras: tuple[str, ...] = ()
    observe: tuple[str, ...] = ()
    perception: str | Path | None = None
    widening: Widening | None = None

    def make_validation_env(self) -> TaskEnv:
        """Make an environment with the full ranges, or with the declared task under ADR."""
        preset = None if self.widening == "adr" else self.randomization
        return self._make_env(
            self.task, settings=self.settings, randomization=preset, **self._get_observation_arguments()
        )

    def make_training_envs(self, task: Task, num_envs: int) -> VecEnv:
        """Make the training environments of a task that includes the settings."""
        env_class: Any = self._make_env
        arguments = {"task": task, **self._get_observation_arguments()}
        if self.widening is None:
            arguments["randomization"] = self.randomization
        else:
            env_class = _AdrEnvFactory(self._make_env, self.randomization, self.widening)
        if num_envs == 1:
            return DummyVecEnv([lambda: env_class(**arguments)])
        vector = TaskVectorEnv(cast(type[TaskEnv], env_class), num_envs, arguments, autoreset_mode="SameStep")
        return SB3VecEnv(vector)

    def make_callbacks(self, task: Task, steps: int, path: Path) -> list[BaseCallback]:
        """Make the callback that widens the ranges, if any."""
        if self.widening is None:
            return []
        adr = _make_ranges(task, self.randomization, self.widening)
        if self.widening == "adr":
            return [AdrCallback(adr, path)]
        return [CurriculumCallback(adr, round(_WIDENING_SHARE * steps), path)]

    @property
    def _make_env(self) -> Callable[..., TaskEnv]:
        """Class of the environments, or a factory that attaches the perception to them."""
        env_class = GoalEnv if self.uses_goals else TaskEnv
        return env_class if self.perception is None else _EstimatingEnvFactory(env_class, self.perception)

    def _get_observation_arguments(self) -> dict[str, Any]:
        """Return the arguments that select groups, or replace ground-truth poses by images; empty for all groups."""
        selected: dict[str, Any] = {"observe": list(self.observe)} if self.observe else {}
        if not self.cameras:
            return selected
        with closing(TaskEnv(self.task, settings=self.settings, **selected)) as env:
            groups = [name for name in env.observation_space if name not in _WITHHELD_GROUPS]  # type: ignore[attr-defined]
        return {"observe": [*groups, "rgb"], "cameras": list(self.cameras), "size": (IMAGE_SIZE, IMAGE_SIZE)}


class CurriculumCallback(AdrCallback):
    """Callback that widens all ranges together, in proportion to the steps.

    Args:
        adr: Ranges.
        steps: Steps after which the ranges are full.
        path: JSON file of their state.
    """

    def __init__(self, adr: Adr, steps: int, path: Path) -> None:
        super().__init__(adr, path)
        self._steps, self._strength = max(1, steps), -1.0

    def _on_step(self) -> bool:
        strength = round(min(1.0, self.num_timesteps / self._steps), 2)
        if strength != self._strength:
            self._strength = strength
            self.adr.set_strength(strength)
            self._update_envs()
        return True


@dataclass(frozen=True)
class _EstimatingEnvFactory:
    """Picklable factory of environments that observe estimated instead of ground-truth poses."""

    env_class: type[TaskEnv]
    perception: str | Path

    def __call__(self, task: str | Path | Task, **arguments: Any) -> TaskEnv:
        from mygym_lite.perception.state_estimator import attach_estimator

        env = self.env_class(task, **arguments)
        try:
            attach_estimator(env, self.perception)
        except Exception:
            env.close()
            raise
        return env


@dataclass(frozen=True)
class _AdrEnvFactory:
    """Picklable factory of environments with adjustable ranges."""

    make_env: Callable[..., TaskEnv]
    preset: str | Path | None
    widening: Widening

    def __call__(self, task: Task, **arguments: Any) -> AdrEnv:
        arguments.pop("render_mode", None)
        ranges = _make_ranges(task, self.preset, self.widening)
        return AdrEnv(self.make_env(task if self.preset is not None else _fix_start(task), **arguments), ranges)


def _make_ranges(task: Task, preset: str | Path | None, widening: Widening) -> Adr:
    config = AdrConfig() if widening == "adr" else AdrConfig(boundary_share=0.0)
    if preset is not None:
        return make_adr(task, load_preset(preset, task), config)
    try:
        return make_adr(_fix_start(task), _list_start_ranges(task), config)
    except ConfigError:
        raise UsageError(f"curriculum: {task.name} always starts alike; give a --randomization to widen") from None


def _list_start_ranges(task: Task) -> list[Variation]:
    return [variation for variation in get_start_variations(task) if list_ends(variation)]


def _fix_start(task: Task) -> Task:
    """Replace the ranges of the start by the declared values."""
    paths = {variation.path for variation in _list_start_ranges(task)}
    return replace(task, start={path: call for path, call in task.start.items() if path not in paths})
