"""Benchmark of vla-eval: ``benchmark: "mygym_lite.interop.vla_eval:MyGymBenchmark"`` in its configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_eval.benchmarks.base import StepBenchmark, StepResult
from vla_eval.specs import IMAGE_RGB, LANGUAGE, DimSpec

from mygym_lite.config.task_robot import Control
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.interop.conditions import select_conditions
from mygym_lite.randomization.condition import NOMINAL, Condition
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.terms import load_task

_DELTA_CONTROLS = ("ee_delta", "ee_translation", "joint_delta", "joint_velocity")


class MyGymBenchmark(StepBenchmark):  # type: ignore[misc]
    """Tasks with images, state and instruction, under any condition of a suite.

    Episode i of a task has the seed ``seed + i``, and starts like that of ``mygym-lite evaluate``.

    Args:
        tasks: Names of tasks, or paths of task files.
        cameras: Cameras of the images; the first one of the task if left out.
        size: Width and height of the images, px.
        state: Observation groups that make up the state, one after the other.
        suite: Suite of perturbations.
        axes: Axes of the suite, each at ``severity``; the nominal condition alone if left out.
        severity: Severity of the axes.
        seed: Seed of the first episode.
        robot: Robot to use instead of the tasks'.
        control: Control mode to use instead of the tasks'.
        settings: Fixed changes to the tasks, each as ``path=value``.
    """

    render_backends = frozenset({"gpu", "cpu"})

    def __init__(
        self,
        tasks: Sequence[str] = ("grasp",),
        cameras: Sequence[str] | None = None,
        size: Sequence[int] = (256, 256),
        state: Sequence[str] = ("proprio",),
        suite: str = NOMINAL,
        axes: Sequence[str] = (),
        severity: int = 3,
        seed: int = 0,
        robot: str | None = None,
        control: Control | None = None,
        settings: Sequence[str] = (),
    ) -> None:
        super().__init__()
        changes = [f"robot.model={robot}"] * (robot is not None) + [f"robot.control={control}"] * (control is not None)
        self._loaded = {str(task): load_task(task, [*changes, *settings]) for task in tasks}
        self._cameras, self._size, self._state = cameras, (size[0], size[1]), list(state)
        self._suite, self._axes, self._severity, self._seed = load_suite(suite), tuple(axes), severity, seed
        self._env: TaskEnv | None = None
        self._env_task = ""
        self._conditions = {
            self._name(task, condition): (task, condition)
            for task, loaded in self._loaded.items()
            for condition in select_conditions(loaded, self._suite, self._axes, self._severity)
        }

    @classmethod
    def configure_render(cls, _mode: str) -> dict[str, str]:
        """Return nothing: images are rendered without a graphics driver."""
        return {}

    def _name(self, task: str, condition: Condition) -> str:
        return task if condition.axis == NOMINAL else f"{task}, {condition.axis} {condition.severity}"

    def get_tasks(self) -> list[dict[str, Any]]:
        """List every task under every selected condition."""
        return [{"name": name, "suite": self._suite.name} for name in self._conditions]

    def reset(self, task: dict[str, Any]) -> dict[str, NDArray[Any]]:
        """Begin the episode that ``episode_idx`` numbers."""
        name, condition = self._conditions[task["name"]]
        env, seed = self._get_env(name), self._seed + int(task.get("episode_idx", 0))
        observation, _ = env.reset(seed=seed, options={"variations": condition.get_variations(seed)})
        return observation

    def _get_env(self, task: str) -> TaskEnv:
        """Return the environment of a task; the last one is kept."""
        if self._env is None or self._env_task != task:
            self.cleanup()
            observe = [*self._state, "rgb"]
            self._env = TaskEnv(self._loaded[task], observe=observe, cameras=self._cameras, size=self._size)
            self._env_task = task
        return self._env

    def step(self, action: dict[str, Any]) -> StepResult:
        """Execute one action, clipped to its range."""
        env = self._get_env(self._env_task)
        row = np.atleast_2d(np.asarray(action["actions"], np.float32))[0]
        observation, reward, terminated, truncated, info = env.step(np.clip(row, -1.0, 1.0))
        return StepResult(observation, reward, terminated or truncated, info)

    def make_obs(self, raw_obs: dict[str, NDArray[Any]], _task: dict[str, Any]) -> dict[str, Any]:
        """Return images by camera, the state and the instruction."""
        images = {name.removesuffix("_rgb"): image for name, image in raw_obs.items() if name.endswith("_rgb")}
        state = np.concatenate([raw_obs[group] for group in self._state])
        description = self._get_env(self._env_task).task_description
        return {"images": images, "states": state, "task_description": description}

    def get_step_result(self, step_result: StepResult) -> dict[str, Any]:
        """Return success, as an evaluation of this project counts it, and the failure code."""
        failure = step_result.info.get("failure")
        return {"success": step_result.done and failure is None, "failure": failure}

    def get_action_spec(self) -> dict[str, DimSpec]:
        """Declare the actions by their control mode."""
        env = self._get_env(next(iter(self._loaded)))
        size, control = int(env.action_space.shape[0]), env.task.robot.control  # type: ignore[index]
        return {"actions": DimSpec("actions", size, f"mygym_lite_{control}", (-1.0, 1.0))}

    def get_observation_spec(self) -> dict[str, DimSpec]:
        """Declare images, state and instruction."""
        env = self._get_env(next(iter(self._loaded)))
        size = sum(int(env.observation_space[group].shape[0]) for group in self._state)  # type: ignore[index,misc]
        state = DimSpec("state", size, f"mygym_lite_{'_'.join(self._state)}")
        return {"image": IMAGE_RGB, "state": state, "language": LANGUAGE}

    def get_metadata(self) -> dict[str, Any]:
        """Return the largest number of steps of an episode."""
        return {"max_steps": max(task.max_steps for task in self._loaded.values())}

    def get_hold_action(self, last_action: dict[str, Any] | None) -> dict[str, Any]:
        """Return zeros if actions are changes or speeds, and else the last action."""
        env = self._get_env(self._env_task or next(iter(self._loaded)))
        if last_action is not None and env.task.robot.control not in _DELTA_CONTROLS:
            return last_action
        return {"actions": np.zeros(env.action_space.shape, np.float32)}

    def cleanup(self) -> None:
        """Close the environment."""
        if self._env is not None:
            self._env.close()
            self._env = None

    def render(self) -> NDArray[np.uint8] | None:
        """Return the image of the first camera."""
        if self._env is None:
            return None
        image: NDArray[np.uint8] = self._env.render_images()["rgb"]
        return image
