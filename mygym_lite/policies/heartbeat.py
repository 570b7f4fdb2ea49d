"""A policy whose process is looked after while it works."""

from __future__ import annotations

from typing import Any

from mygym_lite.jobs.scheduler import Heartbeat
from mygym_lite.policies.policy import Policy


class HeartbeatPolicy:
    """Says when it begins to work, and when it has done.

    Args:
        policy: The policy.
        heartbeat: Is told so.
        seconds: How long one call may take.
    """

    def __init__(self, policy: Policy, heartbeat: Heartbeat, seconds: float) -> None:
        self._policy, self._tell, self._seconds = policy, heartbeat, seconds

    def reset(self, seed: int) -> None:
        """Begin the episode with this seed."""
        self._tell(self._seconds)
        try:
            self._policy.reset(seed)
        finally:
            self._tell(0.0)

    def act(self, observation: Any) -> Any:
        """The policy's action."""
        self._tell(self._seconds)
        try:
            return self._policy.act(observation)
        finally:
            self._tell(0.0)
