"""What an off-policy learner remembers: its own steps, and beside them those that somebody showed."""

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
    """Steps of demonstrations, and what had been right in each of them."""

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
        """Add a step, which does not end anything.

        Args:
            before: What was seen.
            after: What was seen next.
            executed_action: The action that was carried out.
            expert_action: The one that is to be learned.
            reward: Of it.
        """
        self.labels[self.pos] = expert_action
        now, then = ({name: array[None] for name, array in seen.items()} for seen in (before, after))
        self.add(now, then, executed_action[None], np.array([reward]), np.zeros(1), [{}])

    def sample_labels(self, batch: int) -> tuple[dict[str, torch.Tensor], torch.Tensor, torch.Tensor]:
        """What was seen, what had been right, and what was done, of so many steps."""
        rows = self._rng.integers(0, self.size(), size=batch)
        seen = {name: self.to_torch(array[rows, 0]) for name, array in self.observations.items()}
        return seen, self.to_torch(self.labels[rows, 0]), self.to_torch(self.actions[rows, 0])


class _Beside:
    """Draws a share of every batch from demonstrations."""

    demonstrations: DemonstrationBuffer | None = None
    demonstration_fraction: float = 0.0

    def sample(self, batch_size: int, env: Any = None) -> DictReplayBufferSamples:
        """Some of both."""
        if self.demonstrations is None:
            return super().sample(batch_size, env)  # type: ignore[misc, no-any-return]
        others = round(self.demonstration_fraction * batch_size)
        if others == batch_size:
            return self.demonstrations.sample(others, env)
        own = super().sample(batch_size - others, env)  # type: ignore[misc]
        return _joined(own, self.demonstrations.sample(others, env))


class MixedReplayBuffer(_Beside, DictReplayBuffer):  # type: ignore[misc]
    """Own steps."""


class MixedHerReplayBuffer(_Beside, HerReplayBuffer):  # type: ignore[misc]
    """Own steps, also towards the goals that were reached instead."""


def _joined(own: Any, others: Any) -> DictReplayBufferSamples:
    def both(name: str) -> torch.Tensor:
        return torch.cat([getattr(own, name), getattr(others, name)])

    def dicts(name: str) -> dict[str, torch.Tensor]:
        mine, theirs = getattr(own, name), getattr(others, name)
        return {key: torch.cat([mine[key], theirs[key]]) for key in mine}

    return DictReplayBufferSamples(
        observations=dicts("observations"), actions=both("actions"), next_observations=dicts("next_observations"),
        dones=both("dones"), rewards=both("rewards"),
    )  # fmt: skip


def get_arrays(buffer: DictReplayBuffer) -> dict[str, Array]:
    """Everything that it remembers, by name."""
    found: dict[str, Array] = {"pos": np.array(buffer.pos), "full": np.array(buffer.full)}
    rows = buffer.size()
    for name, value in vars(buffer).items():
        for key, array in value.items() if isinstance(value, dict) else [("", value)]:
            if isinstance(array, np.ndarray) and array.dtype != object:
                found[f"{name}/{key}"] = array[:rows] if len(array) == buffer.buffer_size else array
    return found


def restore_arrays(buffer: DictReplayBuffer, arrays: Any) -> None:
    """Put back what ``get_arrays`` had found."""
    for place in arrays:
        name, slash, key = place.partition("/")
        if slash:
            held = getattr(buffer, name)
            held = held[key] if key else held
            held[: len(arrays[place])] = arrays[place]
    buffer.pos, buffer.full = int(arrays["pos"]), bool(arrays["full"])
    if buffer.full and len(arrays["actions/"]) < buffer.buffer_size:  # there is more room than there was
        buffer.pos, buffer.full = len(arrays["actions/"]), False
