"""The actions that benchmarks replay: the expert's, recorded once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert

Actions = list[NDArray[np.float32]]


def record_expert_actions(env: TaskEnv, seed: int) -> Actions:
    """What the expert does in an episode, from its beginning to its end."""
    _, *steps = iterate_steps(env, Expert.from_env(env), seed)
    return [step.action for step in steps]
