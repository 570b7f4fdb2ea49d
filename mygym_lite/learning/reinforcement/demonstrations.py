"""Demonstrations for a replay buffer: transitions with rewards, from the expert or from recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.experts.expert import Expert
from mygym_lite.jobs.progress import Progress
from mygym_lite.learning.imitation.demonstrations import (
    FIRST_DEMONSTRATION_SEED,
    MAX_FAILURES,
    SEED_STRIDE,
    load_compatible,
)
from mygym_lite.learning.reinforcement.replay_buffers import DemonstrationBuffer
from mygym_lite.rollout.action_noise import IMITATION_NOISE, NoisyPolicy

DEMONSTRATION_NOISE = 0.1
"""Standard deviation of the noise on the expert's actions, so that demonstrations contain recoveries."""
Array = NDArray[Any]


class Trajectory(NamedTuple):
    """Successful episode of T actions."""

    observations: Mapping[str, Array]
    """Observed arrays, T + 1 rows each."""
    actions: Array
    executed_actions: Array
    rewards: Array
    """Rewards of the task."""
    successes: Array
    """Success after each action."""


def collect_trajectories(env: TaskEnv, episodes: int, seed: int, progress: Progress) -> Iterator[Trajectory]:
    """Collect successful episodes of the expert; failures are left out."""
    expert = Expert.from_env(env, ground_truth=True)
    policy = NoisyPolicy(expert, IMITATION_NOISE, env.task, env.world.action_size, DEMONSTRATION_NOISE)
    number, failures, count = FIRST_DEMONSTRATION_SEED + SEED_STRIDE * seed, 0, 0
    while count < episodes:
        trajectory = _run_episode(env, policy, number)
        number, failures = number + 1, 0 if trajectory is not None else failures + 1
        if failures == MAX_FAILURES:
            raise UsageError(
                f"reinforcement: the expert failed in the last {MAX_FAILURES} episodes of {env.task.name}; "
                "train without demonstrations or with a milder randomization"
            )
        if trajectory is not None:
            count += 1
            progress("demonstrations", count, episodes, "")
            yield trajectory


def _run_episode(env: TaskEnv, policy: NoisyPolicy, seed: int) -> Trajectory | None:
    """Run an episode of the expert; None if it fails."""
    start, *steps = iterate_steps(env, policy, seed)
    if steps[-1].info["failure"] is not None:
        return None
    return Trajectory(
        observations={
            name: np.stack([step.observation[name] for step in (start, *steps)]) for name in start.observation
        },
        actions=np.array(policy.labels),
        executed_actions=np.array([step.action for step in steps]),
        rewards=np.array([step.reward for step in steps]),
        successes=np.array([step.info["success"] for step in steps]),
    )


def read_trajectories(files: Sequence[str | Path], env: TaskEnv) -> Iterator[Trajectory]:
    """Read the successful episodes of recorded demonstrations.

    Raises:
        UsageError: They are of another task or robot, or none succeeded.
    """
    count = 0
    for file in files:
        demonstrations = load_compatible(file, env)
        if "success" not in demonstrations[0].infos:
            raise UsageError(f"{file}: does not say when the task was solved; record again with `mygym-lite record`")
        for episode in demonstrations:
            if episode.success:
                count += 1
                yield Trajectory(
                    observations=episode.observations,
                    actions=episode.actions,
                    executed_actions=episode.executed,
                    rewards=episode.rewards,
                    successes=episode.infos["success"][1:],
                )
    if not count:
        raise UsageError(f"{', '.join(map(str, files))}: no demonstration succeeded; record others to learn from")


def fill_buffer(
    model: Any, trajectories: Sequence[Trajectory], reward_scale: float, bonus: float
) -> DemonstrationBuffer:
    """Fill a buffer with the transitions of demonstrations.

    Args:
        model: Model with the spaces of the buffer.
        trajectories: Successful episodes.
        reward_scale: Factor of the task's reward.
        bonus: Reward of each step in which the task is solved.
    """
    steps = sum(len(trajectory.executed_actions) for trajectory in trajectories)
    buffer = DemonstrationBuffer(steps, model.observation_space, model.action_space, device="cpu")
    for trajectory in trajectories:
        observations = {name: _move_channels_first(trajectory.observations[name]) for name in buffer.observations}
        rewards = reward_scale * trajectory.rewards + bonus * trajectory.successes
        columns = zip(trajectory.actions, trajectory.executed_actions, rewards, strict=True)
        for i, (expert_action, executed_action, reward) in enumerate(columns):
            before, after = ({name: rows[j] for name, rows in observations.items()} for j in (i, i + 1))
            buffer.add_step(before, after, executed_action, expert_action, float(reward))
    return buffer


def _move_channels_first(rows: Array) -> Array:
    """Move the channels of images to the front; return vectors unchanged."""
    return np.moveaxis(rows, -1, 1) if rows.ndim == 4 else rows
