"""Moments of an expert's episode from its start until the object is lifted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert
from mygym_lite.sim.world import World

MOMENTS_PER_SCENE = 4
_LIFTED = 0.03  # m above where it began


class ExpertEpisodes:
    """Plays the episode of any seed as it is declared.

    Args:
        task: Whose episodes.
    """

    def __init__(self, task: Task) -> None:
        self._env = TaskEnv(task)
        self._expert = Expert.from_env(self._env)

    @property
    def world(self) -> World:
        """In which it is played."""
        return self._env.world

    def iterate_moments(self, seed: int, count: int = MOMENTS_PER_SCENE) -> Iterator[Task]:
        """The episode's task, each time its world has come to another moment; the first is the start.

        It is played twice, since only its end says how long it takes until the object is lifted.
        """
        self._begin(seed)
        last = 0
        while self._goes_on():
            last += 1
        self._begin(seed)
        done = 0
        for number in range(count):
            wanted = round(number * last / max(1, count - 1))
            for _ in range(done, wanted):
                self._step()
            done = wanted
            yield self._env.episode_task

    def _begin(self, seed: int) -> None:
        self._env.reset(seed=seed)
        self._expert.reset(seed)
        self._over = False
        self._heights = self._now()

    def _now(self) -> dict[str, float]:
        frames = self._env.state.frames
        return {name: frames[name].position[2] for name in self._env.episode_task.objects}

    def _goes_on(self) -> bool:
        """Take a step unless it is over, or something is lifted."""
        if self._over or any(height > self._heights[name] + _LIFTED for name, height in self._now().items()):
            return False
        self._step()
        return True

    def _step(self) -> None:
        _, _, terminated, truncated, _ = self._env.step(self._expert.act().astype(np.float32))
        self._over = terminated or truncated

    def close(self) -> None:
        """Let the physics engine go."""
        self._env.close()
