"""Execution of predicted chunks of actions: temporal ensembling, or the first actions of each chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mygym_lite.policies.inputs import Array
from mygym_lite.schema import Location


@dataclass
class ChunkExecution:
    """Selection of the present action from the chunks predicted so far.

    Args:
        horizon: Actions per chunk, the present one included.
        decay: Decay m of the ensembling weights exp(-m i), where i = 0 is the oldest prediction; negative values favour
            recent predictions.
        execute: Actions of a chunk that are executed before the next prediction; 0 predicts at every step, with
            temporal ensembling.
    """

    horizon: int
    decay: float
    execute: int

    def __post_init__(self) -> None:
        """Begin without a prediction."""
        self.clear()

    def validate(self, location: Location) -> None:
        """Refuse to execute more actions than a chunk has.

        Args:
            location: Location of the configuration, for the message.
        """
        if not 0 <= self.execute <= self.horizon:
            raise location.at("execute").error(f"is {self.execute}, of a horizon of {self.horizon} actions")

    def clear(self) -> None:
        """Clear the predictions."""
        self._chunks: list[Array] = []
        self._steps_since_prediction = 0

    def select_action(self, predict_chunk: Callable[[], Array]) -> Array:
        """Return the action of the present step, and predict a chunk (horizon, outputs) if one is due."""
        self._steps_since_prediction += 1
        if not self._chunks or self._steps_since_prediction >= self.execute:
            self._add_chunk(predict_chunk())
        if self.execute:
            action: Array = self._chunks[-1][self._steps_since_prediction]
            return action
        ages = range(len(self._chunks) - 1, -1, -1)  # steps since each chunk was predicted, the oldest first
        predictions = [chunk[age] for age, chunk in zip(ages, self._chunks, strict=True)]
        return ensemble_actions(predictions, self.decay)

    def _add_chunk(self, chunk: Array) -> None:
        """Add a chunk, and drop the chunks that do not reach beyond the present step."""
        capacity = 0 if self.execute else self.horizon - 1
        self._chunks = [*self._chunks[max(0, len(self._chunks) - capacity) :], chunk]
        self._steps_since_prediction = 0


def ensemble_actions(predictions: Sequence[Array], decay: float) -> Array:
    """Average predictions of one action, oldest first, with the weights exp(-decay i) (temporal ensembling)."""
    weights = np.exp(-decay * np.arange(len(predictions)))
    mean: Array = (weights / weights.sum() @ np.stack(predictions)).astype(np.float32)
    return mean
