"""Scenes from the middle of an expert episode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from mygym_lite.config.field_path import split_path
from mygym_lite.config.task import Task
from mygym_lite.datasets.recipe import MOMENTS_PER_SCENE, DatasetRecipe
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.rng import make_stream
from mygym_lite.sim.world import World

_SECONDS = 3.0  # simulated time of the last moment, on average


class ExpertProtocol(Protocol):
    """Scripted policy that acts in the episodes."""

    def reset(self, seed: int) -> None:
        """Start an episode."""

    def act(self, observation: Any) -> Any:
        """Return the next action."""


ExpertFactory = Callable[[TaskEnv], ExpertProtocol]


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
        self._env = TaskEnv(recipe.task, observe=smallest or None, variations=variations)
        self._expert = make_expert(self._env)

    @property
    def world(self) -> World:
        """Simulation in which the episode runs."""
        return self._env.world

    def iterate_moments(self, seed: int) -> Iterator[Task]:
        """Advance the episode, and yield its task at each moment; an episode that ends early is followed by another."""
        rng = make_stream(seed, "dataset/moments")
        max_steps = max(1, round(2.0 * _SECONDS / MOMENTS_PER_SCENE * self._env.task.episode.control_hz))
        self._reset(seed)
        for _ in range(MOMENTS_PER_SCENE):
            for _ in range(int(rng.integers(1, max_steps, endpoint=True))):
                if self._is_over:
                    self._reset(int(rng.integers(2**32)))
                self._step()
            yield self._env.episode_task

    def _reset(self, seed: int) -> None:
        self._observation, _ = self._env.reset(seed=seed)
        self._expert.reset(seed)
        self._is_over = False

    def _step(self) -> None:
        self._observation, _, terminated, truncated, _ = self._env.step(self._expert.act(self._observation))
        self._is_over = terminated or truncated

    def close(self) -> None:
        """Disconnect the physics engine."""
        self._env.close()
