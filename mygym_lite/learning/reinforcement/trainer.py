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
from mygym_lite.learning.imitation.demonstrations import APART
from mygym_lite.learning.reinforcement.algorithms import make_model
from mygym_lite.learning.reinforcement.checkpoints import latest, read_state, restore
from mygym_lite.learning.reinforcement.config import Asked
from mygym_lite.learning.reinforcement.demonstrations import played, recorded, told
from mygym_lite.learning.reinforcement.env_wrappers import Choosing, Rewarded, Unending, one_at_a_time
from mygym_lite.learning.reinforcement.evaluation_callback import Keeper, Watch, sane
from mygym_lite.learning.reinforcement.export import Learned, exported
from mygym_lite.learning.reinforcement.hyperparameters import Dqn, OffPolicy, Shared, hyperparameters
from mygym_lite.learning.reinforcement.replay_buffers import Shown
from mygym_lite.learning.reinforcement.validation import Point, Trials
from mygym_lite.learning.reinforcement.warm_start import begin, start_policy
from mygym_lite.policies.saved import load_policy

FIRST = 40_000_000
"""From here on episodes are numbered that are learned from; no trial and no evaluation comes near."""
_START = 35_000_000  # likewise of those in which a policy is played that is started from
_EPISODES = 10  # between two lines of the log; who learns from rollouts writes one after each
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Reinforced:
    """What comes out of reinforcement."""

    policy: Learned
    folder: Path
    curve: tuple[Point, ...]
    best: Point
    """Of the policy that was kept."""


class Run:
    """Learns what was asked for, in environments like the one that it is tried in."""

    def __init__(self, asked: Asked, trials: Trials, watch: Watch, env: TaskEnv) -> None:
        self._asked, self._trials, self._watch, self._env = asked, trials, watch, env
        self._table = self._fitted(hyperparameters(env.task, asked.algo))
        self._total = asked.steps or self._table.steps
        self._choices = None
        if isinstance(self._table, Dqn):
            self._choices = one_at_a_time(env.action_space.shape[0], self._table.push)  # type: ignore[index]
        self._shown = {"episodes": 0, "steps": 0}

    def _fitted(self, table: Shared) -> Shared:
        """The hyperparameters, with what has to be otherwise here."""
        if not isinstance(table, OffPolicy):
            return table
        least = self._asked.envs * self._env.task.max_steps + 1  # hindsight needs an episode that has ended
        starts = max(table.learning_starts, least) if self._asked.her else table.learning_starts
        size = min(table.buffer_size, self._asked.steps or table.steps)
        return replace(table, learning_starts=starts, buffer_size=size)

    def learn(self) -> Reinforced:
        """All of it."""
        asked = self._asked
        begun = None if asked.start is None else start_policy(asked.start, self._env)
        with closing(self._worlds()) as envs:
            model = make_model(
                asked.algo, self._table, envs, seed=asked.seed, her=asked.her, pixels=bool(asked.pixels),
                start=None if begun is None else begun[1],
            )  # fmt: skip
            log = str(asked.folder / "log")
            model.set_logger(configure(log, ["tensorboard"]) if asked.tensorboard else Logger(None, []))
            if asked.demos:
                self._show(model)
            if begun is not None:
                begin(model, *begun, self._env, _START + APART * asked.seed)
            if asked.demos and not asked.resume and self._table.offline:  # type: ignore[attr-defined]
                model.study()
            return self._through(model, envs)

    def _worlds(self) -> VecEnv:
        envs = self._asked.place.many(self._env.task, self._asked.envs)
        table = self._table
        worlds: VecEnv = Unending(envs) if self._asked.her else Rewarded(envs, table.shaped, table.bonus)
        return VecMonitor(worlds if self._choices is None else Choosing(worlds, self._choices))  # for the log

    def _show(self, model: Any) -> None:
        """Let the learner remember what somebody showed."""
        demos, table = self._asked.demos, self._table
        found = (
            played(self._env, demos, self._asked.seed, self._watch)
            if isinstance(demos, int) else recorded(demos, self._env)
        )  # fmt: skip
        weights = (1.0, 0.0) if self._asked.her else (table.shaped, table.bonus)
        lessons = list(found)
        shown: Shown = told(model, lessons, *weights)
        self._shown = {"episodes": len(lessons), "steps": shown.size()}
        model.replay_buffer.shown, model.replay_buffer.share = shown, table.shown  # type: ignore[attr-defined]

    def _through(self, model: Any, envs: VecEnv) -> Reinforced:
        asked = self._asked
        curve, minutes = self._gone_on(model) if asked.resume else ([], 0.0)
        envs.seed(FIRST + APART * asked.seed + model.num_timesteps)
        asked.folder.mkdir(parents=True, exist_ok=True)
        keeper = Keeper(
            self._env, self._trials, self._total, asked.folder, lambda keeper: self._export(model, keeper),
            self._watch, curve, minutes,
        )  # fmt: skip
        if getattr(model, "started", False) and not asked.resume:
            keeper.before(model)
        ended = self._until_the_end(model, keeper)
        return self._kept(keeper, model.num_timesteps, ended)

    def _gone_on(self, model: Any) -> tuple[list[Point], float]:
        folder = self._asked.folder
        checkpoint = latest(folder)
        if int(checkpoint.name) >= self._total:
            raise UsageError(f"{folder}: has learned for {checkpoint.name} steps already; give more --steps")
        restore(model, checkpoint)
        model.num_timesteps, model.started = int(checkpoint.name), True
        state = read_state(checkpoint)
        return [Point(*point) for point in state["curve"]], state["minutes"]

    def _until_the_end(self, model: Any, keeper: Keeper) -> str:
        """Learn, and say why it ended if it was before its time."""
        widener = self._asked.place.widener(self._env.task, self._total, self._asked.folder / "ranges.json")
        left = self._total - model.num_timesteps
        try:
            every = _EPISODES if isinstance(self._table, OffPolicy) else 1
            model.learn(left, [keeper, *widener], reset_num_timesteps=False, log_interval=every)
            keeper.after()
        except KeyboardInterrupt:
            keeper.checkpoint()
            if keeper.best is None:
                raise
            return f"{INTERRUPTED} at step {model.num_timesteps}"
        except ValueError as error:  # distributions refuse numbers that are none before anybody else sees them
            if sane(model) and "nan" not in str(error).lower():
                raise
            keeper.trouble = keeper.trouble or "a weight is no number any more"
        return f"at step {model.num_timesteps} {keeper.trouble}" if keeper.trouble else ""

    def _export(self, model: Any, keeper: Keeper) -> Learned:
        return exported(model, self._env, self._choices, self._made(keeper, model.num_timesteps, ""))

    def _made(self, keeper: Keeper, steps: int, ended: str) -> dict[str, Any]:
        """How the policy came to be, as JSON has it."""
        best = keeper.best
        return {
            **self._asked.card(), "hyperparameters": asdict(self._table), "steps": steps, "shown": self._shown,
            "minutes": round(keeper.minutes, 1), "kept": None if best is None else best._asdict(),
            "curve": [list(point) for point in keeper.curve], "ended": ended or None,
        }  # fmt: skip

    def _kept(self, keeper: Keeper, steps: int, ended: str) -> Reinforced:
        best, folder = keeper.best, self._asked.folder
        if best is None:
            raise UsageError(f"reinforcement: {ended}, and there was no trial before; learn with a smaller rate")
        policy: Any = load_policy(folder)
        policy.description = replace(policy.description, made=self._made(keeper, steps, ended))
        policy.save(folder)
        if keeper.trouble:
            raise UsageError(f"reinforcement: {ended}; the best policy before that is in {folder}")
        return Reinforced(policy, folder, tuple(keeper.curve), best)
