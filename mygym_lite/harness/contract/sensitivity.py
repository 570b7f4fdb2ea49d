"""Sensitivity of a policy: the change of its actions without an observation, or with two cameras exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations

import numpy as np

from mygym_lite.envs.observations import Observation
from mygym_lite.errors import MyGymError
from mygym_lite.harness.contract.corrected_policy import CorrectedPolicy
from mygym_lite.harness.contract.expert_episodes import Array
from mygym_lite.harness.contract.observation_corrections import exchange, list_images
from mygym_lite.harness.contract.predictions import Prediction


def measure_zeroed(corrected: CorrectedPolicy) -> dict[str, float | None]:
    """Measure the relative change of the actions once an array is zero, for each observed array."""
    names = list(corrected.subject.episodes[0].observations[0])
    return {name: _measure(corrected, partial(_set_zero, name)) for name in names}


def measure_exchanged(corrected: CorrectedPolicy) -> dict[str, float | None]:
    """Measure the relative change of the actions once two images are exchanged, for each pair of cameras."""
    pairs = combinations(list_images(corrected.subject.episodes[0].observations[0]), 2)
    return {f"{first} and {second}": _measure(corrected, partial(exchange, first, second)) for first, second in pairs}


def _set_zero(name: str, observation: Observation) -> Observation:
    return {**observation, name: np.zeros_like(observation[name])}


def _measure(corrected: CorrectedPolicy, change: partial[Observation]) -> float | None:
    """Measure the change of the actions against their size; None if the policy fails or its actions are not finite."""
    before = _stack(corrected.predictions)
    try:
        after = _stack(corrected.subject.predict(corrected.corrections, change))
    except MyGymError:
        return None
    count = min(len(before), len(after))
    size = float(np.sqrt(np.mean(before**2)))
    ratio = float(np.sqrt(np.mean((after[:count] - before[:count]) ** 2))) / max(size, 1e-9)
    return ratio if np.isfinite(ratio) else None


def _stack(predictions: Sequence[Prediction]) -> Array:
    return np.concatenate([prediction.actions for prediction in predictions])
