"""Results of a run in the layout of ``eval_info.json``, which LeRobot's evaluation writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from mygym_lite.errors import UsageError, suggest
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.rollout.record import EpisodeRecord


def build_eval_info(records: Sequence[EpisodeRecord], policy: str | None = None) -> dict[str, Any]:
    """Build the results of one policy by group, which is a task under one condition, and over all groups.

    Groups have the names that the environments of ``lerobot_env_mygym_lite`` give them: ``grasp``, or
    ``grasp-friction-3`` for severity 3 of an axis. Records hold the sum of the rewards alone, so that the largest
    reward is null, and no videos.

    Args:
        records: Episodes of a run.
        policy: Name of the policy in the run; the only one if left out.
    """
    chosen = _select_policy(records, policy)
    groups: dict[str, list[EpisodeRecord]] = {}
    for record in chosen:
        groups.setdefault(_name_group(record), []).append(record)
    seconds = sum(record.wall.get("seconds", 0.0) for record in chosen)
    return {
        "per_task": [
            {"task_group": group, "task_id": 0, "metrics": _list_metrics(episodes)}
            for group, episodes in groups.items()
        ],
        "per_group": {group: _aggregate(episodes) for group, episodes in groups.items()},
        "overall": {**_aggregate(chosen), "eval_s": seconds, "eval_ep_s": seconds / max(1, len(chosen))},
    }


def _select_policy(records: Sequence[EpisodeRecord], policy: str | None) -> list[EpisodeRecord]:
    names = list(dict.fromkeys(record.policy for record in records))
    if policy is None and len(names) > 1:
        raise UsageError(f"eval_info: the run has the policies {', '.join(names)}; name one of them")
    if policy is not None and policy not in names:
        raise UsageError(f"eval_info: no policy '{policy}' in the run{suggest(policy, names)}")
    return [record for record in records if policy in (None, record.policy)]


def _name_group(record: EpisodeRecord) -> str:
    return record.task if record.axis == NOMINAL else f"{record.task}-{record.axis}-{record.severity}"


def _list_metrics(records: Sequence[EpisodeRecord]) -> Mapping[str, list[Any]]:
    return {
        "sum_rewards": [record.reward for record in records],
        "max_rewards": [None] * len(records),
        "successes": [record.success for record in records],
        "video_paths": [],
    }


def _aggregate(records: Sequence[EpisodeRecord]) -> dict[str, Any]:
    return {
        "avg_sum_reward": fmean(record.reward for record in records) if records else None,
        "avg_max_reward": None,
        "pc_success": 100.0 * fmean(record.success for record in records) if records else None,
        "n_episodes": len(records),
        "video_paths": [],
    }
