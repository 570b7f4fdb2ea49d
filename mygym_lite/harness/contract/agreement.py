"""Agreement of a policy's actions with those of the expert on the same observations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from mygym_lite.harness.contract.expert_episodes import ActionSpace, Array
from mygym_lite.harness.contract.predictions import Prediction

PARTS = ("arm", "hand")
_MIN_SPREAD = 0.1  # standard deviation of the expert's actions; below, there is nothing to agree with
_LOWEST = -1.0  # agreement is not distinguished below

CorrectActions = Callable[[Array, Prediction], Array]
"""Correction of the actions of one inference, one per row; another number of rows covers another time."""


@dataclass(frozen=True)
class Agreement:
    """Share of the variance of the expert's actions that those of a policy explain, R squared, by part.

    It is the median over the episodes, in one of which the expert may have hesitated.
    """

    arm: float | None
    """None if the expert hardly moves this part."""
    hand: float | None

    def get(self, part: str) -> float | None:
        """Return the agreement of ``arm``, of ``hand``, or the mean of those that are known, ``both``."""
        values = [value for name in PARTS if part in (name, "both") and (value := getattr(self, name)) is not None]
        return None if not values else float(np.mean(values))


def measure_agreement(
    predictions: Sequence[Prediction], space: ActionSpace, correct: CorrectActions | None = None
) -> Agreement:
    """Measure the agreement of predictions with the expert."""
    episodes = [list(group) for _, group in groupby(predictions, key=lambda prediction: prediction.episode.seed)]
    pairs = [pair_actions(episode, correct) for episode in episodes]
    return Agreement(*(_compute_median_share(pairs, space.select(part)) for part in PARTS))


def pair_actions(predictions: Sequence[Prediction], correct: CorrectActions | None = None) -> tuple[Array, Array]:
    """Pair the actions of a policy with those of the expert at the same steps, one per row."""
    rows, expert = [], []
    for prediction in predictions:
        actions = prediction.actions if correct is None else correct(prediction.actions, prediction)
        known = prediction.episode.actions[prediction.step : prediction.step + len(actions)]
        rows.append(actions[: len(known)])
        expert.append(known)
    return np.concatenate(rows), np.concatenate(expert)


def _compute_median_share(pairs: Sequence[tuple[Array, Array]], part: slice) -> float | None:
    shares = [share for rows, expert in pairs if (share := _compute_share(rows[:, part], expert[:, part])) is not None]
    return float(np.median(shares)) if shares else None


def _compute_share(rows: Array, expert: Array) -> float | None:
    deviations = expert - expert.mean(axis=0)
    if expert.size == 0 or float(np.sqrt(np.mean(deviations**2))) < _MIN_SPREAD:
        return None
    error = float(np.sum((rows - expert) ** 2) / np.sum(deviations**2))
    return max(_LOWEST, 1.0 - error) if np.isfinite(error) else _LOWEST
