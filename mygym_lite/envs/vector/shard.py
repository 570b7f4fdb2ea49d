"""Shard of a vector environment: one worker's environments, and the buffers shared by all workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from ctypes import c_byte
from multiprocessing.sharedctypes import RawArray
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import MyGymError

Info = dict[str, Any]


class VectorError(MyGymError, RuntimeError):
    """Unexpected error of one of several environments, or the end of its process."""


class SharedBuffers:
    """Actions, observations, rewards and terminations of all environments, in shared memory."""

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        num_envs: int,
        memory: Mapping[str, Any] | None = None,
    ) -> None:
        assert isinstance(observation_space, spaces.Dict)
        layout: dict[str, tuple[Any, Any]] = {
            "actions": (action_space.shape, np.float64),
            "rewards": ((), np.float64),
            "terminations": ((), np.bool_),
            "truncations": ((), np.bool_),
            **{f"observation/{name}": (space.shape, space.dtype) for name, space in observation_space.items()},
        }
        self._arguments = (observation_space, action_space, num_envs)
        self._memory = memory or {
            name: RawArray(c_byte, num_envs * int(np.prod(shape)) * np.dtype(dtype).itemsize)
            for name, (shape, dtype) in layout.items()
        }
        arrays: dict[str, NDArray[Any]] = {
            name: np.frombuffer(self._memory[name], dtype).reshape(num_envs, *shape)
            for name, (shape, dtype) in layout.items()
        }
        self.observations = {name: arrays[f"observation/{name}"] for name in observation_space}
        self.actions, self.rewards = arrays["actions"], arrays["rewards"]
        self.terminations, self.truncations = arrays["terminations"], arrays["truncations"]

    def __reduce__(self) -> tuple[type[SharedBuffers], tuple[Any, ...]]:
        """Pickle for a process that is being started, which maps the same memory."""
        return SharedBuffers, (*self._arguments, self._memory)

    def write(self, index: int, observation: Observation, terminated: bool = False, truncated: bool = False) -> None:
        """Write the observation of one environment, and the end of its episode."""
        for name, array in observation.items():
            self.observations[name][index] = array
        self.terminations[index], self.truncations[index] = terminated, truncated

    def get_dones(self) -> NDArray[np.bool_]:
        """Return a mask of the episodes that have ended."""
        dones: NDArray[np.bool_] = self.terminations | self.truncations
        return dones


class EnvShard:
    """Environments with some indices, stepped one after the other; the command ``build`` makes them."""

    def __init__(
        self,
        env_class: type[TaskEnv],
        env_kwargs: Mapping[str, Any],
        indices: range,
        buffers: SharedBuffers,
        mode: AutoresetMode,
    ) -> None:
        self.indices = indices
        self._env_class, self._env_kwargs, self._buffers, self._mode = env_class, env_kwargs, buffers, mode
        self._envs: dict[int, TaskEnv] = {}

    def run(self, command: str, *arguments: Any) -> list[Any]:
        """Run a command in every environment; an error names the environment."""
        method = getattr(self, command)
        results = []
        for index in self.indices:
            try:
                results.append(method(index, *arguments))
            except Exception as error:
                raise _add_index(error, index) from error
        return results

    def build(self, index: int) -> None:
        """Make one environment."""
        self._envs[index] = self._env_class(**self._env_kwargs)

    def reset(
        self, index: int, seeds: Sequence[int | None], mask: Sequence[bool], options: dict[str, Any] | None
    ) -> Info:
        """Begin an episode, if the mask selects the environment."""
        if not mask[index]:
            return {}
        observation, info = self._envs[index].reset(seed=seeds[index], options=options)
        self._buffers.write(index, observation)
        return info

    def step(self, index: int) -> Info:
        """Take the action in the buffer, or begin the next episode if that is due."""
        env, buffers = self._envs[index], self._buffers
        if self._mode is AutoresetMode.NEXT_STEP and (buffers.terminations[index] or buffers.truncations[index]):
            observation, info = env.reset()
            buffers.write(index, observation)
            buffers.rewards[index] = 0.0
            return info
        observation, buffers.rewards[index], terminated, truncated, info = env.step(buffers.actions[index])
        if self._mode is AutoresetMode.SAME_STEP and (terminated or truncated):
            final = {"final_obs": observation, "final_info": info}
            observation, info = env.reset()
            info = final | info
        buffers.write(index, observation, terminated, truncated)
        return info

    def call(
        self, index: int, indices: Collection[int], name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """Call a method or read an attribute, if the environment is among the indices."""
        if index not in indices:
            return None
        attribute = self._envs[index].get_wrapper_attr(name)
        return attribute(*args, **kwargs) if callable(attribute) else attribute

    def close(self) -> None:
        """Disconnect the physics engines."""
        for env in self._envs.values():
            env.close()


def _add_index(error: Exception, index: int) -> Exception:
    """Add the index of the environment; an unexpected error becomes a ``VectorError``."""
    if isinstance(error, MyGymError | AttributeError):
        return type(error)(f"environment {index}: {error}")
    return VectorError(f"environment {index}: {type(error).__name__}: {error}")
