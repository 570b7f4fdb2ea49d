"""Examples as tensors, to be looked up row by row: what was seen, done before, and right to do from then on."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mygym_lite.learning.imitation.data import Examples, Normalizer


class TensorDataset:
    """Normalised examples.

    Args:
        examples: Of whole episodes.
        input_normalizer: How what was seen is normalised.
        action_normalizer: How actions are.
    """

    def __init__(self, examples: Examples, input_normalizer: Normalizer, action_normalizer: Normalizer) -> None:
        self.observations = torch.from_numpy(input_normalizer.apply(examples.observations))
        self.actions = torch.from_numpy(action_normalizer.apply(examples.actions))
        self.auxiliary_targets = torch.from_numpy(examples.auxiliary_targets)
        self.loss_mask = torch.from_numpy(examples.loss_mask)
        """Whether each row is learned from."""
        self._done = torch.from_numpy(action_normalizer.apply(examples.executed_actions))
        self._nothing = torch.from_numpy(action_normalizer.apply(np.zeros_like(examples.executed_actions[0])))
        self._pictures = examples.images
        ends = np.cumsum(examples.lengths)
        self.episode_starts = torch.from_numpy(ends - examples.lengths)
        """The first row of each episode."""
        lengths = torch.tensor(examples.lengths)
        self.episode_index = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
        """Of each row."""
        self._first, self._last = (
            self.episode_starts[self.episode_index],
            torch.from_numpy(ends - 1)[self.episode_index],
        )

    def __len__(self) -> int:
        """How many rows."""
        return len(self.observations)

    @property
    def has_images(self) -> bool:
        """Whether there are pictures, which take much more room while something learns from them."""
        return bool(self._pictures)

    def get_history_rows(self, rows: Tensor, count: int) -> Tensor:
        """Rows (n, count) of the last moments, these included and last; before the first there is the first again."""
        return torch.maximum(rows[:, None] + torch.arange(1 - count, 1), self._first[rows][:, None])

    def get_future_rows(self, rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Rows (n, count) of the moments to come, these included and first, and which of them there are."""
        wanted, last = rows[:, None] + torch.arange(count), self._last[rows][:, None]
        return torch.minimum(wanted, last), wanted <= last

    def get_max_remaining(self, rows: Tensor) -> int:
        """Moments from each of these rows to the end of its episode, at most."""
        return int((self._last[rows] - rows).max()) + 1

    def get_previous_actions(self, rows: Tensor, count: int) -> Tensor:
        """Actions (n, count, outputs) that had been done before, the latest last; nothing before the beginning."""
        wanted = rows[:, None] + torch.arange(-count, 0)
        known = (wanted >= self._first[rows][:, None])[..., None]
        return torch.where(known, self._done[wanted.clamp(min=0)], self._nothing)

    def get_images(self, rows: Tensor) -> Tensor:
        """What was seen (..., cameras, height, width, 3) in these rows."""
        flat = rows.flatten()
        within = (flat - self._first[flat]).tolist()
        found = [self._pictures[i][row] for i, row in zip(self.episode_index[flat].tolist(), within, strict=True)]
        drawn = torch.from_numpy(np.stack(found))
        return drawn.reshape(*rows.shape, *drawn.shape[1:])
