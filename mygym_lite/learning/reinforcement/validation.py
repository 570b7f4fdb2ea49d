"""Validation of a policy during training, on fixed episodes apart from all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.policy import Policy

FIRST_VALIDATION_SEED = 30_000_000
"""Seed of the first validation episode, far from those of training and evaluation."""
_Z = 1.959964  # 97.5% quantile of the normal distribution


@dataclass(frozen=True)
class ValidationConfig:
    """Interval, size and target of validation.

    Args:
        every: Steps between validations; a twentieth of the total if None.
        episodes: Episodes per validation.
        until: Success rate at which training stops: the lower bound of its 95% interval must exceed it.
    """

    every: int | None = None
    episodes: int = 50
    until: float | None = None

    @property
    def required_episodes(self) -> int:
        """Episodes per validation, enough for a flawless one to reach ``until``."""
        if self.until is None:
            return self.episodes
        return max(self.episodes, int(1.3 * _Z * _Z * self.until / max(1.0 - self.until, 1e-9)) + 1)


class ValidationPoint(NamedTuple):
    """Point of the learning curve."""

    steps: int
    successes: int
    episodes: int
    low: float
    """Lower bound of the 95% interval of the success rate; ``high`` is the upper one."""
    high: float
    reward: float
    """Mean return of an episode, with the task's reward."""
    seconds: float
    """Mean simulated time of an episode, s."""
    minutes: float
    """Training time so far, validation included, min."""


def run_validation(env: TaskEnv, policy: Policy, episodes: int, steps: int, minutes: float) -> ValidationPoint:
    """Run the validation episodes, which are always the same; stop after a fifth of them if all of these fail."""
    from scipy.stats import binomtest

    successes, reward, total_steps, few = 0, 0.0, 0, -(-episodes // 5)
    for number in range(episodes):
        if number == few and successes == 0:
            episodes = few
            break
        seed = FIRST_VALIDATION_SEED + number
        for step in iterate_steps(env, policy, seed):
            reward += float(step.reward)
        total_steps += env.episode_state.steps
        successes += step.info["failure"] is None
    interval = binomtest(successes, episodes).proportion_ci(method="wilson")
    return ValidationPoint(
        steps=steps,
        successes=successes,
        episodes=episodes,
        low=round(float(interval.low), 4),
        high=round(float(interval.high), 4),
        reward=round(reward / episodes, 3),
        seconds=round(total_steps / episodes / env.task.episode.control_hz, 2),
        minutes=round(minutes, 2),
    )
