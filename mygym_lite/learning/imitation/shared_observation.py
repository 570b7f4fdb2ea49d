"""Observation that several tasks share: their entries by name and size, a mask, and the instruction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.envs.entry_observations import PRESENCE, list_entries
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.environment import ObservationConfig, make_training_env
from mygym_lite.policies.metadata import read_metadata
from mygym_lite.policies.saved import find_policy_folder
from mygym_lite.terms import bind_terms


@contextmanager
def make_training_envs(
    tasks: Sequence[str | Path | Task],
    randomization: str | Path | None,
    settings: Sequence[str],
    observation: ObservationConfig,
) -> Iterator[list[TaskEnv]]:
    """Make the environment of each task, and close all of them in the end."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(closing(make_training_env(task, randomization, settings, observation)))
            for task in tasks
        ]


def share_observation(
    tasks: Sequence[str | Path | Task],
    settings: Sequence[str],
    observation: ObservationConfig,
    start: str | Path | None,
) -> ObservationConfig:
    """Observe what the tasks share: the entries of a multi-task policy to start from, or else those of any task.

    Raises:
        UsageError: The tasks differ in their actions or their vocabulary, or have entries that the policy lacks.
    """
    known = None if start is None else read_metadata(find_policy_folder(start))
    is_shared = known is not None and bool(known.tasks)
    if observation.observe or observation.cameras or not (is_shared or len(tasks) > 1):
        return observation
    with make_training_envs(tasks, None, settings, observation) as envs:
        _require_same_actions(envs)
        entries = dict.fromkeys(name for env in envs for name in list_entries(bind_terms(env.task).observe, env.state))
    names = (*entries, PRESENCE, INSTRUCTION)
    if known is not None and is_shared:
        if lacking := next((name for name in entries if name not in known.observation), None):
            raise UsageError(
                f"start: {start} lacks '{lacking}', which the task observes; it was made for {', '.join(known.tasks)}"
            )
        names = tuple(known.observation)
    return replace(observation, observe=names)


def _require_same_actions(envs: Sequence[TaskEnv]) -> None:
    """Refuse tasks of different robots or control modes, or with words of their own."""
    first, *others = envs
    for other in others:
        for (name, here), there in zip(_list_conditions(first).items(), _list_conditions(other).values(), strict=True):
            if here != there:
                raise UsageError(
                    f"imitation: {first.task.name} has {name} {here} and {other.task.name} {there}; one policy needs "
                    "the same for all tasks, so train them apart or change it with --set"
                )


def _list_conditions(env: TaskEnv) -> dict[str, Any]:
    """List what tasks of one policy have in common."""
    robot, language = env.task.robot, env.task.language
    return {
        "robot": robot.model,
        "control mode": robot.control,
        "actions of shape": env.action_space.shape,
        "vocabulary": list(language.vocabulary) if language else [],
    }
