"""Episodes in which the privileged expert labels every state, whichever policy acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert
from mygym_lite.learning.imitation.data import Array, Examples, ObservationSplit
from mygym_lite.policies.metadata import get_observation_shapes
from mygym_lite.policies.policy import Policy
from mygym_lite.rng import make_stream

NOISE_HOLD_SECONDS = 0.2
"""Hold time of the noise on actions, s; noise that changes at every step averages out."""
ActionSelector = Callable[[int, Any, Array], Any]
"""Function of the step, the observation and the expert's action, which returns the action to execute."""


@dataclass(frozen=True)
class LabelledEpisode:
    """Examples and success of one episode."""

    examples: Examples
    success: bool


def run_labelled_episode(env: TaskEnv, seed: int, expert: Policy, select_action: ActionSelector) -> LabelledEpisode:
    """Play one episode, which depends on the environment's task and variations, the seed and who acts alone.

    Args:
        env: Where.
        seed: Of the episode.
        expert: Says what is right.
        select_action: Chooses what is done.
    """
    observation, info = env.reset(seed=seed)
    expert.reset(seed)
    senses = ObservationSplit.for_env(env)
    seen: dict[str, list[NDArray[Any]]] = {name: [] for name in get_observation_shapes(env)}
    right: list[Array] = []
    done: list[Array] = []
    over = False
    while not over:
        label = np.asarray(expert.act(observation), np.float32).clip(-1.0, 1.0)
        for name, rows in seen.items():
            rows.append(np.array(observation[name]))
        action = select_action(len(right), observation, label)
        right.append(label)
        done.append(np.array(action, np.float32))
        observation, _, terminated, truncated, info = env.step(action)
        over = terminated or truncated
    arrays = {name: np.stack(rows) for name, rows in seen.items()}
    examples = Examples.from_arrays(
        arrays, np.stack(right), [len(right)], senses.vectors,
        executed_actions=np.stack(done), images=senses.images, auxiliary=senses.auxiliary,
    )  # fmt: skip
    return LabelledEpisode(examples, info["failure"] is None)


def make_noisy_selector(env: TaskEnv, seed: int, deviation: float) -> ActionSelector:
    """Does what is right, and a little else besides, so that what follows shows how to recover.

    Args:
        env: Whose actions they are.
        seed: Of the episode.
        deviation: Of what is added to each number of an action, and stays for ``NOISE_HOLD_SECONDS``.
    """
    hold = max(1, round(NOISE_HOLD_SECONDS * env.task.episode.control_hz))
    rng, size = make_stream(seed, "imitate/noise"), env.action_space.shape
    draws = rng.normal(0.0, deviation, (-(-env.task.max_steps // hold), *size)).astype(np.float32)  # type: ignore[misc]

    def act(step: int, _observation: Any, label: Array) -> Array:
        noisy: Array = np.clip(label + draws[step // hold], -1.0, 1.0)
        return noisy

    return act


class PrivilegedExpert(Expert):
    """The expert, acting on the true state also where the environment shows what is seen of it."""

    def act(self, _observation: Any = None) -> NDArray[Any]:
        """What is right at this moment."""
        action: NDArray[Any] = self._act(self._env.state)
        return action.astype(np.float32)
