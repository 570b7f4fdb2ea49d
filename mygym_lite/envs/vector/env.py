"""Vector environment of one task, stepped in several processes."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from mygym_lite.envs.actions import check_actions
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector.arguments import check_reset_mask, resolve_autoreset_mode, resolve_seeds
from mygym_lite.envs.vector.shard import EnvShard, Info, SharedBuffers
from mygym_lite.envs.vector.workers import WorkerGroup
from mygym_lite.errors import ConfigError, UsageError

Step = tuple[Observation, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Info]


def make_task_vector_env(num_envs: int = 1, **settings: Any) -> TaskVectorEnv:
    """Make a vector of ``TaskEnv``; takes its arguments, ``workers`` and ``autoreset_mode``."""
    return _make_vector_env(TaskEnv, num_envs, settings)


def make_goal_vector_env(num_envs: int = 1, **settings: Any) -> TaskVectorEnv:
    """Make a vector of ``GoalEnv``; takes its arguments, ``workers`` and ``autoreset_mode``."""
    return _make_vector_env(GoalEnv, num_envs, settings)


def _make_vector_env(env_class: type[TaskEnv], num_envs: int, settings: dict[str, Any]) -> TaskVectorEnv:
    options = {name: settings.pop(name) for name in ("workers", "autoreset_mode") if name in settings}
    return TaskVectorEnv(env_class, num_envs, settings, **options)


class TaskVectorEnv(VectorEnv[Observation, NDArray[np.float32], NDArray[Any]]):
    """``num_envs`` copies of one environment.

    After ``reset(seed=s)``, copy i is bit-identical to a single environment after ``reset(seed=s + i)``, also through
    automatic resets, for any number of copies and processes. An error in a step or a reset closes all copies, since
    they are then out of step; invalid actions are refused before any copy moves.

    Args:
        env_class: Class of the environment.
        num_envs: Number of copies.
        env_kwargs: Arguments of the class.
        workers: Number of processes: by default one for each core; 0 to step all copies in this process.
        autoreset_mode: Gymnasium's autoreset mode: "NextStep", "SameStep" or "Disabled".
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
        self.closed = True  # nothing to close before the processes run
        workers = min(os.cpu_count() or 1, num_envs) if workers is None else workers
        if num_envs < 1 or workers < 0:
            raise ConfigError(f"num_envs is {num_envs} and workers {workers}; at least 1 and 0 are needed")
        mode = resolve_autoreset_mode(autoreset_mode)
        # made here too, so that an error is raised before any process starts
        with closing(env_class(**{**env_kwargs, "render_mode": None})) as sample:
            self.metadata = {**sample.metadata, "autoreset_mode": mode}
            self.single_observation_space, self.single_action_space = sample.observation_space, sample.action_space
        self.num_envs, self.render_mode = num_envs, env_kwargs.get("render_mode")
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.last_infos: list[Info] = []  # of the last step or reset, by environment
        self._started = np.zeros(num_envs, np.bool_)
        self._mode = mode
        self._buffers = SharedBuffers(self.single_observation_space, self.single_action_space, num_envs)
        spans = [range(p[0], p[-1] + 1) for p in np.array_split(range(num_envs), min(workers, num_envs) or 1)]
        self._workers = WorkerGroup(
            [EnvShard(env_class, env_kwargs, span, self._buffers, mode) for span in spans], in_process=workers == 0
        )
        self.closed = False

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, Info]:
        """Begin an episode in every environment.

        Args:
            seed: Seed of the first environment, incremented for the others; or one seed for each.
            options: Options of a single environment; and ``reset_mask``, one bool each, False to skip an environment.
        """
        options = dict(options or {})
        mask = check_reset_mask(options.pop("reset_mask", None), self.num_envs)
        if isinstance(seed, int | np.integer):
            super().reset(seed=int(seed))
        seeds = resolve_seeds(seed, self.num_envs)
        infos = self._merge_infos(self._run("reset", seeds, mask.tolist(), options or None))
        self._started |= mask
        return self._copy_observations(), infos

    def step(self, actions: ArrayLike) -> Step:
        """Act in every environment for one control period."""
        self.step_async(actions)
        return self.step_wait()

    def step_async(self, actions: ArrayLike) -> None:
        """Start a step; other work can be done until ``step_wait``."""
        self._workers.require_idle()
        self._require_running()
        self._buffers.actions[:] = check_actions(actions, self.action_space.shape)
        self._workers.submit("step")

    def step_wait(self) -> Step:
        """Wait for the step that ``step_async`` started."""
        if self._workers.pending != "step":
            raise UsageError("step_wait without a step under way; call step_async() first")
        infos = self._merge_infos(self._collect())
        rewards, terminations, truncations = (
            self._buffers.rewards,
            self._buffers.terminations,
            self._buffers.truncations,
        )
        return self._copy_observations(), rewards.copy(), terminations.copy(), truncations.copy(), infos

    def _require_running(self) -> None:
        """Raise unless every environment can take a step."""
        if not self._started.all():
            raise UsageError("step before reset; call reset() first")
        if self._mode is AutoresetMode.DISABLED and self._buffers.get_dones().any():
            index = int(np.argmax(self._buffers.get_dones()))
            raise UsageError(f"environment {index}: step after the episode's end; reset it first, with a reset_mask")

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Call a method of every environment, or read an attribute."""
        return tuple(self.call_some(range(self.num_envs), name, *args, **kwargs))

    def call_some(self, indices: Collection[int], name: str, *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method of some environments, or read an attribute; results are in the order of the indices."""
        results = self._run("call", frozenset(indices), name, args, kwargs)
        return [results[index] for index in indices]

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Read an attribute of every environment."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Write an attribute of every environment; a list or tuple has one value for each."""
        each = values if isinstance(values, list | tuple) else [values] * self.num_envs
        if len(each) != self.num_envs:
            raise UsageError(f"{name}: {len(each)} values for {self.num_envs} environments")
        for index, value in enumerate(each):
            self.call_some([index], "set_wrapper_attr", name, value)

    def render(self) -> tuple[Any, ...]:
        """Render one image of each environment."""
        return self.call("render")

    def close_extras(self, **_ignored: Any) -> None:
        """Close all environments and end their processes."""
        self._workers.pending = None
        self._workers.close()

    def _copy_observations(self) -> Observation:
        return {name: array.copy() for name, array in self._buffers.observations.items()}

    def _merge_infos(self, infos: list[Info]) -> Info:
        self.last_infos = infos
        batched: Info = {}
        for index, info in enumerate(infos):
            batched = self._add_info(batched, info, index)
        return batched

    def _run(self, command: str, *arguments: Any) -> list[Any]:
        self._workers.submit(command, *arguments)
        return self._collect()

    def _collect(self) -> list[Any]:
        try:
            return self._workers.collect_results()
        finally:
            self.closed = self._workers.closed
