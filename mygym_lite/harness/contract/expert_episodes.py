"""Episodes of the expert on which the actions of a policy are checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.robot import load_robot
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert
from mygym_lite.sim.control import count_arm_commands

Array = NDArray[Any]


@dataclass(frozen=True)
class ExpertEpisode:
    """Observations of one episode of the expert, and its actions on them."""

    seed: int
    observations: list[Observation]
    actions: Array
    """Action of each step, in [-1, 1]."""
    joints: Array
    """Joint positions of the first arm before each step, rad."""


@dataclass(frozen=True)
class ActionSpace:
    """Meaning of the components of an action: the first arm, then its hand."""

    control: str
    arm: slice
    hand: slice
    full_action: float
    """Change of a joint or of the palm's position by an action of 1 where actions are changes, rad or m."""
    low: Array
    high: Array
    """Limits of the joints of the first arm, rad."""

    @property
    def commands_changes(self) -> bool:
        """True if an action commands a change of the arm."""
        return self.control in ("joint_delta", "ee_delta", "ee_translation")

    def select(self, part: str) -> slice:
        """Return the components of the part ``arm`` or ``hand``."""
        return self.hand if part == "hand" else self.arm


def describe_actions(env: TaskEnv) -> ActionSpace:
    """Describe the actions of an environment."""
    config = env.task.robot
    arm = next(iter(load_robot(config.model).arms.values()))
    size, hand = count_arm_commands(config.control, len(arm.joints)), env.world.hand_command_counts[0]
    full_action = config.translation_step if config.control.startswith("ee_") else config.joint_step
    limits = np.array(arm.lower), np.array(arm.upper)
    return ActionSpace(config.control, slice(0, size), slice(size, size + hand), full_action, *limits)


def record_expert(env: TaskEnv, episodes: int, seed: int) -> list[ExpertEpisode]:
    """Play episodes of the expert with successive seeds, and keep the observations of an environment."""
    return [_record_episode(env, seed + number) for number in range(episodes)]


def _record_episode(env: TaskEnv, seed: int) -> ExpertEpisode:
    observations: list[Observation] = []
    actions: list[Array] = []
    joints = []
    number_of_joints = len(describe_actions(env).low)
    for step in iterate_steps(env, Expert.from_env(env, ground_truth=True), seed):
        if step.action is not None:
            actions.append(np.asarray(step.action, float))
        observations.append({name: array.copy() for name, array in step.observation.items()})
        joints.append(env.state.joints[:number_of_joints])
    count = len(actions)
    return ExpertEpisode(seed, observations[:count], np.array(actions), np.array(joints[:count]))
