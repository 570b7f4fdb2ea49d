"""History of observations and actions as one input row."""

from __future__ import annotations

import numpy as np

from mygym_lite.policies.inputs import Array


class HistoryBuffer:
    """Last observations and actions as one row; with a history of 1, the present observation alone.

    Args:
        history: Number of observations, and of actions.
        inputs: Size of an observation.
        outputs: Size of an action.
    """

    def __init__(self, history: int, inputs: int, outputs: int) -> None:
        size = history * inputs
        self.row = np.zeros(size if history == 1 else size + history * outputs, np.float32)
        self._observations = self.row[:size].reshape(history, inputs)
        self._actions = self.row[size:].reshape(-1, outputs)
        self.clear()

    def clear(self) -> None:
        """Begin an episode without past actions."""
        self._actions[:] = 0.0
        self._is_empty = True

    def add_observation(self, row: Array) -> None:
        """Append an observation; the first one of an episode fills the whole history."""
        self._observations[:-1] = row if self._is_empty else self._observations[1:].copy()
        self._observations[-1] = row
        self._is_empty = False

    def add_action(self, action: Array) -> None:
        """Append an action."""
        if len(self._actions):
            self._actions[:-1] = self._actions[1:].copy()
            self._actions[-1] = action
