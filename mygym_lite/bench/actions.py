"""The actions that benchmarks replay: the expert's, recorded once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert

Actions = list[NDArray[np.float32]]


def record_expert_actions(env: TaskEnv, seed: int) -> Actions:
    """What the expert does in an episode, from its beginning to its end."""
    expert, over = Expert.from_env(env), False
    actions: Actions = []
    env.reset(seed=seed)
    expert.reset(seed)
    while not over:
        actions.append(expert.act().astype(np.float32))
        _, _, terminated, truncated, _ = env.step(actions[-1])
        over = terminated or truncated
    return actions
