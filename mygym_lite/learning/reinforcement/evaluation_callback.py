"""Validation callback: learning curve, best policy, checkpoints and stopping."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.jobs.progress import Progress
from mygym_lite.learning.reinforcement.checkpoints import save_checkpoint
from mygym_lite.learning.reinforcement.export import ReinforcementPolicy
from mygym_lite.learning.reinforcement.validation import ValidationConfig, ValidationPoint, run_validation

DIVERGED = "a weight became NaN or infinite"
"""Stop reason after divergence."""


class EvaluationCallback(BaseCallback):
    """Callback that validates the policy at intervals, and saves the best one.

    Args:
        env: Validation environment.
        config: Interval, episodes and target of the validation.
        total: Total steps of the training.
        folder: Folder of the policy.
        export: Function that exports the present policy, given this callback.
        progress: Progress callback.
        curve: Learning curve before a resume.
        minutes: Training time before a resume, min.
    """

    def __init__(
        self,
        env: TaskEnv,
        config: ValidationConfig,
        *,
        total: int,
        folder: Path,
        export: Callable[[EvaluationCallback], ReinforcementPolicy],
        progress: Progress,
        curve: list[ValidationPoint],
        minutes: float,
    ) -> None:
        super().__init__()
        self.curve, self.stop_reason, self.is_target_reached = curve, "", False
        self._env, self._config, self._total, self._folder = env, config, total, folder
        self._export, self._progress = export, progress
        self._minutes_before, self._start = minutes, time.monotonic()
        self._every = config.every or max(1, total // 20)
        self._next = (curve[-1].steps if curve else 0) + self._every

    @property
    def minutes(self) -> float:
        """Training time including validation, min."""
        return self._minutes_before + (time.monotonic() - self._start) / 60

    @property
    def best(self) -> ValidationPoint | None:
        """Point with the highest success rate; among equals, with the highest reward."""
        return max(self.curve, key=lambda point: (point.successes / point.episodes, point.reward), default=None)

    def _on_training_start(self) -> None:
        self._progress("steps", self.num_timesteps, self._total, self._format_note())

    def _on_rollout_start(self) -> None:
        """Validate between updates, when all transitions have been stored."""
        self._check_losses()
        if not self.stop_reason and self.model.num_timesteps >= self._next:
            self.validate()
            self._next = self.model.num_timesteps + self._every

    def _on_step(self) -> bool:
        self._progress("steps", min(self.num_timesteps, self._total), self._total, self._format_note())
        return not (self.stop_reason or self.is_target_reached)

    def validate(self) -> None:
        """Validate the policy, save it if it is the best so far, and write a checkpoint."""
        if not has_finite_weights(self.model):
            self.stop_reason = DIVERGED
            return
        episodes, steps = self._config.required_episodes, self.model.num_timesteps
        point = run_validation(self._env, self._export(self), episodes, steps, self.minutes)
        self.curve.append(point)
        self._log(point)
        if self.best is point:
            self._export(self).save(self._folder)
        self.write_checkpoint()
        self.is_target_reached = self._config.until is not None and point.low >= self._config.until

    def _log(self, point: ValidationPoint) -> None:
        """Log a point to TensorBoard, if enabled."""
        self.model.logger.record("validation/success", point.successes / point.episodes)
        self.model.logger.record("validation/reward", point.reward)
        self.model.logger.record("validation/seconds", point.seconds)
        self.model.logger.dump(point.steps)

    def validate_initial(self, model: Any) -> None:
        """Validate an initialised policy before training."""
        self.model = model
        self.validate()
        self.is_target_reached = False

    def validate_final(self) -> None:
        """Validate the final policy."""
        if not (self.is_target_reached or self.stop_reason):
            self.validate()

    def write_checkpoint(self) -> None:
        """Write a checkpoint."""
        state = {"curve": [list(point) for point in self.curve], "minutes": self.minutes}
        save_checkpoint(self._folder, self.model, state)

    def _check_losses(self) -> None:
        """Stop on a loss that is NaN or infinite, before the policy acts with its weights."""
        values = self.model.logger.name_to_value
        diverged = [name for name, value in values.items() if "loss" in name and not np.isfinite(value)]
        if diverged:
            self.stop_reason = f"{diverged[0].removeprefix('train/')} became NaN or infinite"

    def _format_note(self) -> str:
        if not self.curve:
            return ""
        last = self.curve[-1]
        return f", {last.successes} of {last.episodes} solved at step {last.steps}"


def has_finite_weights(model: Any) -> bool:
    """Return true if no weight is NaN or infinite."""
    total = torch.stack([weights.detach().sum() for weights in model.policy.parameters()]).sum()
    return bool(torch.isfinite(total))
