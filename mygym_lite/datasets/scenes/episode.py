"""Scenes in the middle of an episode that somebody plays who knows how."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mygym_lite.config.field_path import split_path
from mygym_lite.config.task import Task
from mygym_lite.datasets.recipe import MOMENTS_PER_SCENE, DatasetRecipe
from mygym_lite.envs.steps import Agent, Step, iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.rng import make_stream
from mygym_lite.sim.world import World

_SECONDS = 3.0  # until the last moment, on average


ExpertFactory = Callable[[TaskEnv], Agent]


class EpisodeScenes:
    """Plays the episode of any scene.

    Args:
        recipe: Of the dataset.
        make_expert: Makes whoever acts in an environment.
    """

    def __init__(self, recipe: DatasetRecipe, make_expert: ExpertFactory) -> None:
        # whoever plays knows the true state: the least is observed, and without faults
        variations = {v.path: v.to_dict() for v in recipe.variations if split_path(v.path)[0] != "sensing"}
        groups = recipe.task.observe
        least = sorted(groups, key=lambda name: len(groups[name]))[:1]
        self._env = TaskEnv(recipe.task, observe=least or None, variations=variations)
        self._player = make_expert(self._env)

    @property
    def world(self) -> World:
        """In which it is played."""
        return self._env.world

    def iterate_moments(self, seed: int) -> Iterator[Task]:
        """The task of the episode, each time its world has come to another moment.

        An episode that ends too early is followed by another one.
        """
        rng = make_stream(seed, "dataset/moments")
        most = max(1, round(2.0 * _SECONDS / MOMENTS_PER_SCENE * self._env.task.episode.control_hz))
        step, steps = self._start(seed)
        for _ in range(MOMENTS_PER_SCENE):
            for _ in range(int(rng.integers(1, most, endpoint=True))):
                if step.is_last:
                    step, steps = self._start(int(rng.integers(2**32)))
                step = next(steps)
            yield self._env.episode_task

    def _start(self, seed: int) -> tuple[Step, Iterator[Step]]:
        """Start an episode; return its first step and the iterator of the others."""
        steps = iterate_steps(self._env, self._player, seed)
        return next(steps), steps

    def close(self) -> None:
        """Let the physics engine go."""
        self._env.close()
