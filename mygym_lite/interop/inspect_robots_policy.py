"""Policies of this project for inspect-robots."""

from __future__ import annotations

from typing import Any

import numpy as np
from inspect_robots.policy import PolicyBase, PolicyConfig, PolicyInfo
from inspect_robots.scene import Scene
from inspect_robots.spaces import Box, CameraSpec, ObservationSpace
from inspect_robots.types import Action, ActionChunk, Observation

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.terms import load_task

_RGB = "_rgb"


class MyGymPolicy(PolicyBase):
    """Policy that ``mygym-lite evaluate`` accepts, except for those that read the true state.

    Args:
        policy: Name of a shipped policy, folder, or any other form of ``--policy``.
        task: Task for which it is made.
    """

    def __init__(self, policy: str = "random", task: str = "grasp") -> None:
        spec = find_policy(policy)
        if spec.name == "expert" or spec.get_env_class() is not TaskEnv or spec.read_perception() is not None:
            raise UsageError(
                f"policy {policy}: needs more of the simulation than inspect-robots observes; give another one"
            )
        self._env = TaskEnv(load_task(task), **spec.get_env_arguments())
        self._policy = spec.make(self._env)
        self.info = self._describe(spec.label, spec.describe()["digest"])
        self.config = PolicyConfig()

    def reset(self, scene: Scene) -> None:
        """Begin an episode with the seed of its scene."""
        self._policy.reset(scene.init_seed or 0)

    def act(self, observation: Observation) -> ActionChunk:
        """Return one action."""
        images = {f"{camera}{_RGB}": image for camera, image in observation.images.items()}
        own = {**{key: np.asarray(value, np.float32) for key, value in observation.state.items()}, **images}
        self._require_shapes(own)
        return ActionChunk([Action(np.asarray(self._policy.act(own)))], control_hz=self.info.control_hz)

    def _require_shapes(self, observation: dict[str, Any]) -> None:
        """Refuse observations of other sizes, with which a network may act all the same, but not as it was trained."""
        space: Any = self._env.observation_space
        for key, box in space.items():
            if observation[key].shape != box.shape:
                raise UsageError(
                    f"policy {self.info.name}: '{key}' has the shape {observation[key].shape}, and {box.shape} in its "
                    "training; set width, height, state or robot of the embodiment (-E width=128)"
                )

    def _describe(self, name: str, digest: str) -> PolicyInfo:
        own: Any = self._env.observation_space
        images = {key.removesuffix(_RGB): box.shape for key, box in own.items() if key.endswith(_RGB)}
        return PolicyInfo(
            name,
            Box(self._env.action_space.shape or ()),
            ObservationSpace(
                tuple(CameraSpec(camera, *shape) for camera, shape in images.items()),
                frozenset(key for key in own if not key.endswith(_RGB)),
            ),
            control_hz=self._env.task.episode.control_hz,
            checkpoint=digest,
        )
