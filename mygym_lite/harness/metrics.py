"""What is measured of every episode: names, units, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mygym_lite.harness.condition_results import MeasureFunction, collect_values
from mygym_lite.harness.episode_errors import PHYSICS_ERROR
from mygym_lite.rollout.record import EpisodeRecord, Force
from mygym_lite.stats import NO_ESTIMATE, Estimate, mean_interval, wilson_interval

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """One number of an episode."""

    name: str
    unit: str
    """Empty where it has none."""
    about: str
    better: Better | None
    measure: MeasureFunction
    """Reads it off a record; None where the episode has no such value, which is not zero."""
    is_rate: bool = False
    """Whether it is an outcome, yes or no, of which a share is told."""

    def estimate(self, values: list[float]) -> Estimate:
        """The share, or the mean, with its 95% interval."""
        if not values:
            return NO_ESTIMATE
        if not self.is_rate:
            return mean_interval(values)
        return Estimate(sum(values) / len(values), *wilson_interval(sum(values), len(values)))

    def estimate_records(self, records: list[EpisodeRecord]) -> Estimate:
        """Its estimate over those episodes that have it."""
        return self.estimate(collect_values(records, self.measure))


def _forces(record: EpisodeRecord) -> Mapping[str, Force]:
    """Forces that may be believed: none where the physics broke, or where nothing was done."""
    return record.forces if record.steps and record.failure != PHYSICS_ERROR else {}


def _if_acted(of: MeasureFunction) -> MeasureFunction:
    """A measure of episodes in which something was done: who never moved has no short path and no small effort."""
    return lambda record: of(record) if record.steps else None


def _touch(record: EpisodeRecord) -> Force | None:
    """The hand on objects; None where it never touched one: a hand that stays away is not a gentle hand."""
    force = _forces(record).get("hand_object")
    return None if force is None or force.mean is None else force


def _peak_hand(record: EpisodeRecord) -> float | None:
    return None if (force := _touch(record)) is None else force.peak


def _mean_hand(record: EpisodeRecord) -> float | None:
    return None if (force := _touch(record)) is None else force.mean


def _impulse(record: EpisodeRecord) -> float | None:
    return None if (force := _touch(record)) is None else force.impulse


def _peak_table(record: EpisodeRecord) -> float | None:
    return None if (force := _forces(record).get("robot_table")) is None else force.peak


def _above(record: EpisodeRecord) -> float | None:
    given = [force.seconds_above for force in _forces(record).values() if force.seconds_above is not None]
    return sum(given) if given else None


METRICS: tuple[Metric, ...] = (
    Metric("success", "", "solved, for as long as the task asks", "higher", lambda r: r.success, is_rate=True),
    Metric("success_once", "", "solved in one moment at least", "higher", lambda r: r.success_once, is_rate=True),
    Metric("success_end", "", "solved in the last moment", "higher", lambda r: r.success_end, is_rate=True),
    Metric(
        "time_to_success",
        "s",
        "simulated time to success, of episodes that succeeded",
        "lower",
        lambda r: r.time_to_success,
    ),
    Metric(
        "peak_hand_force",
        "N",
        "hardest 50 ms of the hand on objects, of episodes in which it touched one",
        "lower",
        _peak_hand,
    ),
    Metric("mean_hand_force", "N", "mean force of the hand on objects while it touched them", "lower", _mean_hand),
    Metric("hand_impulse", "N s", "force of the hand on objects summed over time", "lower", _impulse),
    Metric(
        "peak_table_force",
        "N",
        "hardest 50 ms of the robot on the table, 0 where it never touched it",
        "lower",
        _peak_table,
    ),
    Metric("seconds_above_limit", "s", "time above the task's force limits, where it declares any", "lower", _above),
    Metric(
        "penetration",
        "mm",
        "how deep a link of the robot was inside another body",
        "lower",
        _if_acted(lambda r: r.penetration),
    ),
    Metric("path_length", "m", "way of the palm", "lower", _if_acted(lambda r: r.path_length)),
    Metric(
        "sparc",
        "",
        "spectral arc length of the palm's speed: negative, closer to 0 is smoother",
        "higher",
        lambda r: r.sparc,
    ),
    Metric("peak_jerk", "m/s³", "largest jerk of the palm", "lower", lambda r: r.peak_jerk),
    Metric("energy", "J", "mechanical work of the arm's motors", "lower", _if_acted(lambda r: r.energy)),
    Metric(
        "joint_limit_hits",
        "",
        "times that an arm joint came to a limit",
        "lower",
        _if_acted(lambda r: r.joint_limit_hits),
    ),
    Metric("reward", "", "sum over the episode", "higher", _if_acted(lambda r: r.reward)),
)
METRICS_BY_NAME = {metric.name: metric for metric in METRICS}
