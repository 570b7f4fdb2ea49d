"""What a trial comes to: how a policy does, how hard it presses, and what is left of it when the world differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from mygym_lite.harness.metrics import METRIC
from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.harness.stats import NOTHING, Estimate, area_weights, retention, seed_scores, share_interval, too_few
from mygym_lite.harness.stats.interval import Scores
from mygym_lite.harness.trial import DECLARED, Key, Trial, trials

SEVERITY = 3  # at which success is told beside nominal


@dataclass(frozen=True)
class Verdict:
    """One policy on one task under one suite; estimates carry 95% intervals."""

    policy: str
    task: str
    suite: str
    episodes: int
    success: Estimate
    """Nominal."""
    seconds: Estimate
    """To success, nominal, s."""
    peak_hand_force: Estimate
    """Nominal, N."""
    robustness: Estimate
    """Mean over the axes of the area under success over severity, 0 to 1."""
    areas: dict[str, Estimate]
    """The same of each axis, in the order of the plan."""
    hard_success: Estimate
    """Mean success over the axes at severity 3."""
    hard_retention: float | None
    """That as a share of nominal success."""
    worst_axis: str | None
    """The one with the smallest area."""
    failures: dict[str, int]
    """How often each code ended an episode, the most frequent first."""
    warning: str | None
    """Why the numbers say little, if they do."""

    def as_json(self) -> dict[str, Any]:
        """Plain tables."""
        told = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return told | {"areas": {axis: area._asdict() for axis, area in self.areas.items()}}


def _plain(value: Any) -> Any:
    return value._asdict() if isinstance(value, Estimate) else value


def verdicts(records: Iterable[EpisodeRecord]) -> list[Verdict]:
    """One verdict for every policy, task and suite, in the order of the plan.

    Success over several conditions has an interval over seeds, since a seed starts alike in all of them.
    """
    return [_verdict(trial) for trial in trials(records)]


def _verdict(trial: Trial) -> Verdict:
    episodes = [record for found in trial.conditions.values() for record in found]
    success = METRIC["success"].over(trial.nominal)
    shares = _Shares(trial)
    areas = {axis: shares.estimate(weights) for axis, weights in shares.areas.items()}
    hard = shares.at(SEVERITY)
    return Verdict(
        trial.policy, trial.task, trial.suite, len(episodes), success,
        METRIC["seconds"].over(trial.nominal), METRIC["peak_hand_force"].over(trial.nominal),
        shares.estimate(sum(shares.areas.values())), areas,
        hard, None if hard.value is None or success.value is None else retention(hard.value, success.value),
        min(areas, key=lambda axis: areas[axis].value or 0.0, default=None), _failures(episodes),
        too_few(min(map(len, trial.conditions.values()))),
    )  # fmt: skip


def _failures(episodes: list[EpisodeRecord]) -> dict[str, int]:
    counted = Counter(record.failure for record in episodes if record.failure is not None)
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


class _Shares:
    """Weighted means of success over the conditions of a trial."""

    def __init__(self, trial: Trial) -> None:
        self.keys = list(trial.conditions)
        self.table = trial.table(METRIC["success"].of)
        self.areas = {axis: self._area(axis, levels) for axis, levels in trial.axes.items()}

    def _area(self, axis: str, levels: list[int]) -> Scores:
        """The weights of the conditions in the area of one axis, which starts at nominal."""
        keys: list[Key] = [*[key for key in self.keys if key == DECLARED], *((axis, level) for level in levels)]
        weights = np.zeros(len(self.keys))
        weights[[self.keys.index(key) for key in keys]] = area_weights([level for _, level in keys])
        return weights

    def at(self, level: int) -> Estimate:
        return self.estimate(np.array([float(key[1] == level) for key in self.keys]))

    def estimate(self, weights: Scores | int) -> Estimate:
        if not np.any(weights):
            return NOTHING
        return share_interval(seed_scores(self.table, weights))
