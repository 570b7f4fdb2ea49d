"""Episodes in which somebody who knows how says at every moment what is right, whoever acts."""

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
    """One episode."""

    examples: Examples
    success: bool


def run_labelled_episode(
    env: TaskEnv,
    seed: int,
    expert: Policy,
    select_action: ActionSelector,
    variations: Sequence[Variation] | None = None,
) -> LabelledEpisode:
    """Play one episode, which depends on the environment's task and variations, the seed and who acts alone.

    Args:
        env: Where.
        seed: Of the episode.
        expert: Says what is right.
        select_action: Chooses what is done.
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
        arrays, np.stack(policy.labels), [len(actions)], split.vectors,
        executed_actions=np.stack(actions), images=split.images, auxiliary=split.auxiliary,
    )  # fmt: skip
    return LabelledEpisode(examples, after.info["failure"] is None)


def make_noisy_selector(env: TaskEnv, seed: int, deviation: float) -> ActionSelector:
    """Does what is right, and a little else besides, so that what follows shows how to recover.

    Args:
        env: Whose actions they are.
        seed: Of the episode.
        deviation: Of what is added to each number of an action, and stays for ``HOLD_SECONDS``.
    """
    noise = sample_noise(IMITATION_NOISE, seed, env.task, env.world.action_size, deviation)

    def act(step: int, _observation: Any, label: Array) -> Array:
        noisy: Array = np.clip(label + noise[step], -1.0, 1.0)
        return noisy

    return act
