"""Watches a model while it learns: tries it, keeps the best, writes checkpoints, and says when to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.reinforcement.checkpoints import keep
from mygym_lite.learning.reinforcement.export import Learned
from mygym_lite.learning.reinforcement.validation import Point, Trials, tried

Watch = Callable[[str, int, int, str], None]
"""Is told what is being done, how much of it is, how much there is at most, and something about it."""


class Keeper(BaseCallback):
    """Keeps the best of the policies that there were.

    Args:
        env: In which policies are tried.
        trials: How often, and what is enough.
        total: Steps that are to be learned for.
        folder: Of the policy.
        export: Makes a policy of the model, with what is known of how it came to be.
        watch: Is told how it goes on.
        curve: Of what was learned before.
        minutes: That it had taken.
    """

    def __init__(
        self, env: TaskEnv, trials: Trials, total: int, folder: Path, export: Callable[[Keeper], Learned],
        watch: Watch, curve: list[Point], minutes: float,
    ) -> None:  # fmt: skip
        super().__init__()
        self.curve, self.trouble, self.done = curve, "", False
        self._env, self._trials, self._total, self._folder = env, trials, total, folder
        self._export, self._watch, self._before, self._began = export, watch, minutes, time.monotonic()
        self._every = trials.every or max(1, total // 20)
        self._next = (curve[-1].steps if curve else 0) + self._every

    @property
    def minutes(self) -> float:
        """Of learning, trials included."""
        return self._before + (time.monotonic() - self._began) / 60

    @property
    def best(self) -> Point | None:
        """Of the trials: the most successes, and of as many the most reward."""
        return max(self.curve, key=lambda point: (point.successes / point.episodes, point.reward), default=None)

    def _on_training_start(self) -> None:
        self._watch("steps", self.num_timesteps, self._total, self._more())

    def _on_rollout_start(self) -> None:
        """Between two lessons: everything that was lived has been remembered."""
        self._look()
        if not self.trouble and self.model.num_timesteps >= self._next:
            self.attempt()
            self._next = self.model.num_timesteps + self._every

    def _on_step(self) -> bool:
        self._watch("steps", min(self.num_timesteps, self._total), self._total, self._more())
        return not (self.trouble or self.done)

    def attempt(self) -> None:
        """Try the model, keep it if it is the best so far, and write a checkpoint."""
        if not sane(self.model):
            self.trouble = "a weight is no number any more"
            return
        policy = self._export(self)
        point = tried(self._env, policy, self._trials.needed, self.model.num_timesteps, self.minutes)
        self.curve.append(point)
        self._log(point)
        if self.best is point:
            self._export(self).save(self._folder)
        self.checkpoint()
        self.done = self._trials.until is not None and point.low >= self._trials.until

    def _log(self, point: Point) -> None:
        """The trial beside the losses, where somebody wants a log."""
        self.model.logger.record("trial/success", point.successes / point.episodes)
        self.model.logger.record("trial/reward", point.reward)
        self.model.logger.record("trial/seconds", point.seconds)
        self.model.logger.dump(point.steps)

    def before(self, model: Any) -> None:
        """Try what began from a policy, before anything is learned."""
        self.model = model
        self.attempt()
        self.done = False

    def after(self) -> None:
        """Try the model as it is at last."""
        if not (self.done or self.trouble):
            self.attempt()

    def checkpoint(self) -> None:
        """Write down everything that is needed to go on."""
        state = {"curve": [list(point) for point in self.curve], "minutes": self.minutes}
        keep(self._folder, self.model, state)

    def _look(self) -> None:
        """Notice losses that are no numbers, before anything acts by what came of them."""
        told = self.model.logger.name_to_value
        bad = [name for name, value in told.items() if "loss" in name and not np.isfinite(value)]
        if bad:
            self.trouble = f"{bad[0].removeprefix('train/')} is no number any more"

    def _more(self) -> str:
        if not self.curve:
            return ""
        last = self.curve[-1]
        return f", {last.successes} of {last.episodes} solved at step {last.steps}"


def sane(model: Any) -> bool:
    """Whether every weight is a number."""
    total = torch.stack([weights.detach().sum() for weights in model.policy.parameters()]).sum()
    return bool(torch.isfinite(total))
