"""Inputs of the scripted expert: task, robot and live readings of one environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.sim.kinematics import Kinematics

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ExpertInputs:
    """Inputs of the expert, which does not hold the environment itself."""

    task: Task
    """Task as declared."""
    kinematics: Kinematics
    """Kinematics of the first arm."""
    hand_command_counts: Sequence[int]
    """Number of hand commands in an action, by arm."""
    action_size: int
    state: Callable[[], State]
    """Return the state that the expert acts on, ground truth or estimated."""
    episode_task: Callable[[], Task]
    """Return the task as sampled for the running episode."""
    executed_actions: Callable[[], Sequence[Array]]
    """Return the actions of the running episode so far."""
    has_estimator: Callable[[], bool]
    """Return True if the environment observes estimated poses, so that the motion of the goal is not known exactly."""

    @classmethod
    def from_env(cls, env: TaskEnv, ground_truth: bool = False) -> Self:
        """Read an environment.

        Args:
            env: Environment that the expert acts in.
            ground_truth: Read the ground-truth state even if the environment observes estimated poses.
        """
        return cls(
            task=env.task,
            kinematics=env.world.kinematics,
            hand_command_counts=env.world.hand_command_counts,
            action_size=env.world.action_size,
            state=lambda: env.state if ground_truth else env.estimated_state,
            episode_task=lambda: env.episode_task,
            executed_actions=lambda: env.episode_state.actions,
            has_estimator=lambda: env.estimator is not None,
        )
