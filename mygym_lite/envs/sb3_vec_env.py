"""Adapter from the vector environment to Stable-Baselines3."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices, VecEnvObs, VecEnvStepReturn

from mygym_lite.envs.vector.env import TaskVectorEnv
from mygym_lite.errors import ConfigError, UsageError


class SB3VecEnv(VecEnv):
    """Adapter that keeps the final observation of an episode in its info."""

    def __init__(self, envs: TaskVectorEnv) -> None:
        if envs.metadata["autoreset_mode"] is not AutoresetMode.SAME_STEP:
            raise ConfigError('autoreset_mode: Stable-Baselines3 needs "SameStep"')
        self.envs = envs
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def reset(self) -> VecEnvObs:
        """Begin episodes, with the seeds and options set for this reset."""
        if any(options != self._options[0] for options in self._options):
            raise UsageError("reset: all environments take the same options; set one dictionary for all")
        observation, _ = self.envs.reset(seed=self._seeds, options=self._options[0])
        self.reset_infos = self.envs.last_infos
        self._reset_seeds()
        self._reset_options()
        return observation

    def step_async(self, actions: NDArray[Any]) -> None:
        """Start a step."""
        self.envs.step_async(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Wait for the step; after the end of an episode the observation is the first one of the next."""
        observation, rewards, terminated, truncated, _ = self.envs.step_wait()
        infos = [
            self._convert_final_info(i, info) if "final_obs" in info else info
            for i, info in enumerate(self.envs.last_infos)
        ]
        for info, is_truncated in zip(infos, truncated & ~terminated, strict=True):
            info["TimeLimit.truncated"] = bool(is_truncated)
        return observation, rewards.astype(np.float32), terminated | truncated, infos

    def _convert_final_info(self, index: int, info: dict[str, Any]) -> dict[str, Any]:
        self.reset_infos[index] = {name: info[name] for name in info if name not in ("final_obs", "final_info")}
        return {**info["final_info"], "terminal_observation": info["final_obs"]}

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Read an attribute."""
        return self.env_method(attr_name, indices=indices)

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Write an attribute."""
        self.env_method("set_wrapper_attr", attr_name, value, indices=indices)

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        """Call a method."""
        return self.envs.call_some(list(self._get_indices(indices)), method_name, *args, **kwargs)

    def env_is_wrapped(self, _wrapper: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """Return False for every environment; they have no wrappers."""
        return [False for _ in self._get_indices(indices)]

    def get_images(self) -> Any:
        """Render one image of each environment."""
        return self.envs.render()

    def close(self) -> None:
        """Close the environments and end their processes."""
        self.envs.close()
