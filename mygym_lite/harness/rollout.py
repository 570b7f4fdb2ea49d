"""Episodes: (task, variations, seed, policy) in, one record out, the same wherever and whenever it is run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv, Variations
from mygym_lite.learning.policy import Policy, make_policy
from mygym_lite.spec.task import Control, Task

Watcher = Callable[[dict[str, Any]], None]
_TOUCH = ("hand", "objects")
_Z95 = 1.959963984540054  # two-sided 95% of a normal distribution


@dataclass(frozen=True)
class EpisodeRecord:
    """What came of one episode. Nothing in it depends on the machine, and what did not happen is None, not zero."""

    task: str
    policy: str
    seed: int
    success: bool
    failure: str | None
    """Why not: one of the task's own codes, ``timeout`` or ``physics_error``."""
    steps: int
    seconds: float | None
    """Simulated time until success had lasted as long as the task asks, s."""
    reward: float
    peak_force: dict[str, float]
    """Largest force of the episode by pair of groups, each a mean over 50 ms, N."""
    hand_force: float | None
    """Mean force of the hand on objects, over the actions in which they touched, N."""
    clipped: int
    """Action components that were out of range."""


class _Tally:
    """Sums up the steps of one episode."""

    def __init__(self) -> None:
        self.steps, self.reward = 0, 0.0
        self.peaks: dict[str, float] = {}
        self.touches: list[float] = []

    def add(self, env: TaskEnv, reward: float, info: dict[str, Any]) -> None:
        self.steps += 1
        self.reward += reward
        for pair, force in info["contact_force"].items():
            self.peaks[pair] = max(force, self.peaks.get(pair, 0.0))
        if "hand_object" in info["contact_force"]:
            self.touches += [force for force in [env.state.touch(*_TOUCH).mean] if force > 0.0]


def run_episode(
    env: TaskEnv,
    policy: Policy,
    seed: int,
    variations: Variations | None = None,
    on_step: Watcher | None = None,
    name: str = "",
) -> EpisodeRecord:
    """Let a policy act from reset to the end of one episode.

    Args:
        env: The task's environment, whatever it did before.
        policy: Who acts.
        seed: Which episode.
        variations: Instead of the environment's own.
        on_step: Is shown the ``info`` of the start and of every step, for pictures and progress.
        name: What the record calls the policy; its class by default.
    """
    observation, info = env.reset(seed=seed, options=None if variations is None else {"variations": variations})
    policy.reset(seed)
    tally, over = _Tally(), False
    while not over:
        if on_step is not None:
            on_step(info)
        observation, reward, terminated, truncated, info = env.step(policy.act(observation))
        tally.add(env, reward, info)
        over = terminated or truncated
    if on_step is not None:
        on_step(info)
    success = terminated and info["failure"] is None
    return EpisodeRecord(
        task=env.task.name,
        policy=name or type(policy).__name__,
        seed=seed,
        success=success,
        failure=None if success else info["failure"] or "timeout",
        steps=tally.steps,
        seconds=tally.steps / env.task.episode.control_hz if success else None,
        reward=tally.reward,
        peak_force=tally.peaks,
        hand_force=sum(tally.touches) / len(tally.touches) if tally.touches else None,
        clipped=info["clipped"],
    )


def run_seeds(
    env: TaskEnv, policy: str, seeds: Iterable[int], on_step: Watcher | None = None
) -> Iterator[EpisodeRecord]:
    """Episode after episode of one environment, by a policy given by name."""
    actor = make_policy(policy, env)
    return (run_episode(env, actor, seed, on_step=on_step, name=policy) for seed in seeds)


def run(
    task: str | Path | Task,
    policy: str = "expert",
    episodes: int = 10,
    seed: int = 0,
    *,
    robot: str | None = None,
    control: Control | None = None,
    settings: Sequence[str] = (),
    variations: Variations | None = None,
) -> list[EpisodeRecord]:
    """Run a policy over the seeds from ``seed`` on.

    Args:
        task: A shipped task's name, the path of a task file, or a task.
        policy: As for ``make_policy``.
        episodes: How many.
        seed: Of the first episode.
        robot: Another robot than the task's.
        control: Another control mode than the task's.
        settings: Fixed changes to the task, each as ``path=value``.
        variations: What differs from episode to episode beyond the task's own start.
    """
    env = TaskEnv(task, robot=robot, control=control, settings=settings, variations=variations)
    try:
        return list(run_seeds(env, policy, range(seed, seed + episodes)))
    finally:
        env.close()


def wilson(successes: int, episodes: int) -> tuple[float, float]:
    """The 95% Wilson interval of a success rate; from no episode, anything is possible."""
    if episodes == 0:
        return 0.0, 1.0
    rate, spread = successes / episodes, _Z95 * _Z95 / episodes
    middle = (rate + spread / 2) / (1 + spread)
    half = math.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
