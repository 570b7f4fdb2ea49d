"""The environments that a learner lives in, and how their ranges widen while it learns."""

from __future__ import annotations

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
"""Width and height of the pictures that a learner sees, px."""
_TOLD = ("goal", "object", "obstacle", "clutter", "shape")  # groups that say what pictures are to show
_HALF = 0.5  # of the steps, in which a curriculum reaches the whole of its ranges


@dataclass(frozen=True)
class EnvironmentFactory:
    """Where somebody learns.

    Args:
        task: Which.
        uses_goals: Whether goals stand apart, for hindsight.
        settings: Fixed changes to the task.
        randomization: A preset, which with ``widening`` is what ranges grow to.
        cameras: Cameras to see the scene through, instead of being told.
        widening: ``adr`` grows ranges where the policy succeeds, ``curriculum`` all of them over the first half of the
            steps; of the preset, or where there is none of what the task declares as its start.
    """

    task: str | Path | Task
    uses_goals: bool = False
    settings: tuple[str, ...] = ()
    randomization: str | Path | None = None
    cameras: tuple[str, ...] = ()
    widening: Widening | None = None

    def make_validation_env(self) -> TaskEnv:
        """One environment to be tried in: as hard as it can get, but declared where ranges grow by themselves."""
        preset = None if self.widening == "adr" else self.randomization
        return self._kind(self.task, settings=self.settings, randomization=preset, **self._seen())

    def make_training_envs(self, task: Task, num_envs: int) -> VecEnv:
        """Environments to learn in, with the settings already in the task."""
        kind: Any = self._kind
        arguments = {"task": task, "randomization": self.randomization, **self._seen()}
        if self.widening is not None:
            kind, arguments = _Widened(self._kind, self.randomization, self.widening), {"task": task, **self._seen()}
        if num_envs == 1:
            return DummyVecEnv([lambda: kind(**arguments)])
        vector = TaskVectorEnv(cast(type[TaskEnv], kind), num_envs, arguments, autoreset_mode="SameStep")
        return SB3VecEnv(vector)

    def make_callbacks(self, task: Task, steps: int, path: Path) -> list[BaseCallback]:
        """Who moves the ranges, if somebody does."""
        if self.widening is None:
            return []
        adr = _ranges(task, self.randomization, self.widening)
        return [
            AdrCallback(adr, path) if self.widening == "adr" else CurriculumCallback(adr, round(_HALF * steps), path)
        ]

    @property
    def _kind(self) -> type[TaskEnv]:
        return GoalEnv if self.uses_goals else TaskEnv

    def _seen(self) -> dict[str, Any]:
        """What is observed, where it is not what the task declares."""
        if not self.cameras:
            return {}
        with closing(TaskEnv(self.task, settings=self.settings)) as env:
            groups = [name for name in env.observation_space if name not in _TOLD]  # type: ignore[attr-defined]
        return {"observe": [*groups, "rgb"], "cameras": list(self.cameras), "size": (IMAGE_SIZE, IMAGE_SIZE)}


class CurriculumCallback(AdrCallback):
    """Widens all ranges alike, from what is declared to the whole, as time goes by.

    Args:
        adr: The ranges.
        steps: After which they are whole.
        path: Where their state is kept.
    """

    def __init__(self, adr: Adr, steps: int, path: Path) -> None:
        super().__init__(adr, path)
        self._steps, self._share = max(1, steps), -1.0

    def _on_step(self) -> bool:
        share = round(min(1.0, self.num_timesteps / self._steps), 2)
        if share != self._share:
            self._share = share
            self.adr.set_strength(share)
            self._spread()
        return True


@dataclass(frozen=True)
class _Widened:
    """Makes environments whose ranges somebody moves; it can be sent to other processes."""

    kind: type[TaskEnv]
    preset: str | Path | None
    widening: Widening

    def __call__(self, task: Task, **arguments: Any) -> AdrEnv:
        arguments.pop("render_mode", None)
        ranges = _ranges(task, self.preset, self.widening)
        return AdrEnv(self.kind(task if self.preset is not None else _without_start(task), **arguments), ranges)


def _ranges(task: Task, preset: str | Path | None, widening: Widening) -> Adr:
    pace = AdrConfig() if widening == "adr" else AdrConfig(boundary_share=0.0)
    if preset is not None:
        return make_adr(task, load_preset(preset, task), pace)
    try:
        return make_adr(_without_start(task), _ranged(task), pace)
    except ConfigError:
        raise UsageError(f"curriculum: {task.name} always starts alike; give a --randomization to widen") from None


def _ranged(task: Task) -> list[Variation]:
    return [variation for variation in get_start_variations(task) if list_ends(variation)]


def _without_start(task: Task) -> Task:
    """The task, starting where it is declared wherever that has a range."""
    ranged = {variation.path for variation in _ranged(task)}
    return replace(task, start={path: call for path, call in task.start.items() if path not in ranged})
