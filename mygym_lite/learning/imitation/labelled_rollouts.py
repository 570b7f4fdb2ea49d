"""Episodes in which the expert labels every state, whichever policy acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.variation import Variation
from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.imitation.data import Array, Examples, ObservationSplit
from mygym_lite.policies.metadata import get_observation_shapes
from mygym_lite.policies.policy import Policy
from mygym_lite.rollout.action_noise import IMITATION_NOISE, ActionSelector, LabellingPolicy, sample_noise


@dataclass(frozen=True)
class LabelledEpisode:
    """Examples and success of one episode."""

    examples: Examples
    success: bool


def run_labelled_episode(
    env: TaskEnv,
    seed: int,
    expert: Policy,
    select_action: ActionSelector,
    variations: Sequence[Variation] | None = None,
) -> LabelledEpisode:
    """Run an episode, which is determined by task, variations, seed and selector.

    Args:
        env: Environment.
        seed: Seed of the episode.
        expert: Policy that labels the states.
        select_action: Selector of the executed action.
        variations: Variations of this episode; the environment's own by default.
    """
    policy = LabellingPolicy(expert, select_action)
    observations: dict[str, list[NDArray[Any]]] = {name: [] for name in get_observation_shapes(env)}
    actions: list[Array] = []
    for before, after in pairwise(iterate_steps(env, policy, seed, variations)):
        for name, rows in observations.items():
            rows.append(np.array(before.observation[name]))
        actions.append(np.array(after.action, np.float32))
    split = ObservationSplit.for_env(env)
    arrays = {name: np.stack(rows) for name, rows in observations.items()}
    examples = Examples.from_arrays(
        arrays,
        np.stack(policy.labels),
        [len(actions)],
        split.vectors,
        executed_actions=np.stack(actions),
        images=split.images,
        auxiliary=split.auxiliary,
        vocabulary=split.vocabulary,
    )
    return LabelledEpisode(examples, after.info["failure"] is None)


def make_noisy_selector(env: TaskEnv, seed: int, deviation: float) -> ActionSelector:
    """Make a selector of the expert's action with noise, so that the episode contains recoveries.

    Args:
        env: Environment.
        seed: Seed of the noise.
        deviation: Standard deviation of the noise, which is held for ``HOLD_SECONDS``.
    """
    noise = sample_noise(IMITATION_NOISE, seed, env.task, env.world.action_size, deviation)

    def select_action(step: int, _observation: Any, label: Array) -> Array:
        noisy: Array = np.clip(label + noise[step], -1.0, 1.0)
        return noisy

    return select_action
