"""Automatic domain randomization (ADR) during training: environment wrapper, and callback that moves the ranges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
from stable_baselines3.common.callbacks import BaseCallback

from mygym_lite.files import write_text
from mygym_lite.learning.adr_chart import draw_growth_chart
from mygym_lite.randomization.adr import Adr, Boundary


class AdrEnv(gym.Wrapper[Any, Any, Any, Any]):
    """Environment wrapper that samples the variations of each episode from ranges that a training moves.

    The last ``info`` of an episode holds ``adr``: the boundary at which it was played (or None), and its success.
    """

    def __init__(self, env: gym.Env[Any, Any], adr: Adr) -> None:
        super().__init__(env)
        self._adr = adr
        self._boundary: Boundary | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; variations in ``options`` take precedence over the sampled ones."""
        if seed is not None:
            self.np_random, _ = gym.utils.seeding.np_random(seed)
        episode = int(self.np_random.integers(2**31)) if seed is None else seed
        table, self._boundary = self._adr.sample(episode)
        merged = dict(options or {})
        merged["variations"] = {**table, **merged.get("variations", {})}
        return self.env.reset(seed=episode, options=merged)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step the environment, and add ``adr`` to the last ``info`` of an episode."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        if terminated or truncated:
            boundary = None if self._boundary is None else list(self._boundary)
            info = {**info, "adr": {"boundary": boundary, "success": bool(info["is_success"])}}
        return observation, reward, terminated, truncated, info

    def load_ranges(self, state: dict[str, Any]) -> None:
        """Use these ranges from the next episode on."""
        self._adr.load_state_dict(state)


class AdrCallback(BaseCallback):
    """Callback of Stable-Baselines3 that moves the ranges of its environments, each wrapped in ``AdrEnv``.

    Other training loops need three lines: ``adr.observe(**info["adr"])`` at the end of an episode and, if it returns
    true, ``load_ranges(adr.state_dict())`` in every environment.

    Args:
        adr: New or restored ranges.
        path: JSON file of their state, with a chart (.svg) beside it, both written whenever a range has moved.
    """

    def __init__(self, adr: Adr, path: str | Path | None = None) -> None:
        super().__init__()
        self.adr, self._path = adr, None if path is None else Path(path)

    def _on_training_start(self) -> None:
        self._update_envs()

    def _on_step(self) -> bool:
        results = [info["adr"] for info in self.locals["infos"] if "adr" in info]
        if any([self.adr.observe(**result) for result in results]):
            self._update_envs()
        return True

    def _on_training_end(self) -> None:
        self._save()

    def _update_envs(self) -> None:
        self.training_env.env_method("load_ranges", self.adr.state_dict())
        self._save()

    def _save(self) -> None:
        if self._path is not None:
            write_text(self._path, json.dumps(self.adr.state_dict(), indent=1) + "\n")
            write_text(self._path.with_suffix(".svg"), draw_growth_chart(self.adr.state_dict()))
