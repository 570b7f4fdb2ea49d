"""What stands between the environments and a learner: what is rewarded, what ends a life, which actions there are."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvStepReturn, VecEnvWrapper


class NoTerminalOnSuccess(VecEnvWrapper):
    """Episodes that end well do not end for the learner, who would else rather hold on than be done.

    Of a state in which the task is solved it is thought that more of the same would have followed, as it is of one in
    which time is up. What fails has nothing more to expect.
    """

    def reset(self) -> Any:
        """As in the environments."""
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        """The step's end."""
        seen, rewards, dones, infos = self.venv.step_wait()
        for done, info in zip(dones, infos, strict=True):
            info["TimeLimit.truncated"] = bool(done) and info["failure"] in (None, "timeout")
        return seen, rewards, dones, infos


class ShapedReward(NoTerminalOnSuccess):
    """Rewards as somebody who learns weighs them.

    Args:
        venv: The environments.
        reward_scale: What their own reward counts.
        bonus: Reward of each step in which the task is solved.
    """

    def __init__(self, venv: VecEnv, reward_scale: float, bonus: float) -> None:
        super().__init__(venv)
        self._shaped, self._bonus = reward_scale, bonus

    def step_wait(self) -> VecEnvStepReturn:
        """The step's end."""
        seen, rewards, dones, infos = super().step_wait()
        solved = np.array([info["success"] for info in infos], np.float32)
        return seen, (self._shaped * rewards + self._bonus * solved).astype(np.float32), dones, infos


class DiscreteActions(VecEnvWrapper):
    """Environments in which one action of a table is chosen by its number."""

    def __init__(self, venv: VecEnv, action_table: NDArray[np.float32]) -> None:
        super().__init__(venv, action_space=spaces.Discrete(len(action_table)))
        self._choices = action_table

    def reset(self) -> Any:
        """As in the environments."""
        return self.venv.reset()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Do what was chosen."""
        self.venv.step_async(self._choices[actions])

    def step_wait(self) -> VecEnvStepReturn:
        """The step's end."""
        return self.venv.step_wait()


def make_action_table(num_dimensions: int, action_size: float) -> NDArray[np.float32]:
    """Rest, and each number of an action alone, up or down: a row each."""
    alone = action_size * np.eye(num_dimensions, dtype=np.float32)
    return np.concatenate([np.zeros((1, num_dimensions), np.float32), alone, -alone])
