"""Generator of the steps of one episode: the one loop in which policies act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mygym_lite.config.variation import Variation
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv


class Agent(Protocol):
    """Policy, expert or other agent that acts in an episode."""

    def reset(self, seed: int) -> None:
        """Begin the episode with this seed."""

    def act(self, observation: Any) -> Any:
        """Compute the next action, numbers in [-1, 1]."""


@dataclass(frozen=True)
class Step:
    """Result of one action; the first step of an episode is its start, which has none."""

    observation: Observation
    """Observation after the action."""
    action: Any
    """Action as the policy returned it; None at the start."""
    reward: float
    info: dict[str, Any]
    is_last: bool
    """True if the episode was terminated or truncated."""


def iterate_steps(
    env: TaskEnv, policy: Agent, seed: int, variations: Sequence[Variation] | None = None
) -> Iterator[Step]:
    """Play one episode lazily: the policy acts whenever the next step is requested.

    Args:
        env: Environment to act in.
        policy: Policy that acts; it is reset after the start has been yielded.
        seed: Seed of the episode.
        variations: Variations of this episode; the environment's own by default.
    """
    options = None if variations is None else {"variations": variations}
    observation, info = env.reset(seed=seed, options=options)
    yield Step(observation, None, 0.0, info, is_last=False)
    policy.reset(seed)
    is_last = False
    while not is_last:
        action = policy.act(observation)
        observation, reward, terminated, truncated, info = env.step(action)
        is_last = terminated or truncated
        yield Step(observation, action, reward, info, is_last)
