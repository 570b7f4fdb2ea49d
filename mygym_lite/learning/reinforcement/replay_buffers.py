"""Replay buffers: demonstrations with expert labels, and buffers that mix them into every batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.buffers import DictReplayBuffer
from stable_baselines3.common.type_aliases import DictReplayBufferSamples
from stable_baselines3.her.her_replay_buffer import HerReplayBuffer

Array = NDArray[Any]


class DemonstrationBuffer(DictReplayBuffer):
    """Transitions of demonstrations, with the expert's action in each state."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.labels = np.zeros_like(self.actions)
        self._rng = np.random.default_rng(len(self.actions))

    def add_step(
        self,
        before: dict[str, Array],
        after: dict[str, Array],
        executed_action: Array,
        expert_action: Array,
        reward: float,
    ) -> None:
        """Add a transition, which is never terminal.

        Args:
            before: Observation.
            after: Next observation.
            executed_action: Action that was executed.
            expert_action: Action of the expert, the label for cloning.
            reward: Reward of the step.
        """
        self.labels[self.pos] = expert_action
        now, then = ({name: array[None] for name, array in observation.items()} for observation in (before, after))
        self.add(now, then, executed_action[None], reward=np.array([reward]), done=np.zeros(1), infos=[{}])

    def sample_labels(self, batch_size: int) -> tuple[dict[str, torch.Tensor], torch.Tensor, torch.Tensor]:
        """Sample observations, expert actions and executed actions."""
        rows = self._rng.integers(0, self.size(), size=batch_size)
        observations = {name: self.to_torch(array[rows, 0]) for name, array in self.observations.items()}
        return observations, self.to_torch(self.labels[rows, 0]), self.to_torch(self.actions[rows, 0])


class MixedReplayBuffer(DictReplayBuffer):
    """Replay buffer that takes a fraction of every batch from demonstrations."""

    demonstrations: DemonstrationBuffer | None = None
    demonstration_fraction: float = 0.0

    def sample(self, batch_size: int, env: Any = None) -> DictReplayBufferSamples:  # type: ignore[override]
        """Sample a mixed batch."""
        if self.demonstrations is None:
            return super().sample(batch_size, env)
        count = round(self.demonstration_fraction * batch_size)
        if count == batch_size:
            return self.demonstrations.sample(count, env)
        own = super().sample(batch_size - count, env)
        return _concatenate(own, self.demonstrations.sample(count, env))


class MixedHerReplayBuffer(MixedReplayBuffer, HerReplayBuffer):
    """Mixed replay buffer whose own transitions use hindsight experience replay."""


def _concatenate(own: Any, demonstrations: Any) -> DictReplayBufferSamples:
    def join(name: str) -> torch.Tensor:
        return torch.cat([getattr(own, name), getattr(demonstrations, name)])

    def join_dicts(name: str) -> dict[str, torch.Tensor]:
        first, second = getattr(own, name), getattr(demonstrations, name)
        return {key: torch.cat([first[key], second[key]]) for key in first}

    return DictReplayBufferSamples(
        observations=join_dicts("observations"),
        actions=join("actions"),
        next_observations=join_dicts("next_observations"),
        dones=join("dones"),
        rewards=join("rewards"),
    )


def get_arrays(buffer: DictReplayBuffer) -> dict[str, Array]:
    """Return the filled part of every array of a buffer, by name."""
    arrays: dict[str, Array] = {"pos": np.array(buffer.pos), "full": np.array(buffer.full)}
    rows = buffer.size()
    for name, value in vars(buffer).items():
        for key, array in value.items() if isinstance(value, dict) else [("", value)]:
            if isinstance(array, np.ndarray) and array.dtype != object:
                arrays[f"{name}/{key}"] = array[:rows] if len(array) == buffer.buffer_size else array
    return arrays


def restore_arrays(buffer: DictReplayBuffer, arrays: Any) -> None:
    """Restore the result of ``get_arrays``."""
    for path in arrays:
        name, slash, key = path.partition("/")
        if slash:
            target = getattr(buffer, name)
            target = target[key] if key else target
            target[: len(arrays[path])] = arrays[path]
    buffer.pos, buffer.full = int(arrays["pos"]), bool(arrays["full"])
    if buffer.full and len(arrays["actions/"]) < buffer.buffer_size:  # the buffer has grown since
        buffer.pos, buffer.full = len(arrays["actions/"]), False
