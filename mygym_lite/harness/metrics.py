"""Metrics of an episode: names, units, and the better direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mygym_lite.harness.condition_results import MeasureFunction, collect_values
from mygym_lite.harness.episode_errors import PHYSICS_ERROR
from mygym_lite.rollout.record import EpisodeRecord, Force
from mygym_lite.stats import NO_ESTIMATE, Estimate, mean_interval, proportion_interval, wilson_interval
from mygym_lite.summation import sum_in_order

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """One number of an episode."""

    name: str
    unit: str
    """Empty if dimensionless."""
    about: str
    better: Better | None
    measure: MeasureFunction
    """Value of a record; None if the episode has no such value, which is not zero."""
    is_rate: bool = False
    """True for a binary outcome, reported as a proportion."""
    is_share: bool = False
    """True for a share between 0 and 1, which counts a broken episode as nothing achieved, like a rate."""

    @property
    def needs_outcome(self) -> bool:
        """True if a policy that breaks in every episode has no such value."""
        return self.is_rate or self.is_share

    def estimate(self, values: list[float]) -> Estimate:
        """Estimate the proportion, or the mean, with its 95% interval."""
        if not values:
            return NO_ESTIMATE
        if not self.is_rate:
            return proportion_interval(values) if self.is_share else mean_interval(values)
        return Estimate(sum(values) / len(values), *wilson_interval(sum(values), len(values)))

    def estimate_records(self, records: list[EpisodeRecord]) -> Estimate:
        """Estimate over the episodes that have a value."""
        return self.estimate(collect_values(records, self.measure))


def _get_forces(record: EpisodeRecord) -> Mapping[str, Force]:
    """Return credible forces: none if the physics failed or the policy never acted."""
    return record.forces if record.steps and record.failure != PHYSICS_ERROR else {}


def _require_steps(measure: MeasureFunction) -> MeasureFunction:
    """Restrict a measure to episodes with steps: no motion is neither a short path nor a small effort."""
    return lambda record: measure(record) if record.steps else None


def _get_hand_force(record: EpisodeRecord) -> Force | None:
    """Return the force of the hand on objects; None without contact, which is not a gentle one."""
    force = _get_forces(record).get("hand_object")
    return None if force is None or force.mean is None else force


def _measure_peak_hand_force(record: EpisodeRecord) -> float | None:
    return None if (force := _get_hand_force(record)) is None else force.peak


def _measure_mean_hand_force(record: EpisodeRecord) -> float | None:
    return None if (force := _get_hand_force(record)) is None else force.mean


def _measure_hand_impulse(record: EpisodeRecord) -> float | None:
    return None if (force := _get_hand_force(record)) is None else force.impulse


def _measure_peak_table_force(record: EpisodeRecord) -> float | None:
    return None if (force := _get_forces(record).get("robot_table")) is None else force.peak


def _measure_time_above_limit(record: EpisodeRecord) -> float | None:
    times = [force.seconds_above for force in _get_forces(record).values() if force.seconds_above is not None]
    return sum_in_order(times) if times else None


METRICS: tuple[Metric, ...] = (
    Metric("success", "", "solved for as long as the task requires", "higher", lambda r: r.success, is_rate=True),
    Metric("success_once", "", "solved in at least one step", "higher", lambda r: r.success_once, is_rate=True),
    Metric("success_end", "", "solved in the last step", "higher", lambda r: r.success_end, is_rate=True),
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
        "peak force of the hand on objects over 50 ms, of episodes with contact",
        "lower",
        _measure_peak_hand_force,
    ),
    Metric(
        "mean_hand_force", "N", "mean force of the hand on objects during contact", "lower", _measure_mean_hand_force
    ),
    Metric("hand_impulse", "N s", "force of the hand on objects, integrated over time", "lower", _measure_hand_impulse),
    Metric(
        "peak_table_force",
        "N",
        "peak force of the robot on the table over 50 ms, 0 without contact",
        "lower",
        _measure_peak_table_force,
    ),
    Metric(
        "seconds_above_limit",
        "s",
        "time above the task's force limits, if it declares any",
        "lower",
        _measure_time_above_limit,
    ),
    Metric(
        "penetration",
        "mm",
        "largest penetration of a link of the robot into another body",
        "lower",
        _require_steps(lambda r: r.penetration),
    ),
    Metric("path_length", "m", "path length of the palm", "lower", _require_steps(lambda r: r.path_length)),
    Metric(
        "sparc",
        "",
        "spectral arc length of the palm's speed: negative, closer to 0 is smoother",
        "higher",
        lambda r: r.sparc,
    ),
    Metric("peak_jerk", "m/s³", "largest jerk of the palm", "lower", lambda r: r.peak_jerk),
    Metric("energy", "J", "mechanical work of the arm's motors", "lower", _require_steps(lambda r: r.energy)),
    Metric(
        "joint_limit_hits",
        "",
        "number of times that an arm joint reached a limit",
        "lower",
        _require_steps(lambda r: r.joint_limit_hits),
    ),
    Metric("reward", "", "sum over the episode", "higher", _require_steps(lambda r: r.reward)),
    Metric(
        "progress",
        "",
        "share of the task's stages that were reached, if it has any",
        "higher",
        lambda r: r.progress,
        is_share=True,
    ),
    Metric(
        "stale_actions",
        "",
        "share of the steps at which a policy with latency repeated an action",
        "lower",
        _require_steps(lambda r: None if r.repeated_actions is None else r.repeated_actions / r.steps),
    ),
)
METRICS_BY_NAME = {metric.name: metric for metric in METRICS}
