"""One reinforcement training, from its configuration to the saved policy."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import Logger, configure
from stable_baselines3.common.vec_env.base_vec_env import VecEnv
from stable_baselines3.common.vec_env.vec_monitor import VecMonitor

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.jobs.progress import Progress
from mygym_lite.learning.imitation.demonstrations import SEED_STRIDE
from mygym_lite.learning.reinforcement.algorithms import make_model
from mygym_lite.learning.reinforcement.checkpoints import find_latest_checkpoint, load_checkpoint, read_state
from mygym_lite.learning.reinforcement.config import ReinforcementConfig
from mygym_lite.learning.reinforcement.demonstrations import collect_trajectories, fill_buffer, read_trajectories
from mygym_lite.learning.reinforcement.env_wrappers import (
    DiscreteActions,
    NoTerminalOnSuccess,
    ShapedReward,
    make_action_table,
)
from mygym_lite.learning.reinforcement.evaluation_callback import DIVERGED, EvaluationCallback, has_finite_weights
from mygym_lite.learning.reinforcement.export import ReinforcementPolicy, export_actor
from mygym_lite.learning.reinforcement.hyperparameters import (
    ActorCritic,
    CommonHyperparameters,
    Dqn,
    OffPolicy,
    load_hyperparameters,
)
from mygym_lite.learning.reinforcement.validation import ValidationConfig, ValidationPoint
from mygym_lite.learning.reinforcement.warm_start import initialize_actor, load_init_policy
from mygym_lite.policies.saved import load_policy

FIRST_TRAINING_SEED = 40_000_000
"""Seed of the first training episode, far from those of validation and evaluation."""
_FIRST_INIT_SEED = 35_000_000  # seed of the first episode of the policy that initialises the actor
_LOG_INTERVAL = 10  # episodes between two entries of the log; on-policy algorithms log every rollout
INTERRUPTED = "interrupted"
"""Prefix of the stop reason after a keyboard interrupt."""


@dataclass(frozen=True)
class ReinforcementResult:
    """Result of a reinforcement training."""

    policy: ReinforcementPolicy
    folder: Path
    curve: tuple[ValidationPoint, ...]
    best: ValidationPoint
    """Point of the saved policy."""


class ReinforcementRun:
    """Training run.

    Args:
        config: Arguments of the training.
        validation: Interval, episodes and target of the validation.
        progress: Progress callback.
        env: Validation environment.
    """

    def __init__(
        self, config: ReinforcementConfig, validation: ValidationConfig, progress: Progress, env: TaskEnv
    ) -> None:
        self._config, self._validation, self._progress, self._env = config, validation, progress, env
        self._hyperparameters = self._adjust(load_hyperparameters(env.task, config.algo))
        self._total = config.steps or self._hyperparameters.steps
        self._action_table = None
        if isinstance(self._hyperparameters, Dqn):
            size = env.action_space.shape[0]  # type: ignore[index]
            self._action_table = make_action_table(size, self._hyperparameters.action_size)
        self._demonstration_buffer = {"episodes": 0, "steps": 0}

    def _adjust(self, hyperparameters: CommonHyperparameters) -> CommonHyperparameters:
        """Fit the replay buffer to the number of steps, and the start of hindsight to the length of an episode."""
        if not isinstance(hyperparameters, OffPolicy):
            return hyperparameters
        starts = hyperparameters.learning_starts
        if self._config.her:  # needs a finished episode
            starts = max(starts, self._config.envs * self._env.task.max_steps + 1)
        size = min(hyperparameters.buffer_size, self._config.steps or hyperparameters.steps)
        return replace(hyperparameters, learning_starts=starts, buffer_size=size)

    def train(self) -> ReinforcementResult:
        """Make the model, initialise it, train it, and save the best policy."""
        config, hyperparameters = self._config, self._hyperparameters
        init = None if config.start is None else load_init_policy(config.start, self._env)
        with closing(self._make_envs()) as envs:
            model = make_model(
                config.algo,
                hyperparameters,
                envs,
                seed=config.seed,
                her=config.her,
                uses_images=bool(config.cameras),
                init_network=None if init is None else init[1],
            )
            log = str(config.folder / "log")
            model.set_logger(configure(log, ["tensorboard"]) if config.tensorboard else Logger(None, []))
            if config.demonstrations:
                self._add_demonstrations(model)
            if init is not None:
                initialize_actor(model, *init, self._env, _FIRST_INIT_SEED + SEED_STRIDE * config.seed)
            if config.demonstrations and not config.resume and model.hyperparameters.offline_steps:
                model.pretrain_offline()
            return self._train_model(model, envs)

    def _make_envs(self) -> VecEnv:
        envs = self._config.env_factory.make_training_envs(self._env.task, self._config.envs)
        scale, bonus = self._hyperparameters.reward_scale, self._hyperparameters.bonus
        envs = NoTerminalOnSuccess(envs) if self._config.her else ShapedReward(envs, scale, bonus)
        return VecMonitor(envs if self._action_table is None else DiscreteActions(envs, self._action_table))

    def _add_demonstrations(self, model: Any) -> None:
        """Add demonstrations to the replay buffer."""
        source, hyperparameters = self._config.demonstrations, self._hyperparameters
        assert isinstance(hyperparameters, ActorCritic)
        trajectories = list(
            collect_trajectories(self._env, source, self._config.seed, self._progress)
            if isinstance(source, int)
            else read_trajectories(source, self._env)
        )
        weights = (1.0, 0.0) if self._config.her else (hyperparameters.reward_scale, hyperparameters.bonus)
        buffer = fill_buffer(model, trajectories, *weights)
        self._demonstration_buffer = {"episodes": len(trajectories), "steps": buffer.size()}
        model.replay_buffer.demonstrations = buffer
        model.replay_buffer.demonstration_fraction = hyperparameters.demonstration_fraction

    def _train_model(self, model: Any, envs: VecEnv) -> ReinforcementResult:
        config = self._config
        curve, minutes = self._resume(model) if config.resume else ([], 0.0)
        envs.seed(FIRST_TRAINING_SEED + SEED_STRIDE * config.seed + model.num_timesteps)
        config.folder.mkdir(parents=True, exist_ok=True)
        callback = EvaluationCallback(
            self._env,
            self._validation,
            total=self._total,
            folder=config.folder,
            export=lambda callback: self._export(model, callback),
            progress=self._progress,
            curve=curve,
            minutes=minutes,
        )
        if model.is_initialized and not config.resume:
            callback.validate_initial(model)
        stop_reason = self._learn(model, callback)
        return self._finish(callback, model.num_timesteps, stop_reason)

    def _resume(self, model: Any) -> tuple[list[ValidationPoint], float]:
        """Restore the checkpoint, and return the learning curve and the minutes so far."""
        folder = self._config.folder
        checkpoint = find_latest_checkpoint(folder)
        if int(checkpoint.name) >= self._total:
            raise UsageError(f"{folder}: has learned for {checkpoint.name} steps already; give more --steps")
        load_checkpoint(model, checkpoint)
        model.num_timesteps, model.is_initialized = int(checkpoint.name), True
        state = read_state(checkpoint)
        return [ValidationPoint(*point) for point in state["curve"]], state["minutes"]

    def _learn(self, model: Any, callback: EvaluationCallback) -> str:
        """Run the algorithm, and return the reason of an early stop, if any."""
        ranges_file = self._config.folder / "ranges.json"
        callbacks = self._config.env_factory.make_callbacks(self._env.task, self._total, ranges_file)
        remaining = self._total - model.num_timesteps
        interval = _LOG_INTERVAL if isinstance(self._hyperparameters, OffPolicy) else 1
        try:
            model.learn(remaining, [callback, *callbacks], reset_num_timesteps=False, log_interval=interval)
            callback.validate_final()
        except KeyboardInterrupt:
            callback.write_checkpoint()
            if callback.best is None:
                raise
            return f"{INTERRUPTED} at step {model.num_timesteps}"
        except ValueError as error:  # torch's distributions refuse NaN before the callback can see it
            if has_finite_weights(model) and "nan" not in str(error).lower():
                raise
            callback.stop_reason = callback.stop_reason or DIVERGED
        return f"at step {model.num_timesteps} {callback.stop_reason}" if callback.stop_reason else ""

    def _export(self, model: Any, callback: EvaluationCallback) -> ReinforcementPolicy:
        provenance = self._make_provenance(callback, model.num_timesteps, "")
        return export_actor(model, self._env, self._action_table, provenance)

    def _make_provenance(self, callback: EvaluationCallback, steps: int, stop_reason: str) -> dict[str, Any]:
        best = callback.best
        return {
            **self._config.to_dict(),
            "hyperparameters": asdict(self._hyperparameters),
            "steps": steps,
            "demonstration_buffer": self._demonstration_buffer,
            "minutes": round(callback.minutes, 1),
            "best": None if best is None else best._asdict(),
            "curve": [list(point) for point in callback.curve],
            "stop_reason": stop_reason or None,
        }

    def _finish(self, callback: EvaluationCallback, steps: int, stop_reason: str) -> ReinforcementResult:
        """Complete the provenance of the saved policy."""
        best, folder = callback.best, self._config.folder
        if best is None:
            raise UsageError(f"reinforcement: {stop_reason}, before the first validation; learn with a smaller rate")
        policy: Any = load_policy(folder)
        policy.metadata = replace(policy.metadata, provenance=self._make_provenance(callback, steps, stop_reason))
        policy.save(folder)
        if callback.stop_reason:
            raise UsageError(f"reinforcement: {stop_reason}; the best policy before that is in {folder}")
        return ReinforcementResult(policy, folder, tuple(callback.curve), best)
