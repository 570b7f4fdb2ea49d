"""Actions of a policy on the observations of the expert, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PolicyError
from mygym_lite.harness.contract.expert_episodes import Array, ExpertEpisode
from mygym_lite.policies.latency import infer_actions
from mygym_lite.policies.policy import Policy

ChangeObservation = Callable[[Observation], Observation]


@dataclass(frozen=True)
class Prediction:
    """Actions of one inference, for the step of its observation and those that follow."""

    episode: ExpertEpisode
    step: int
    actions: Array
    """Actions by row, before any correction."""


def predict(
    policy: Policy, env: TaskEnv, episodes: Sequence[ExpertEpisode], change: ChangeObservation | None = None
) -> list[Prediction]:
    """Compute the actions of a policy on recorded observations, as it would be called in these episodes.

    Args:
        policy: The policy.
        env: Environment that the policy was made for; it is reset to give the instruction of each episode.
        episodes: Episodes of the expert.
        change: Change of every observation.
    """
    return [prediction for episode in episodes for prediction in _predict_episode(policy, env, episode, change)]


def _predict_episode(
    policy: Policy, env: TaskEnv, episode: ExpertEpisode, change: ChangeObservation | None
) -> Iterator[Prediction]:
    env.reset(seed=episode.seed)
    policy.reset(episode.seed)
    step = 0
    while step < len(episode.observations):
        observation = {name: array.copy() for name, array in episode.observations[step].items()}
        actions = infer_actions(policy, observation if change is None else change(observation))
        rows = _stack(actions, episode.actions.shape[1])
        yield Prediction(episode, step, rows)
        step += len(rows)


def _stack(actions: Sequence[Array], size: int) -> Array:
    try:
        rows = np.stack([np.asarray(action, float).reshape(-1) for action in actions])
    except (TypeError, ValueError) as error:
        raise PolicyError(f"policy: its actions are no numbers ({error})") from error
    if rows.shape[1] != size:
        raise PolicyError(f"policy: its actions have {rows.shape[1]} numbers, and the task takes {size}")
    return rows
