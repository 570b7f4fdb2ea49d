"""Moments of an expert's episode, from its start until an object is lifted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert
from mygym_lite.sim.world import World

MOMENTS_PER_SCENE = 4
_LIFT_HEIGHT = 0.03  # m above the start


class ExpertEpisodes:
    """Runs the expert's nominal episode of any seed.

    Args:
        task: Task of the episodes.
    """

    def __init__(self, task: Task) -> None:
        self._env = TaskEnv(task)
        self._expert = Expert(self._env)

    @property
    def world(self) -> World:
        """World of the episodes."""
        return self._env.world

    def iterate_moments(self, seed: int, count: int = MOMENTS_PER_SCENE) -> Iterator[Task]:
        """Yield the episode's task whenever its world has reached another moment; the first is the start.

        The episode runs twice, since only its end tells how long it takes until the object is lifted.
        """
        self._reset(seed)
        last = 0
        while self._advance():
            last += 1
        self._reset(seed)
        done = 0
        for number in range(count):
            step = round(number * last / max(1, count - 1))
            for _ in range(done, step):
                self._step()
            done = step
            yield self._env.episode_task

    def _reset(self, seed: int) -> None:
        self._env.reset(seed=seed)
        self._expert.reset(seed)
        self._over = False
        self._heights = self._get_heights()

    def _get_heights(self) -> dict[str, float]:
        frames = self._env.state.frames
        return {name: frames[name].position[2] for name in self._env.episode_task.objects}

    def _advance(self) -> bool:
        """Take a step and return True, unless the episode is over or an object is lifted."""
        if self._over or any(
            height > self._heights[name] + _LIFT_HEIGHT for name, height in self._get_heights().items()
        ):
            return False
        self._step()
        return True

    def _step(self) -> None:
        _, _, terminated, truncated, _ = self._env.step(self._expert.act().astype(np.float32))
        self._over = terminated or truncated

    def close(self) -> None:
        """Close the physics engine."""
        self._env.close()
