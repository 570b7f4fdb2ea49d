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
from mygym_lite.learning.reinforcement.checkpoints import save_checkpoint
from mygym_lite.learning.reinforcement.export import ReinforcementPolicy
from mygym_lite.learning.reinforcement.validation import ValidationConfig, ValidationPoint, run_validation

Progress = Callable[[str, int, int, str], None]
"""Is told what is being done, how much of it is, how much there is at most, and something about it."""


class EvaluationCallback(BaseCallback):
    """Keeps the best of the policies that there were.

    Args:
        env: In which policies are tried.
        validation: How often, and what is enough.
        total: Steps that are to be learned for.
        folder: Of the policy.
        export: Makes a policy of the model, with what is known of how it came to be.
        progress: Is told how it goes on.
        curve: Of what was learned before.
        minutes: That it had taken.
    """

    def __init__(
        self,
        env: TaskEnv,
        validation: ValidationConfig,
        total: int,
        folder: Path,
        export: Callable[[EvaluationCallback], ReinforcementPolicy],
        progress: Progress,
        curve: list[ValidationPoint],
        minutes: float,
    ) -> None:
        super().__init__()
        self.curve, self.stop_reason, self.is_target_reached = curve, "", False
        self._env, self._trials, self._total, self._folder = env, validation, total, folder
        self._export, self._watch, self._before, self._began = export, progress, minutes, time.monotonic()
        self._every = validation.every or max(1, total // 20)
        self._next = (curve[-1].steps if curve else 0) + self._every

    @property
    def minutes(self) -> float:
        """Of learning, trials included."""
        return self._before + (time.monotonic() - self._began) / 60

    @property
    def best(self) -> ValidationPoint | None:
        """Of the trials: the most successes, and of as many the most reward."""
        return max(self.curve, key=lambda point: (point.successes / point.episodes, point.reward), default=None)

    def _on_training_start(self) -> None:
        self._watch("steps", self.num_timesteps, self._total, self._more())

    def _on_rollout_start(self) -> None:
        """Between two lessons: everything that was lived has been remembered."""
        self._look()
        if not self.stop_reason and self.model.num_timesteps >= self._next:
            self.validate()
            self._next = self.model.num_timesteps + self._every

    def _on_step(self) -> bool:
        self._watch("steps", min(self.num_timesteps, self._total), self._total, self._more())
        return not (self.stop_reason or self.is_target_reached)

    def validate(self) -> None:
        """Try the model, keep it if it is the best so far, and write a checkpoint."""
        if not has_finite_weights(self.model):
            self.stop_reason = "a weight is no number any more"
            return
        policy = self._export(self)
        point = run_validation(
            self._env, policy, self._trials.required_episodes, self.model.num_timesteps, self.minutes
        )
        self.curve.append(point)
        self._log(point)
        if self.best is point:
            self._export(self).save(self._folder)
        self.write_checkpoint()
        self.is_target_reached = self._trials.until is not None and point.low >= self._trials.until

    def _log(self, point: ValidationPoint) -> None:
        """The trial beside the losses, where somebody wants a log."""
        self.model.logger.record("validation/success", point.successes / point.episodes)
        self.model.logger.record("validation/reward", point.reward)
        self.model.logger.record("validation/seconds", point.seconds)
        self.model.logger.dump(point.steps)

    def validate_initial(self, model: Any) -> None:
        """Try what began from a policy, before anything is learned."""
        self.model = model
        self.validate()
        self.is_target_reached = False

    def validate_final(self) -> None:
        """Try the model as it is at last."""
        if not (self.is_target_reached or self.stop_reason):
            self.validate()

    def write_checkpoint(self) -> None:
        """Write down everything that is needed to go on."""
        state = {"curve": [list(point) for point in self.curve], "minutes": self.minutes}
        save_checkpoint(self._folder, self.model, state)

    def _look(self) -> None:
        """Notice losses that are no numbers, before anything acts by what came of them."""
        told = self.model.logger.name_to_value
        bad = [name for name, value in told.items() if "loss" in name and not np.isfinite(value)]
        if bad:
            self.stop_reason = f"{bad[0].removeprefix('train/')} is no number any more"

    def _more(self) -> str:
        if not self.curve:
            return ""
        last = self.curve[-1]
        return f", {last.successes} of {last.episodes} solved at step {last.steps}"


def has_finite_weights(model: Any) -> bool:
    """Whether every weight is a number."""
    total = torch.stack([weights.detach().sum() for weights in model.policy.parameters()]).sum()
    return bool(torch.isfinite(total))
