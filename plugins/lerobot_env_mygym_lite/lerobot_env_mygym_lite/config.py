"""Configuration of the environments: the fields of ``--env`` in LeRobot's commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gymnasium import spaces
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv
from lerobot.configs import FeatureType, PolicyFeature
from lerobot.envs.configs import EnvConfig
from lerobot.utils.constants import ACTION, OBS_ENV_STATE, OBS_IMAGES, OBS_STATE

from lerobot_env_mygym_lite.lazy_vector_env import LazyVectorEnv
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.interop.conditions import select_conditions
from mygym_lite.interop.lerobot_env import LeRobotEnv
from mygym_lite.randomization.condition import NOMINAL, Condition
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.rollout.episode import NOMINAL_CONDITION
from mygym_lite.terms import load_task

_NO_CAMERAS = "none"


@EnvConfig.register_subclass("mygym_lite")
@dataclass
class MyGymEnvConfig(EnvConfig):
    """Tasks of mygym_lite under the conditions of a suite; each pair is a task group of LeRobot.

    Args:
        task: Name of a task or path of its file; several are separated by commas.
        fps: Actions per second; 0 for the task's own.
        cameras: Cameras of the images, separated by commas; the task's first one if empty; ``none`` for no images.
        observation_width: Width of the images, px; with the height, or each camera's own.
        observation_height: Height of the images, px.
        state: Observation groups that make up ``observation.state``, separated by commas.
        suite: Suite of perturbations.
        axes: Axes of the suite, separated by commas, each at ``severity``; the nominal condition alone if empty.
        severity: Severity of the axes.
        robot: Robot to use instead of the task's.
        control: Control mode to use instead of the task's.
        settings: Fixed changes to the task, each as ``path=value``.
    """

    task: str | None = "reach"
    fps: int = 0
    cameras: str = ""
    observation_width: int | None = None
    observation_height: int | None = None
    state: str = "proprio"
    suite: str = NOMINAL
    axes: str = ""
    severity: int = 3
    robot: str | None = None
    control: str | None = None
    settings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Load the tasks, and describe their observations and actions."""
        tasks = self._load_tasks()
        self.fps = self.fps or round(tasks[0].episode.control_hz)
        described = {task.name: self._describe(task) for task in tasks}
        first = tasks[0].name
        for name, features in described.items():
            if features != described[first]:
                raise UsageError(f"task: {name} has other observations or actions than {first}; evaluate them apart")
        self.features = {key: feature for _, key, feature in described[first]}
        self.features_map = {key: name for name, key, _ in described[first]}

    @property
    def gym_kwargs(self) -> dict[str, Any]:
        """Arguments of an environment, apart from task and condition."""
        cameras = [] if self.cameras == _NO_CAMERAS else _split(self.cameras) or None
        return {"cameras": cameras, "size": self._get_size(), "state": _split(self.state)}

    def create_envs(self, n_envs: int, use_async_envs: bool = False) -> dict[str, dict[int, Any]]:
        """Make the vector environments of every task under every selected condition, by group."""
        return {
            group: {0: LazyVectorEnv(partial(self._make_vector_env, task, condition, n_envs, use_async_envs), n_envs)}
            for group, task, condition in self._list_groups()
        }

    def _load_tasks(self) -> list[Task]:
        fields = {"robot.model": self.robot, "robot.control": self.control, "episode.control_hz": self.fps or None}
        changes = [f"{path}={value}" for path, value in fields.items() if value is not None]
        names = _split(self.task or "")
        if not names:
            raise UsageError("task: is empty; name one, for example reach")
        return [load_task(name, [*changes, *self.settings]) for name in names]

    def _get_size(self) -> tuple[int, int] | None:
        width, height = self.observation_width, self.observation_height
        if (width is None) != (height is None):
            raise UsageError("observation_width and observation_height: give both or neither")
        return None if width is None or height is None else (width, height)

    def _describe(self, task: Task) -> list[tuple[str, str, PolicyFeature]]:
        """Describe observations and actions: name at the policy, key here, type and shape."""
        with closing(LeRobotEnv(task, **self.gym_kwargs)) as env:
            own, size = dict(env.observation_space), env.action_space.shape
        images = own.pop("pixels", spaces.Dict())
        seen = [(f"{OBS_IMAGES}.{camera}", FeatureType.VISUAL, box.shape) for camera, box in images.items()]
        vectors = {"agent_pos": (OBS_STATE, FeatureType.STATE), "environment_state": (OBS_ENV_STATE, FeatureType.ENV)}
        return [
            (ACTION, ACTION, PolicyFeature(type=FeatureType.ACTION, shape=size)),
            *((vectors[key][0], key, PolicyFeature(type=vectors[key][1], shape=box.shape)) for key, box in own.items()),
            # a recording of LeRobot finds images under their names at the policy
            *((name, name, PolicyFeature(type=kind, shape=shape)) for name, kind, shape in seen),
        ]

    def _list_groups(self) -> Iterator[tuple[str, Task, Condition]]:
        suite, axes = load_suite(self.suite), _split(self.axes)
        for task in self._load_tasks():
            for condition in select_conditions(task, suite, axes, self.severity):
                nominal = condition.axis == NOMINAL_CONDITION.axis
                yield (task.name if nominal else f"{task.name}-{condition.axis}-{condition.severity}"), task, condition

    def _make_vector_env(self, task: Task, condition: Condition, n_envs: int, use_async_envs: bool) -> VectorEnv:
        functions = [partial(LeRobotEnv, task, condition, **self.gym_kwargs)] * n_envs
        if use_async_envs and n_envs > 1:
            return AsyncVectorEnv(functions, context="forkserver", autoreset_mode=AutoresetMode.SAME_STEP)
        return SyncVectorEnv(functions, autoreset_mode=AutoresetMode.SAME_STEP)


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
