"""A share of a vector environment's worlds, and the arrays in which they meet the environment that owns them."""

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
    """One of several environments broke in a way that nobody declared, or its process ended."""


class SharedBuffers:
    """Actions, observations, rewards and ends of all environments, in memory that every process sees."""

    def __init__(
        self, seen: spaces.Space[Any], action: spaces.Space[Any], num_envs: int, memory: Mapping[str, Any] | None = None
    ) -> None:
        assert isinstance(seen, spaces.Dict)
        kinds: dict[str, tuple[Any, Any]] = {
            "actions": (action.shape, np.float64), "rewards": ((), np.float64),
            "terminations": ((), np.bool_), "truncations": ((), np.bool_),
            **{f"seen/{name}": (space.shape, space.dtype) for name, space in seen.items()},
        }  # fmt: skip
        self._made_of = (seen, action, num_envs)
        self._memory = memory or {
            name: RawArray(c_byte, num_envs * int(np.prod(shape)) * np.dtype(kind).itemsize)
            for name, (shape, kind) in kinds.items()
        }
        arrays: dict[str, NDArray[Any]] = {
            name: np.frombuffer(self._memory[name], kind).reshape(num_envs, *shape)
            for name, (shape, kind) in kinds.items()
        }
        self.observations = {name: arrays[f"seen/{name}"] for name in seen}
        self.actions, self.rewards = arrays["actions"], arrays["rewards"]
        self.terminations, self.truncations = arrays["terminations"], arrays["truncations"]

    def __reduce__(self) -> tuple[type[SharedBuffers], tuple[Any, ...]]:
        """A process that is being started gets the memory itself, and looks at it anew."""
        return SharedBuffers, (*self._made_of, self._memory)

    def write(self, index: int, seen: Observation, terminated: bool = False, truncated: bool = False) -> None:
        """What one environment shows, and whether its episode is over."""
        for name, array in seen.items():
            self.observations[name][index] = array
        self.terminations[index], self.truncations[index] = terminated, truncated

    def get_dones(self) -> NDArray[np.bool_]:
        """Which episodes have ended."""
        ended: NDArray[np.bool_] = self.terminations | self.truncations
        return ended


class EnvShard:
    """The environments ``indices`` of a board, moved one after the other; they are made by the command ``build``."""

    def __init__(
        self,
        env_class: type[TaskEnv],
        env_kwargs: Mapping[str, Any],
        indices: range,
        buffers: SharedBuffers,
        mode: AutoresetMode,
    ) -> None:
        self.indices = indices
        self._kind, self._settings, self._board, self._mode = env_class, env_kwargs, buffers, mode
        self._envs: dict[int, TaskEnv] = {}

    def run(self, command: str, *arguments: Any) -> list[Any]:
        """Do one thing in every environment; an error tells in which one it happened."""
        method = getattr(self, command)
        results = []
        for index in self.indices:
            try:
                results.append(method(index, *arguments))
            except Exception as error:
                raise _told(error, index) from error
        return results

    def build(self, index: int) -> None:
        """Make one environment."""
        self._envs[index] = self._kind(**self._settings)

    def reset(
        self, index: int, seeds: Sequence[int | None], chosen: Sequence[bool], options: dict[str, Any] | None
    ) -> Info:
        """Begin an episode, in chosen environments only."""
        if not chosen[index]:
            return {}
        seen, info = self._envs[index].reset(seed=seeds[index], options=options)
        self._board.write(index, seen)
        return info

    def step(self, index: int) -> Info:
        """Take the action that stands on the board, or begin the next episode if that is due."""
        env, board = self._envs[index], self._board
        if self._mode is AutoresetMode.NEXT_STEP and (board.terminations[index] or board.truncations[index]):
            seen, info = env.reset()
            board.write(index, seen)
            board.rewards[index] = 0.0
            return info
        seen, board.rewards[index], terminated, truncated, info = env.step(board.actions[index])
        if self._mode is AutoresetMode.SAME_STEP and (terminated or truncated):
            last = {"final_obs": seen, "final_info": info}
            seen, info = env.reset()
            info = last | info
        board.write(index, seen, terminated, truncated)
        return info

    def call(
        self, index: int, chosen: Collection[int], name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """Call a method or read an attribute, in chosen environments only."""
        if index not in chosen:
            return None
        found = self._envs[index].get_wrapper_attr(name)
        return found(*args, **kwargs) if callable(found) else found

    def close(self) -> None:
        """Let the physics engines go."""
        for env in self._envs.values():
            env.close()


def _told(error: Exception, index: int) -> Exception:
    """The same mistake where it is a declared one, with the number of the environment."""
    if isinstance(error, MyGymError | AttributeError):
        return type(error)(f"environment {index}: {error}")
    return VectorError(f"environment {index}: {type(error).__name__}: {error}")
