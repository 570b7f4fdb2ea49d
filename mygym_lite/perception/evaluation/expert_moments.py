"""Moments of an expert's episode, from its start until an object is lifted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from mygym_lite.config.task import Task
from mygym_lite.envs.steps import iterate_steps
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
        self._expert = Expert.from_env(self._env)

    @property
    def world(self) -> World:
        """World of the episodes."""
        return self._env.world

    def iterate_moments(self, seed: int, count: int = MOMENTS_PER_SCENE) -> Iterator[Task]:
        """Yield the episode's task whenever its world has reached another moment; the first is the start.

        The episode runs twice, since only its end tells how long it takes until the object is lifted.
        """
        last = self._count_steps_until_lifted(seed)
        moments = Counter(round(number * last / max(1, count - 1)) for number in range(count))
        for number, _ in enumerate(islice(iterate_steps(self._env, self._expert, seed), max(moments) + 1)):
            for _ in range(moments[number]):
                yield self._env.episode_task

    def _count_steps_until_lifted(self, seed: int) -> int:
        """Count the steps until an object is lifted or the episode ends."""
        steps = iterate_steps(self._env, self._expert, seed)
        next(steps)
        start = self._read_heights()
        for number, step in enumerate(steps, 1):
            lifted = any(height > start[name] + _LIFT_HEIGHT for name, height in self._read_heights().items())
            if step.is_last or lifted:
                return number
        return 0

    def _read_heights(self) -> dict[str, float]:
        """Read the height of each object, m."""
        frames = self._env.state.frames
        return {name: frames[name].position[2] for name in self._env.episode_task.objects}

    def close(self) -> None:
        """Close the physics engine."""
        self._env.close()
