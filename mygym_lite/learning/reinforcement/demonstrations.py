"""Demonstrations as a learner remembers them: step by step, with the reward that each had earned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.demonstrations.demonstrations import Demonstrations
from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.experts.expert import Expert
from mygym_lite.learning.imitation.demonstrations import FIRST_DEMONSTRATION_SEED, SEED_STRIDE
from mygym_lite.learning.reinforcement.replay_buffers import DemonstrationBuffer
from mygym_lite.policies.metadata import get_observation_shapes
from mygym_lite.rollout.action_noise import IMITATION_NOISE, NoisyPolicy

DEMONSTRATION_NOISE = 0.1
"""Deviation of what is done from what is right in episodes that are played now: steps that recover are worth more."""
_PATIENCE = 20  # episodes in a row that fail
Array = NDArray[Any]
Progress = Callable[[str, int, int, str], None]


class Trajectory(NamedTuple):
    """One successful episode of T actions."""

    observations: Mapping[str, Array]
    """T + 1 rows of each group."""
    actions: Array
    executed_actions: Array
    rewards: Array
    """The task's own."""
    successes: Array
    """Whether it was, after each action."""


def collect_trajectories(env: TaskEnv, episodes: int, seed: int, progress: Progress) -> Iterator[Trajectory]:
    """Episodes that the teacher plays now; those that fail are left out."""
    expert = Expert.from_env(env, ground_truth=True)
    teacher = NoisyPolicy(expert, IMITATION_NOISE, env.task, env.world.action_size, DEMONSTRATION_NOISE)
    number, failed, found = FIRST_DEMONSTRATION_SEED + SEED_STRIDE * seed, 0, 0
    while found < episodes:
        lesson = _play(env, teacher, number)
        number, failed = number + 1, 0 if lesson is not None else failed + 1
        if failed == _PATIENCE:
            raise UsageError(
                f"reinforcement: of the last {_PATIENCE} episodes of {env.task.name} that were shown, none succeeded; "
                "learn without demonstrations or with a milder randomization"
            )
        if lesson is not None:
            found += 1
            progress("demonstrations", found, episodes, "")
            yield lesson


def _play(env: TaskEnv, policy: NoisyPolicy, seed: int) -> Trajectory | None:
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
    """The successful episodes of recorded demonstrations.

    Raises:
        UsageError: They are of something else, or none succeeded.
    """
    found = 0
    for file in files:
        demonstrations = Demonstrations.load(file)
        _require_fit(file, demonstrations, env)
        for one in demonstrations:
            if one.success:
                found += 1
                yield Trajectory(one.observations, one.actions, one.executed, one.rewards, one.infos["success"][1:])
    if not found:
        raise UsageError(f"{', '.join(map(str, files))}: no demonstration succeeded; record others to learn from")


def fill_buffer(
    model: Any, trajectories: Sequence[Trajectory], reward_scale: float, bonus: float
) -> DemonstrationBuffer:
    """What a learner remembers of lessons.

    Args:
        model: Who learns.
        trajectories: Successful episodes.
        reward_scale: What the task's own reward counts.
        bonus: Reward of each step in which the task is solved.
    """
    steps = sum(len(lesson.executed_actions) for lesson in trajectories)
    shown = DemonstrationBuffer(steps, model.observation_space, model.action_space, device="cpu")
    for lesson in trajectories:
        seen = {name: _channels_first(lesson.observations[name]) for name in shown.observations}
        rewards = reward_scale * lesson.rewards + bonus * lesson.successes
        for i, (right, done, reward) in enumerate(zip(lesson.actions, lesson.executed_actions, rewards, strict=True)):
            before, after = ({name: rows[j] for name, rows in seen.items()} for j in (i, i + 1))
            shown.add_step(before, after, done, right, float(reward))
    return shown


def _channels_first(rows: Array) -> Array:
    """Pictures as networks want them, other groups as they are."""
    return np.moveaxis(rows, -1, 1) if rows.ndim == 4 else rows


def _require_fit(file: str | Path, demonstrations: Demonstrations, env: TaskEnv) -> None:
    """Refuse demonstrations of something else, by the same words as imitation."""
    card, robot, first = demonstrations.manifest, env.task.robot, demonstrations[0]
    task = card.get("task")
    found = (task["name"] if isinstance(task, dict) else task, card.get("robot"), card.get("control"))
    wanted = (env.task.name, robot.model, robot.control)
    for what, here, there in zip(("task", "robot", "control"), wanted, found, strict=True):
        if there is not None and there != here:
            raise UsageError(f"{file}: was recorded with {what} '{there}', not '{here}'; learn that, or record again")
    shapes = {name: array.shape[1:] for name, array in first.observations.items()}
    unlike = [name for name, shape in get_observation_shapes(env).items() if shapes.get(name) != shape]
    if unlike or first.actions.shape[1:] != env.action_space.shape:
        raise UsageError(
            f"{file}: {unlike[0] if unlike else 'action'} is not of the shape that is learned from here; record again, "
            "or give a number of episodes to be played now"
        )
    if "success" not in first.infos:
        raise UsageError(f"{file}: does not say when the task was solved; record again with `mygym-lite record`")
