"""One learning, from what was asked for to the policy."""

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
from mygym_lite.learning.reinforcement.evaluation_callback import EvaluationCallback, Progress, has_finite_weights
from mygym_lite.learning.reinforcement.export import ReinforcementPolicy, export_actor
from mygym_lite.learning.reinforcement.hyperparameters import (
    CommonHyperparameters,
    Dqn,
    OffPolicy,
    load_hyperparameters,
)
from mygym_lite.learning.reinforcement.replay_buffers import DemonstrationBuffer
from mygym_lite.learning.reinforcement.validation import ValidationConfig, ValidationPoint
from mygym_lite.learning.reinforcement.warm_start import initialize_actor, load_init_policy
from mygym_lite.policies.saved import load_policy

FIRST_TRAINING_SEED = 40_000_000
"""From here on episodes are numbered that are learned from; no trial and no evaluation comes near."""
_START = 35_000_000  # likewise of those in which a policy is played that is started from
_EPISODES = 10  # between two lines of the log; who learns from rollouts writes one after each
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class ReinforcementResult:
    """What comes out of reinforcement."""

    policy: ReinforcementPolicy
    folder: Path
    curve: tuple[ValidationPoint, ...]
    best: ValidationPoint
    """Of the policy that was kept."""


class ReinforcementRun:
    """Learns what was asked for, in environments like the one that it is tried in."""

    def __init__(
        self, config: ReinforcementConfig, validation: ValidationConfig, progress: Progress, env: TaskEnv
    ) -> None:
        self._asked, self._trials, self._watch, self._env = config, validation, progress, env
        self._table = self._fitted(load_hyperparameters(env.task, config.algo))
        self._total = config.steps or self._table.steps
        self._choices = None
        if isinstance(self._table, Dqn):
            self._choices = make_action_table(env.action_space.shape[0], self._table.action_size)  # type: ignore[index]
        self._shown = {"episodes": 0, "steps": 0}

    def _fitted(self, table: CommonHyperparameters) -> CommonHyperparameters:
        """The hyperparameters, with what has to be otherwise here."""
        if not isinstance(table, OffPolicy):
            return table
        least = self._asked.envs * self._env.task.max_steps + 1  # hindsight needs an episode that has ended
        starts = max(table.learning_starts, least) if self._asked.her else table.learning_starts
        size = min(table.buffer_size, self._asked.steps or table.steps)
        return replace(table, learning_starts=starts, buffer_size=size)

    def train(self) -> ReinforcementResult:
        """All of it."""
        asked = self._asked
        begun = None if asked.init_from is None else load_init_policy(asked.init_from, self._env)
        with closing(self._worlds()) as envs:
            model = make_model(
                asked.algo, self._table, envs, seed=asked.seed, her=asked.her, uses_images=bool(asked.cameras),
                init_network=None if begun is None else begun[1],
            )  # fmt: skip
            log = str(asked.folder / "log")
            model.set_logger(configure(log, ["tensorboard"]) if asked.tensorboard else Logger(None, []))
            if asked.demonstrations:
                self._show(model)
            if begun is not None:
                initialize_actor(model, *begun, self._env, _START + SEED_STRIDE * asked.seed)
            if asked.demonstrations and not asked.resume and self._table.offline:  # type: ignore[attr-defined]
                model.pretrain_offline()
            return self._through(model, envs)

    def _worlds(self) -> VecEnv:
        envs = self._asked.env_factory.make_training_envs(self._env.task, self._asked.envs)
        table = self._table
        worlds: VecEnv = (
            NoTerminalOnSuccess(envs) if self._asked.her else ShapedReward(envs, table.reward_scale, table.bonus)
        )
        return VecMonitor(worlds if self._choices is None else DiscreteActions(worlds, self._choices))  # for the log

    def _show(self, model: Any) -> None:
        """Let the learner remember what somebody showed."""
        demos, table = self._asked.demonstrations, self._table
        found = (
            collect_trajectories(self._env, demos, self._asked.seed, self._watch)
            if isinstance(demos, int) else read_trajectories(demos, self._env)
        )  # fmt: skip
        weights = (1.0, 0.0) if self._asked.her else (table.reward_scale, table.bonus)
        lessons = list(found)
        shown: DemonstrationBuffer = fill_buffer(model, lessons, *weights)
        self._shown = {"episodes": len(lessons), "steps": shown.size()}
        model.replay_buffer.demonstrations, model.replay_buffer.demonstration_fraction = (
            shown,
            table.demonstration_fraction,
        )  # type: ignore[attr-defined]

    def _through(self, model: Any, envs: VecEnv) -> ReinforcementResult:
        asked = self._asked
        curve, minutes = self._gone_on(model) if asked.resume else ([], 0.0)
        envs.seed(FIRST_TRAINING_SEED + SEED_STRIDE * asked.seed + model.num_timesteps)
        asked.folder.mkdir(parents=True, exist_ok=True)
        keeper = EvaluationCallback(
            self._env, self._trials, self._total, asked.folder, lambda keeper: self._export(model, keeper),
            self._watch, curve, minutes,
        )  # fmt: skip
        if getattr(model, "is_initialized", False) and not asked.resume:
            keeper.validate_initial(model)
        ended = self._until_the_end(model, keeper)
        return self._kept(keeper, model.num_timesteps, ended)

    def _gone_on(self, model: Any) -> tuple[list[ValidationPoint], float]:
        folder = self._asked.folder
        checkpoint = find_latest_checkpoint(folder)
        if int(checkpoint.name) >= self._total:
            raise UsageError(f"{folder}: has learned for {checkpoint.name} steps already; give more --steps")
        load_checkpoint(model, checkpoint)
        model.num_timesteps, model.is_initialized = int(checkpoint.name), True
        state = read_state(checkpoint)
        return [ValidationPoint(*point) for point in state["curve"]], state["minutes"]

    def _until_the_end(self, model: Any, keeper: EvaluationCallback) -> str:
        """Learn, and say why it ended if it was before its time."""
        widener = self._asked.env_factory.make_callbacks(
            self._env.task, self._total, self._asked.folder / "ranges.json"
        )
        left = self._total - model.num_timesteps
        try:
            every = _EPISODES if isinstance(self._table, OffPolicy) else 1
            model.learn(left, [keeper, *widener], reset_num_timesteps=False, log_interval=every)
            keeper.validate_final()
        except KeyboardInterrupt:
            keeper.write_checkpoint()
            if keeper.best is None:
                raise
            return f"{INTERRUPTED} at step {model.num_timesteps}"
        except ValueError as error:  # distributions refuse numbers that are none before anybody else sees them
            if has_finite_weights(model) and "nan" not in str(error).lower():
                raise
            keeper.stop_reason = keeper.stop_reason or "a weight is no number any more"
        return f"at step {model.num_timesteps} {keeper.stop_reason}" if keeper.stop_reason else ""

    def _export(self, model: Any, keeper: EvaluationCallback) -> ReinforcementPolicy:
        return export_actor(model, self._env, self._choices, self._made(keeper, model.num_timesteps, ""))

    def _made(self, keeper: EvaluationCallback, steps: int, ended: str) -> dict[str, Any]:
        """How the policy came to be, as JSON has it."""
        best = keeper.best
        return {
            **self._asked.to_dict(), "hyperparameters": asdict(self._table), "steps": steps, "demonstration_buffer": self._shown,
            "minutes": round(keeper.minutes, 1), "best": None if best is None else best._asdict(),
            "curve": [list(point) for point in keeper.curve], "stop_reason": ended or None,
        }  # fmt: skip

    def _kept(self, keeper: EvaluationCallback, steps: int, ended: str) -> ReinforcementResult:
        best, folder = keeper.best, self._asked.folder
        if best is None:
            raise UsageError(f"reinforcement: {ended}, and there was no trial before; learn with a smaller rate")
        policy: Any = load_policy(folder)
        policy.metadata = replace(policy.metadata, provenance=self._made(keeper, steps, ended))
        policy.save(folder)
        if keeper.stop_reason:
            raise UsageError(f"reinforcement: {ended}; the best policy before that is in {folder}")
        return ReinforcementResult(policy, folder, tuple(keeper.curve), best)
