"""A policy that is shown observations under names of its own, and answers with chunks of numbers of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.policies.policy import Policy
from mygym_lite.policies.remote.mapping import RemoteMapping


class MappedPolicy:
    """Translates observations and actions by a mapping, and carries out each chunk before it asks for the next.

    Args:
        policy: Is shown what the mapping says; answers with a dictionary, or with the actions themselves.
        mapping: How it is spoken to.
    """

    def __init__(self, policy: Policy, mapping: RemoteMapping) -> None:
        self._policy, self._mapping = policy, mapping
        self._chunk: list[NDArray[np.float64]] = []

    def reset(self, seed: int) -> None:
        """Begin an episode; the rest of a chunk belongs to the last one."""
        self._chunk = []
        self._policy.reset(seed)

    def act(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """The next action of the chunk, or the first of a new one."""
        if not self._chunk:
            reply = self._policy.act(self._mapping.build_message(observation))
            named = reply if isinstance(reply, dict) else {self._mapping.action.key: reply}
            self._chunk = [*self._mapping.action.parse_actions(named)][::-1]
        return self._chunk.pop()
