"""Demonstrations for a replay buffer: transitions with rewards, from the expert or from recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.demonstrations import (
    FIRST_DEMONSTRATION_SEED,
    MAX_FAILURES,
    SEED_STRIDE,
    load_compatible,
)
from mygym_lite.learning.imitation.labelled_rollouts import PrivilegedExpert, make_noisy_selector
from mygym_lite.learning.progress import Progress
from mygym_lite.learning.reinforcement.replay_buffers import DemonstrationBuffer

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
    teacher, number, failed, found = PrivilegedExpert(env), FIRST_DEMONSTRATION_SEED + SEED_STRIDE * seed, 0, 0
    while found < episodes:
        lesson = _play(env, teacher, number)
        number, failed = number + 1, 0 if lesson is not None else failed + 1
        if failed == MAX_FAILURES:
            raise UsageError(
                f"reinforcement: of the last {MAX_FAILURES} episodes of {env.task.name} that were shown, none "
                "succeeded; learn without demonstrations or with a milder randomization"
            )
        if lesson is not None:
            found += 1
            progress("demonstrations", found, episodes, "")
            yield lesson


def _play(env: TaskEnv, teacher: PrivilegedExpert, seed: int) -> Trajectory | None:
    observation, info = env.reset(seed=seed)
    teacher.reset(seed)
    actor = make_noisy_selector(env, seed, DEMONSTRATION_NOISE)
    seen, over = [observation], False
    steps: list[tuple[Any, ...]] = []
    while not over:
        right = np.asarray(teacher.act(observation), np.float32).clip(-1.0, 1.0)
        done = actor(len(steps), observation, right)
        observation, reward, terminated, truncated, info = env.step(done)
        seen.append(observation)
        steps.append((right, done, reward, info["success"]))
        over = terminated or truncated
    if info["failure"] is not None:
        return None
    arrays = {name: np.stack([one[name] for one in seen]) for name in observation}
    return Trajectory(arrays, *(np.array(column) for column in zip(*steps, strict=True)))


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
