"""Environment for LeRobot: one task under one condition, with LeRobot's names of observations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.envs.image_observations import ImageSize
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.randomization.condition import Condition
from mygym_lite.rollout.episode import NOMINAL_CONDITION

Observation = dict[str, Any]
_SUFFIX = "_rgb"


class LeRobotEnv(gym.Wrapper[Observation, NDArray[np.float32], dict[str, NDArray[Any]], NDArray[np.float32]]):
    """Environment whose episode of a seed starts like that of ``mygym-lite evaluate`` with this seed.

    ``agent_pos`` holds the groups of ``state``. Images are in ``pixels``, by camera; without cameras, the other groups
    of the task, in alphabetical order, are ``environment_state``, as in our datasets in LeRobot's layout.
    ``is_success`` is true at the end of an episode that an evaluation counts as a success.

    Args:
        task: Task.
        condition: Condition of a suite.
        cameras: Cameras of the images; the first one of the task if None, and no images if empty.
        size: Width and height of the images, px; each camera's own if left out.
        state: Observation groups that make up ``agent_pos``, one after the other.
    """

    def __init__(
        self,
        task: Task,
        condition: Condition = NOMINAL_CONDITION,
        cameras: Sequence[str] | None = None,
        size: ImageSize | None = None,
        state: Sequence[str] = ("proprio",),
    ) -> None:
        sees = cameras is None or len(cameras) > 0
        others = [] if sees else sorted({*task.observe} - {*state, INSTRUCTION})
        images: dict[str, Any] = {"cameras": cameras, "size": size} if sees else {}
        super().__init__(TaskEnv(task, observe=[*state, *others, *["rgb"] * sees], **images))
        self._condition = condition
        self._groups = {"agent_pos": list(state)} | ({"environment_state": others} if others else {})
        self.task = task.name
        self._max_episode_steps = task.max_steps
        self.observation_space = self._build_space(self.env.observation_space)

    @property
    def task_description(self) -> str:
        """Instruction of the episode."""
        text: str = self.env.unwrapped.task_description  # type: ignore[attr-defined]
        return text

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; LeRobot's options change nothing.

        Args:
            seed: Seed of the episode; a random one if left out.
            options: Ignored.
        """
        del options
        seed = int(self.env.unwrapped.np_random.integers(2**31)) if seed is None else seed
        variations = self._condition.get_variations(seed)
        observation, _ = self.env.reset(seed=seed, options={"variations": variations})
        return self._rename(observation), {"is_success": False}

    def step(self, action: NDArray[np.float32]) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Act for one control period; actions are clipped to their range."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        success = (terminated or truncated) and info["failure"] is None
        return self._rename(observation), float(reward), terminated, truncated, {"is_success": success}

    def render(self) -> NDArray[np.uint8]:
        """Return the image of the first camera, at its own size."""
        image: NDArray[np.uint8] = self.env.unwrapped.render_images(quality="fast")["rgb"]  # type: ignore[attr-defined]
        return image

    def _rename(self, observation: dict[str, NDArray[Any]]) -> Observation:
        images = {name.removesuffix(_SUFFIX): image for name, image in observation.items() if name.endswith(_SUFFIX)}
        vectors = {
            key: np.concatenate([observation[group] for group in groups]) for key, groups in self._groups.items()
        }
        return {"pixels": images, **vectors} if images else vectors

    def _build_space(self, own: Any) -> spaces.Dict:
        images = {name.removesuffix(_SUFFIX): box for name, box in own.items() if name.endswith(_SUFFIX)}
        vectors: dict[str, Any] = {
            key: self._join_boxes([own[group] for group in groups]) for key, groups in self._groups.items()
        }
        return spaces.Dict({"pixels": spaces.Dict(images), **vectors} if images else vectors)

    @staticmethod
    def _join_boxes(boxes: Sequence[spaces.Box]) -> spaces.Box:
        low, high = np.concatenate([box.low for box in boxes]), np.concatenate([box.high for box in boxes])
        return spaces.Box(low, high, dtype=np.float32)
