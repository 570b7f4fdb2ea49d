"""Wrappers of vector environments: terminal states, rewards, and discrete actions."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvStepReturn, VecEnvWrapper


class NoTerminalOnSuccess(VecEnvWrapper):
    """Wrapper that reports success as a truncation, so that only failures are terminal.

    The value of a solved state is then bootstrapped, as after a timeout. Otherwise success would end the stream of
    rewards, and the policy would learn to delay it.
    """

    def reset(self) -> Any:
        """Reset the environments."""
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        """Wait for the step to finish."""
        observations, rewards, dones, infos = self.venv.step_wait()
        for done, info in zip(dones, infos, strict=True):
            info["TimeLimit.truncated"] = bool(done) and info["failure"] in (None, "timeout")
        return observations, rewards, dones, infos


class ShapedReward(NoTerminalOnSuccess):
    """Wrapper that scales the reward of the task, and adds a bonus while it is solved.

    Args:
        venv: Wrapped environments.
        reward_scale: Factor of the task's reward.
        bonus: Reward of each step in which the task is solved.
    """

    def __init__(self, venv: VecEnv, reward_scale: float, bonus: float) -> None:
        super().__init__(venv)
        self._reward_scale, self._bonus = reward_scale, bonus

    def step_wait(self) -> VecEnvStepReturn:
        """Wait for the step to finish."""
        observations, rewards, dones, infos = super().step_wait()
        solved = np.array([info["success"] for info in infos], np.float32)
        shaped = (self._reward_scale * rewards + self._bonus * solved).astype(np.float32)
        return observations, shaped, dones, infos


class DiscreteActions(VecEnvWrapper):
    """Wrapper whose actions are indices into a table of actions."""

    def __init__(self, venv: VecEnv, action_table: NDArray[np.float32]) -> None:
        super().__init__(venv, action_space=spaces.Discrete(len(action_table)))
        self._action_table = action_table

    def reset(self) -> Any:
        """Reset the environments."""
        return self.venv.reset()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Start a step with the indexed actions."""
        self.venv.step_async(self._action_table[actions])

    def step_wait(self) -> VecEnvStepReturn:
        """Wait for the step to finish."""
        return self.venv.step_wait()


def make_action_table(num_dimensions: int, action_size: float) -> NDArray[np.float32]:
    """Make a table of the zero action, and of each dimension alone in both directions, one action per row."""
    single = action_size * np.eye(num_dimensions, dtype=np.float32)
    return np.concatenate([np.zeros((1, num_dimensions), np.float32), single, -single])
