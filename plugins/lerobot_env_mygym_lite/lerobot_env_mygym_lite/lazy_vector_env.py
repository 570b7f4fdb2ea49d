"""Vector environments that are made on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gymnasium.vector import VectorEnv


class LazyVectorEnv:
    """Vector environment that is made on first use, and again if it is used after it was closed.

    LeRobot holds the environments of all tasks, evaluates one after the other, closes each after its episodes, and in
    training uses them again later.

    Args:
        make: Function that makes the vector environment.
        num_envs: Number of its environments.
    """

    def __init__(self, make: Callable[[], VectorEnv], num_envs: int) -> None:
        self._make, self.num_envs = make, num_envs
        self._env: VectorEnv | None = None

    def __getattr__(self, name: str) -> Any:
        """Return an attribute or a method of the vector environment."""
        if name.startswith("_"):  # a question whether there is one makes no environment
            raise AttributeError(name)
        if self._env is None:
            self._env = self._make()
        return getattr(self._env, name)

    def close(self) -> None:
        """Close the vector environment, if there is one."""
        if self._env is not None:
            self._env.close()
            self._env = None
