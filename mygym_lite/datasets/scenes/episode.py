"""Scenes from the middle of an expert episode."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mygym_lite.config.field_path import split_path
from mygym_lite.config.task import Task
from mygym_lite.datasets.recipe import MAX_MOMENTS, DatasetRecipe
from mygym_lite.envs.steps import Agent, Step, iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.rng import make_stream
from mygym_lite.sim.world import World

_SECONDS = 3.0  # simulated time of the last moment, on average
_MAX_SECONDS_SKIPPED = 1.5  # of an episode, before a video

ExpertFactory = Callable[[TaskEnv], Agent]


class EpisodeScenes:
    """Runs the expert episode of a scene.

    Args:
        recipe: Recipe of the dataset.
        make_expert: Factory of the expert that acts in an environment.
    """

    def __init__(self, recipe: DatasetRecipe, make_expert: ExpertFactory) -> None:
        # the expert reads the ground-truth state, so the cheapest observation without faults is enough
        variations = {v.path: v.to_dict() for v in recipe.variations if split_path(v.path)[0] != "sensing"}
        groups = recipe.task.observe
        smallest = sorted(groups, key=lambda name: len(groups[name]))[:1]
        self._moments, self._video = recipe.moments, recipe.video
        self._env = TaskEnv(recipe.task, observe=smallest or None, variations=variations)
        self._expert = make_expert(self._env)

    @property
    def world(self) -> World:
        """Simulation in which the episode runs."""
        return self._env.world

    def iterate_moments(self, seed: int) -> Iterator[Task]:
        """Advance the episode, and yield its task at each moment: some of it, or in a video step after step."""
        return self._iterate_video(seed) if self._video else self._iterate_selected(seed)

    def _iterate_video(self, seed: int) -> Iterator[Task]:
        """Yield successive steps from a random one on; the robot gets zero actions once the episode has ended."""
        hz = self._env.task.episode.control_hz
        skipped = int(make_stream(seed, "dataset/video").integers(round(_MAX_SECONDS_SKIPPED * hz), endpoint=True))
        step, steps = self._start_episode(seed)
        for number in range(skipped + self._moments):
            if number >= skipped:
                yield self._env.episode_task
            if step.is_last:
                self.world.step(np.zeros(self.world.action_size))
            else:
                step = next(steps)

    def _iterate_selected(self, seed: int) -> Iterator[Task]:
        """Yield moments until there are enough; an episode that ends early is followed by another.

        Few moments are a random selection of many, so that they cover an episode as those of a large dataset do.
        """
        rng = make_stream(seed, "dataset/moments")
        count = max(self._moments, MAX_MOMENTS)
        selected = set(make_stream(seed, "dataset/moments/selection").permutation(count)[: self._moments].tolist())
        max_steps = max(1, round(2.0 * _SECONDS / count * self._env.task.episode.control_hz))
        step, steps = self._start_episode(seed)
        for moment in range(max(selected) + 1):
            for _ in range(int(rng.integers(1, max_steps, endpoint=True))):
                if step.is_last:
                    step, steps = self._start_episode(int(rng.integers(2**32)))
                step = next(steps)
            if moment in selected:
                yield self._env.episode_task

    def _start_episode(self, seed: int) -> tuple[Step, Iterator[Step]]:
        """Start an episode; return its first step and the iterator of the others."""
        steps = iterate_steps(self._env, self._expert, seed)
        return next(steps), steps

    def close(self) -> None:
        """Disconnect the physics engine."""
        self._env.close()
