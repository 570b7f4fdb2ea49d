"""Real success over all conditions of a run, predicted from the few that were tried on the robot."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.stats import Estimate, mean_interval, prediction_powered_mean, wilson_interval
from mygym_lite.stats.interval import Scores
from mygym_lite.studies.fidelity.world_pair import CountedWorld, WorldPair

MIN_CONDITIONS = 2


@dataclass(frozen=True)
class RealPrediction:
    """Success of one policy on one task with a real robot.

    Units are conditions, since counts pair conditions and not episodes. The conditions tried must be a random sample
    of those of the run, or at least one in which the simulator is as wrong as on average.

    Args:
        policy: Label of the policy.
        task: Name of the task.
        tried: Number of conditions tried on the robot.
        conditions: Number of conditions of the run that can affect the policy.
        episodes: Number of real episodes.
        pooled: Success over the real episodes, with Wilson's interval: for the conditions tried alone.
        simulated: Mean success over all conditions in simulation.
        real_alone: Mean over all conditions from the real rates alone.
        predicted: Mean over all conditions by the simulated mean and the real corrections, as of
            ``prediction_powered_mean``; None without two conditions, or if all were tried.
        reason: Reason why nothing is predicted; empty if it is.
    """

    policy: str
    task: str
    tried: int
    conditions: int
    episodes: int
    pooled: Estimate
    simulated: float
    real_alone: Estimate | None
    predicted: Estimate | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value._asdict() if isinstance(value, Estimate) else value for name, value in values.items()}


def predict_real_success(pair: WorldPair) -> list[RealPrediction]:
    """Predict the real success of every policy on every task that has real episodes; none for two simulations."""
    if not isinstance(pair.b, CountedWorld):
        return []
    return [
        prediction
        for number in range(len(pair.policies))
        for task in dict.fromkeys(condition.task for condition in pair.conditions)
        if (prediction := _predict(pair, pair.b, number, task)) is not None
    ]


def _predict(pair: WorldPair, world: CountedWorld, number: int, task: str) -> RealPrediction | None:
    columns = [
        column
        for column, condition in enumerate(pair.conditions)
        if condition.task == task and not np.isnan(pair.a.rates[number, column])
    ]
    simulated, real = (rates[number, columns] for rates in (pair.a.rates, world.rates))
    tried = ~np.isnan(real)
    if not tried.any():
        return None
    successes, episodes = (int(counts[number, columns].sum()) for counts in (world.successes, world.episodes))
    reason = _explain(int(tried.sum()), len(columns))
    return RealPrediction(
        policy=pair.policies[number],
        task=task,
        tried=int(tried.sum()),
        conditions=len(columns),
        episodes=episodes,
        pooled=Estimate(successes / episodes, *wilson_interval(successes, episodes)),
        simulated=float(simulated.mean()),
        real_alone=None if reason else _clip(mean_interval(real[tried])),
        predicted=None if reason else _compute_prediction(real, simulated, tried),
        reason=reason,
    )


def _compute_prediction(real: Scores, simulated: Scores, tried: NDArray[np.bool_]) -> Estimate:
    return prediction_powered_mean(real[tried], simulated[tried], simulated, is_population=True)


def _explain(tried: int, conditions: int) -> str:
    if tried == conditions:
        return "all conditions were tried" if conditions > 1 else "the run has no other condition"
    return f"needs {MIN_CONDITIONS} conditions or more" if tried < MIN_CONDITIONS else ""


def _clip(estimate: Estimate) -> Estimate:
    return Estimate(*(None if bound is None else min(1.0, max(0.0, bound)) for bound in estimate))
