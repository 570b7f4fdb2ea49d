"""Recorded expert actions, which benchmarks replay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert

Actions = list[NDArray[np.float32]]


def record_expert_actions(env: TaskEnv, seed: int) -> Actions:
    """Record the actions of the expert over one episode."""
    expert, done = Expert(env), False
    actions: Actions = []
    env.reset(seed=seed)
    expert.reset(seed)
    while not done:
        actions.append(expert.act().astype(np.float32))
        _, _, terminated, truncated, _ = env.step(actions[-1])
        done = terminated or truncated
    return actions
