"""Tensors of the training examples, with lookup of past and future rows within an episode."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mygym_lite.learning.imitation.data import Examples, Normalizer


class TensorDataset:
    """Normalized examples.

    Args:
        examples: Whole episodes.
        input_normalizer: Normalizer of the state vectors.
        action_normalizer: Normalizer of the actions.
    """

    def __init__(self, examples: Examples, input_normalizer: Normalizer, action_normalizer: Normalizer) -> None:
        executed = examples.executed_actions
        self.observations = torch.from_numpy(input_normalizer.apply(examples.observations))
        self.actions = torch.from_numpy(action_normalizer.apply(examples.actions))
        self.auxiliary_targets = torch.from_numpy(examples.auxiliary_targets)
        self.loss_mask = torch.from_numpy(examples.loss_mask)
        """Rows that count in the loss."""
        self._executed_actions = torch.from_numpy(action_normalizer.apply(executed))
        self._zero_action = torch.from_numpy(action_normalizer.apply(np.zeros_like(executed[0])))
        self._images = examples.images
        self.instructions = torch.from_numpy(examples.instructions)
        """Tokens of the instruction of each episode."""
        ends = np.cumsum(examples.lengths)
        self.episode_starts = torch.from_numpy(ends - examples.lengths)
        """First row of each episode."""
        lengths = torch.tensor(examples.lengths)
        self.episode_index = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
        """Episode of each row."""
        self._tasks = torch.tensor(examples.task_indices or [0] * len(lengths))[self.episode_index]
        self._first = self.episode_starts[self.episode_index]
        self._last = torch.from_numpy(ends - 1)[self.episode_index]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.observations)

    @property
    def has_images(self) -> bool:
        """True if the examples have images, which need far more memory during training."""
        return bool(self._images)

    def split_by_task(self, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Split rows by the task of their episode, in the order of the tasks."""
        tasks = self._tasks.numpy()[rows]
        return [rows[tasks == task] for task in np.unique(tasks)]

    def get_history_rows(self, rows: Tensor, count: int) -> Tensor:
        """Return the last rows (n, count), ending with these, padded with the first row of the episode."""
        return torch.maximum(rows[:, None] + torch.arange(1 - count, 1), self._first[rows][:, None])

    def get_future_rows(self, rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Return the next rows (n, count), starting with these, and a mask of those within the episode."""
        future, last = rows[:, None] + torch.arange(count), self._last[rows][:, None]
        return torch.minimum(future, last), future <= last

    def get_max_remaining(self, rows: Tensor) -> int:
        """Return the largest number of rows from one of these to the end of its episode."""
        return int((self._last[rows] - rows).max()) + 1

    def get_previous_actions(self, rows: Tensor, count: int) -> Tensor:
        """Return the executed actions (n, count, outputs) before these rows, latest last, padded with zeros."""
        past = rows[:, None] + torch.arange(-count, 0)
        exists = (past >= self._first[rows][:, None])[..., None]
        return torch.where(exists, self._executed_actions[past.clamp(min=0)], self._zero_action)

    def get_images(self, rows: Tensor) -> Tensor:
        """Return the images (..., cameras, height, width, 3) of these rows."""
        flat = rows.flatten()
        steps = (flat - self._first[flat]).tolist()
        images = [self._images[i][step] for i, step in zip(self.episode_index[flat].tolist(), steps, strict=True)]
        stacked = torch.from_numpy(np.stack(images))
        return stacked.reshape(*rows.shape, *stacked.shape[1:])
