"""Observations of environments, with and without images, and their comparison to the byte."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from mygym_lite.envs.registration import list_env_ids

EVERY_ENV_ID = pytest.mark.parametrize("id", list_env_ids())
EVERY_GOAL_ENV_ID = pytest.mark.parametrize("id", [id for id in list_env_ids() if "Goal" in id])
IMAGE_KINDS = ("rgb", "depth", "mask", "links", "normals")
IMAGE_OPTIONS: dict[str, Any] = {
    "observe": ["proprio", "rgb", "depth", "mask"],
    "cameras": ["head", "wrist"],
    "size": (60, 44),
}


def have_equal_bytes(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Tell whether two observations have the same names, types and bytes."""
    return a.keys() == b.keys() and all(a[n].dtype == b[n].dtype and a[n].tobytes() == b[n].tobytes() for n in a)


def play_episode(env: gym.Env[Any, Any], seed: int = 4, steps: int = 4) -> list[dict[str, Any]]:
    """Play the first steps of an episode with random actions, and return the observations."""
    actions = np.random.default_rng(seed).uniform(-1, 1, (steps, *env.action_space.shape)).astype(np.float32)
    return [env.reset(seed=seed)[0], *(env.step(action)[0] for action in actions)]


def compute_digest(observations: list[dict[str, Any]]) -> str:
    return sha256(b"".join(image[name].tobytes() for image in observations for name in sorted(image))).hexdigest()
