"""Policy behind a mapping, which executes its actions chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.policy import Policy
from mygym_lite.policies.remote.mapping import RemoteMapping


class MappedPolicy:
    """Policy that translates observations and actions, and executes a whole chunk before requesting the next.

    Args:
        policy: Policy that takes the mapped observation and returns a dictionary, or the actions themselves.
        mapping: Mapping of observations and actions.
        env: Environment in which the policy acts, for the instruction.
    """

    def __init__(self, policy: Policy, mapping: RemoteMapping, env: TaskEnv) -> None:
        self._policy, self.mapping, self._env = policy, mapping, env
        self._chunk: list[NDArray[np.float64]] = []

    def with_mapping(self, mapping: RemoteMapping) -> MappedPolicy:
        """Return the same policy behind another mapping."""
        return MappedPolicy(self._policy, mapping, self._env)

    def reset(self, seed: int) -> None:
        """Begin an episode, and discard the rest of the last chunk."""
        self._chunk = []
        self._policy.reset(seed)

    def act(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return the next action of the chunk, or the first one of a new chunk."""
        if not self._chunk:
            self._chunk = self.infer(observation)[::-1]
        return self._chunk.pop()

    def infer(self, observation: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float64]]:
        """Return all actions of a new chunk."""
        reply = self._policy.act(self.mapping.build_message(observation, self._env.task_description))
        table = reply if isinstance(reply, dict) else {self.mapping.action.key: reply}
        return [*self.mapping.action.parse_actions(table)]
