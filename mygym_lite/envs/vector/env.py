"""Many worlds of one task stepped at once, several in each process."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector.shard import EnvShard, Info, SharedBuffers
from mygym_lite.envs.vector.workers import WorkerGroup
from mygym_lite.errors import ConfigError, UsageError, suggest


def check_actions(actions: ArrayLike, shape: tuple[int, ...] | None) -> NDArray[np.float64]:
    """One action for each environment, every number of them finite."""
    array = np.asarray(actions, dtype=np.float64)
    if array.shape != shape:
        raise UsageError(f"actions have shape {array.shape}, these environments take {shape}")
    if not np.isfinite(array).all():
        index, column = np.argwhere(~np.isfinite(array))[0]
        raise UsageError(f"environment {index}: action holds {array[index, column]}; every number must be finite")
    return array


def resolve_seeds(seed: int | Sequence[int | None] | None, num_envs: int) -> list[int | None]:
    """One seed for each environment; a single one counts on from the first."""
    if isinstance(seed, int | np.integer):
        return [int(seed) + i for i in range(num_envs)]
    seeds: list[int | None] = [None] * num_envs if seed is None else list(seed)
    if len(seeds) != num_envs:
        raise UsageError(f"reset: {len(seeds)} seeds for {num_envs} environments; give one seed, or one for each")
    return seeds


def resolve_autoreset_mode(name: str | AutoresetMode) -> AutoresetMode:
    """The mode of that name."""
    try:
        return AutoresetMode(name)
    except ValueError:
        names = [mode.value for mode in AutoresetMode]
        raise ConfigError(f"autoreset_mode: '{name}' is not a mode{suggest(str(name), names)}") from None


def check_reset_mask(mask: Any, num_envs: int) -> NDArray[np.bool_]:
    """Which environments to reset: all without a mask."""
    if mask is None:
        return np.ones(num_envs, np.bool_)
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.shape != (num_envs,) or not array.any():
        raise UsageError(f"reset: reset_mask is {mask}; it needs {num_envs} bools, at least one of them True")
    return array


Step = tuple[Observation, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Info]


def make_task_vector_env(num_envs: int = 1, **settings: Any) -> TaskVectorEnv:
    """Several task environments; takes what ``TaskEnv`` takes, and ``workers`` and ``autoreset_mode``."""
    return _vector(TaskEnv, num_envs, settings)


def make_goal_vector_env(num_envs: int = 1, **settings: Any) -> TaskVectorEnv:
    """Several goal environments; takes what ``GoalEnv`` takes, and ``workers`` and ``autoreset_mode``."""
    return _vector(GoalEnv, num_envs, settings)


def _vector(kind: type[TaskEnv], num_envs: int, settings: dict[str, Any]) -> TaskVectorEnv:
    own = {name: settings.pop(name) for name in ("workers", "autoreset_mode") if name in settings}
    return TaskVectorEnv(kind, num_envs, settings, **own)


class TaskVectorEnv(VectorEnv[Observation, NDArray[np.float32], NDArray[Any]]):
    """``num_envs`` copies of one environment.

    Copy i of ``reset(seed=s)`` lives, bit for bit, as a single environment after ``reset(seed=s + i)``, through
    automatic resets too, however many copies and processes there are. Any error in a step or a reset closes all of it,
    since the copies are then no longer at the same moment; nonsensical actions are refused before anything moves.

    Args:
        env_class: The environment's class.
        num_envs: How many.
        env_kwargs: The class's arguments.
        workers: Processes to spread them over: as many as there are cores if left out, 0 for none but this one.
        autoreset_mode: When the next episode begins, as Gymnasium names it: "NextStep", "SameStep" or "Disabled".
    """

    def __init__(
        self,
        env_class: type[TaskEnv],
        num_envs: int,
        env_kwargs: Mapping[str, Any],
        *,
        workers: int | None = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
    ) -> None:
        workers = min(os.cpu_count() or 1, num_envs) if workers is None else workers
        if num_envs < 1 or workers < 0:
            raise ConfigError(f"num_envs is {num_envs} and workers {workers}; at least 1 and 0 are needed")
        mode = resolve_autoreset_mode(autoreset_mode)
        with closing(
            env_class(**{**env_kwargs, "render_mode": None})
        ) as pattern:  # a mistake shows before any process starts
            self.metadata = {**pattern.metadata, "autoreset_mode": mode}
            self.single_observation_space, self.single_action_space = pattern.observation_space, pattern.action_space
        self.num_envs, self.render_mode = num_envs, env_kwargs.get("render_mode")
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.last_infos: list[Info] = []  # of the last step or reset, one for each environment
        self._begun = np.zeros(num_envs, np.bool_)
        self._mode = mode
        self._board = SharedBuffers(self.single_observation_space, self.single_action_space, num_envs)
        spans = [range(p[0], p[-1] + 1) for p in np.array_split(range(num_envs), min(workers, num_envs) or 1)]
        self._crew = WorkerGroup(
            [EnvShard(env_class, env_kwargs, span, self._board, mode) for span in spans], in_process=workers == 0
        )

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, Info]:
        """Begin an episode in every environment.

        Args:
            seed: Of the first environment, the others count on from there; or one for each.
            options: As the single environment takes them; and ``reset_mask``, one bool each: False leaves one alone.
        """
        options = dict(options or {})
        chosen = check_reset_mask(options.pop("reset_mask", None), self.num_envs)
        if isinstance(seed, int | np.integer):
            super().reset(seed=int(seed))
        infos = self._infos(self._all("reset", resolve_seeds(seed, self.num_envs), chosen.tolist(), options or None))
        self._begun |= chosen
        return self._seen(), infos

    def step(self, actions: ArrayLike) -> Step:
        """Act in every environment for one control period."""
        self.step_async(actions)
        return self.step_wait()

    def step_async(self, actions: ArrayLike) -> None:
        """Begin a step; other work can be done until ``step_wait``."""
        self._crew.require_idle()
        self._require_running()
        self._board.actions[:] = check_actions(actions, self.action_space.shape)
        self._crew.submit("step")

    def step_wait(self) -> Step:
        """Wait for the step that ``step_async`` began."""
        if self._crew.pending != "step":
            raise UsageError("step_wait without a step under way; call step_async() first")
        infos = self._infos(self._answers())
        board = self._board
        return self._seen(), board.rewards.copy(), board.terminations.copy(), board.truncations.copy(), infos

    def _require_running(self) -> None:
        """Refuse a step for all where one of them cannot take it."""
        if not self._begun.all():
            raise UsageError("step before reset; call reset() first")
        if self._mode is AutoresetMode.DISABLED and self._board.get_dones().any():
            index = int(np.argmax(self._board.get_dones()))
            raise UsageError(f"environment {index}: step after the episode's end; reset it first, with a reset_mask")

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Call a method of every environment, or read an attribute."""
        return tuple(self.call_some(range(self.num_envs), name, *args, **kwargs))

    def call_some(self, indices: Collection[int], name: str, *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method of some environments, or read an attribute; results come in the order of the indices."""
        results = self._all("call", frozenset(indices), name, args, kwargs)
        return [results[index] for index in indices]

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Read an attribute of every environment."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Write an attribute of every environment: a list or tuple has one value for each."""
        each = values if isinstance(values, list | tuple) else [values] * self.num_envs
        if len(each) != self.num_envs:
            raise UsageError(f"{name}: {len(each)} values for {self.num_envs} environments")
        for index, value in enumerate(each):
            self.call_some([index], "set_wrapper_attr", name, value)

    def render(self) -> tuple[Any, ...]:
        """One picture of each environment."""
        return self.call("render")

    def close_extras(self, **_ignored: Any) -> None:
        """End the processes and the worlds in them."""
        self._crew.pending = None
        self._crew.close()

    def _seen(self) -> Observation:
        return {name: array.copy() for name, array in self._board.observations.items()}

    def _infos(self, infos: list[Info]) -> Info:
        self.last_infos = infos
        batched: Info = {}
        for index, info in enumerate(infos):
            batched = self._add_info(batched, info, index)
        return batched

    def _all(self, command: str, *arguments: Any) -> list[Any]:
        self._crew.submit(command, *arguments)
        return self._answers()

    def _answers(self) -> list[Any]:
        try:
            return self._crew.collect_results()
        finally:
            self.closed = self._crew.closed
