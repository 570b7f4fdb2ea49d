"""Effects of axes that a suite perturbs at once: of each axis alone, and of pairs that cost more than their sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.harness.report.report_data import ReportData
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.randomization.severity import sample_severities
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate, compute_interaction, compute_main_effect

_CONFIDENCE = 0.95
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class AxisEffect:
    """Success with one axis in the lower and in the upper half of its severities, whatever the others."""

    axis: str
    low_rate: float | None
    high_rate: float | None
    difference: Estimate


@dataclass(frozen=True)
class PairEffect:
    """Success with two axes in the lower or upper half of their severities, and their interaction."""

    a: str
    b: str
    rates: tuple[float | None, float | None, float | None, float | None]
    """Success with neither, only the first, only the second, and both in the upper half."""
    interaction: Estimate


@dataclass(frozen=True)
class PolicyEffects:
    """Effects of the axes on the success of one policy; intervals hold for all axes, or all pairs, at once."""

    policy: str
    color: int
    episodes: int
    half: float
    """Severity that separates the halves."""
    axes: Sequence[AxisEffect]
    pairs: Sequence[PairEffect]
    """Pairs whose interaction differs from 0, from the one that costs most."""
    tested_pairs: int


def build_axis_effects(task_suite: TaskSuite, report_data: ReportData) -> list[PolicyEffects]:
    """Estimate the effects for each policy; none if the suite samples no severities."""
    effects = []
    for policy, color in task_suite.policies.items():
        run = report_data.runs_by_policy[policy, task_suite.task, task_suite.suite]
        highest = _read_highest(run.manifest)
        records = [e for e in task_suite.get_episodes(policy, task_suite.suite, 1) if e.failure != "policy_error"]
        if highest is not None and records:
            effects.append(_estimate_effects(policy, color, records, highest))
    return effects


def _read_highest(manifest: dict[str, Any]) -> float | None:
    combine = (manifest.get("suite") or {}).get("combine") or {}
    highest = combine.get("sampled_up_to")
    return None if highest is None else float(highest)


def _estimate_effects(policy: str, color: int, records: Sequence[EpisodeRecord], highest: float) -> PolicyEffects:
    names = records[0].axes
    severities = np.array([sample_severities(e.seed, len(names), highest) for e in records])
    is_high = dict(zip(names, (severities > highest / 2).T, strict=True))
    success = np.array([e.success for e in records])
    axes = list(_list_axis_effects(success, is_high))
    pairs = list(_list_pair_effects(success, is_high))
    return PolicyEffects(
        policy=policy,
        color=color,
        episodes=len(records),
        half=highest / 2,
        axes=sorted(axes, key=lambda effect: effect.difference.value or 0.0),
        pairs=sorted(filter(_is_significant, pairs), key=lambda effect: effect.interaction.value or 0.0),
        tested_pairs=len(pairs),
    )


def _list_axis_effects(success: Flags, is_high: dict[str, Flags]) -> Iterator[AxisEffect]:
    confidence = _share_confidence(len(is_high))
    for axis, high in is_high.items():
        difference = compute_main_effect(success, high, confidence)
        yield AxisEffect(axis, _compute_rate(success[~high]), _compute_rate(success[high]), difference)


def _list_pair_effects(success: Flags, is_high: dict[str, Flags]) -> Iterator[PairEffect]:
    pairs = list(combinations(is_high.items(), 2))
    confidence = _share_confidence(len(pairs))
    for (name_a, a), (name_b, b) in pairs:
        parts = (~a & ~b, a & ~b, ~a & b, a & b)
        neither, only_a, only_b, both = (_compute_rate(success[part]) for part in parts)
        interaction = compute_interaction(success, a, b, confidence)
        yield PairEffect(name_a, name_b, (neither, only_a, only_b, both), interaction)


def _share_confidence(count: int) -> float:
    """Return the confidence of each of several intervals with which they hold together (Bonferroni)."""
    return 1.0 - (1.0 - _CONFIDENCE) / max(1, count)


def _compute_rate(success: Flags) -> float | None:
    return float(success.mean()) if success.size else None


def _is_significant(effect: PairEffect) -> bool:
    _, low, high = effect.interaction
    return low is not None and high is not None and not low <= 0.0 <= high
