"""Policy wrapper that reports each call to the watchdog of its process."""

from __future__ import annotations

from typing import Any

from mygym_lite.jobs.scheduler import Heartbeat
from mygym_lite.policies.policy import Policy


class HeartbeatPolicy:
    """Policy that announces the time limit before each call, and cancels it afterwards.

    Args:
        policy: Wrapped policy.
        heartbeat: Function that receives the time limit of the call, s, or 0 once it has returned.
        seconds: Time limit of one call, s.
    """

    def __init__(self, policy: Policy, heartbeat: Heartbeat, seconds: float) -> None:
        self._policy, self._heartbeat, self._seconds = policy, heartbeat, seconds

    @property
    def repeated_actions(self) -> int | None:
        """Steps of the episode at which a policy with latency repeated an action."""
        return getattr(self._policy, "repeated_actions", None)

    def reset(self, seed: int) -> None:
        """Begin the episode with this seed."""
        self._heartbeat(self._seconds)
        try:
            self._policy.reset(seed)
        finally:
            self._heartbeat(0.0)

    def act(self, observation: Any) -> Any:
        """Return the action."""
        self._heartbeat(self._seconds)
        try:
            return self._policy.act(observation)
        finally:
            self._heartbeat(0.0)
