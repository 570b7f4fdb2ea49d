"""How good a policy is: whole episodes that nobody learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.policy import Policy

FIRST_VALIDATION_SEED = 30_000_000
"""Seed of the first episode of a trial; no other learning and no reference result comes near."""
_Z = 1.959964  # of a normal distribution, between whose minus and plus are 95%


@dataclass(frozen=True)
class ValidationConfig:
    """When a learner is tried.

    Args:
        every: Steps between two trials; a twentieth of all of them if left out.
        episodes: Of each trial.
        until: Success with which learning is done: the lower end of its 95% interval has to be above.
    """

    every: int | None = None
    episodes: int = 50
    until: float | None = None

    @property
    def required_episodes(self) -> int:
        """Episodes of a trial, enough that one without a failure could end the learning."""
        if self.until is None:
            return self.episodes
        return max(self.episodes, int(1.3 * _Z * _Z * self.until / max(1.0 - self.until, 1e-9)) + 1)


class ValidationPoint(NamedTuple):
    """A point of the learning curve."""

    steps: int
    successes: int
    episodes: int
    low: float
    """Ends of the 95% interval of the success."""
    high: float
    reward: float
    """Mean of an episode, the task's own."""
    seconds: float
    """Simulated, mean of an episode."""
    minutes: float
    """Of learning up to here, trials included."""


def run_validation(env: TaskEnv, policy: Policy, episodes: int, steps: int, minutes: float) -> ValidationPoint:
    """Play the episodes of a trial, which are always the same ones; where a fifth of them all fail, only those."""
    from scipy.stats import binomtest

    successes, reward, moments, few = 0, 0.0, 0, -(-episodes // 5)
    for number in range(episodes):
        if number == few and successes == 0:
            episodes = few
            break
        seed = FIRST_VALIDATION_SEED + number
        for step in iterate_steps(env, policy, seed):
            reward += float(step.reward)
        moments += env.episode_state.steps
        successes += step.info["failure"] is None
    interval = binomtest(successes, episodes).proportion_ci(method="wilson")
    seconds = moments / episodes / env.task.episode.control_hz
    return ValidationPoint(
        steps, successes, episodes, round(float(interval.low), 4), round(float(interval.high), 4),
        round(reward / episodes, 3), round(seconds, 2), round(minutes, 2),
    )  # fmt: skip
