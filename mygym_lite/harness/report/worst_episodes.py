"""Conditions with the lowest success of a policy, each with a failed episode and its replay command."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from mygym_lite.harness.clips import Clips
from mygym_lite.harness.episode_errors import count_errors, has_only_policy_errors
from mygym_lite.harness.report.report_data import ReportData, collect_report_data
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.reports.formatting import format_name, format_percent, format_percent_range
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate, wilson_interval


@dataclass(frozen=True)
class WorstCondition:
    """One condition with an example of its failed episodes."""

    episodes: Sequence[EpisodeRecord]
    example: EpisodeRecord
    nominal_success: bool
    """True if the same seed succeeds under nominal conditions, so the perturbation causes the failure."""

    @property
    def successes(self) -> int:
        """Number of successful episodes."""
        return sum(e.success for e in self.episodes)

    @property
    def rate(self) -> float:
        """Success rate."""
        return self.successes / len(self.episodes)


def find_worst_conditions(task_suite: TaskSuite, policy: str, limit: int = 5) -> list[WorstCondition]:
    """Return the worst condition of each of the weakest axes; of equal ones, that with the lower severity.

    If no axis lowers success below nominal, the nominal condition is returned instead.
    """
    nominal = task_suite.get_nominal_episodes(policy)
    base = sum(e.success for e in nominal) / len(nominal) if nominal else 1.0
    weakest: dict[str, WorstCondition] = {}
    for (axis, severity), episodes in sorted(task_suite.episodes[policy].items(), key=lambda item: item[0][1]):
        condition = _find_failure(episodes, {e.seed for e in nominal if e.success})
        if not severity or condition is None or condition.rate >= base:
            continue
        if axis not in weakest or condition.rate < weakest[axis].rate:
            weakest[axis] = condition
    ranked = sorted(weakest.values(), key=lambda worst: (worst.rate, worst.example.severity))
    nominal_failure = _find_failure(nominal, set())
    return ranked[:limit] or ([nominal_failure] if nominal_failure else [])


def _find_failure(episodes: Sequence[EpisodeRecord], solved: set[int]) -> WorstCondition | None:
    failed = [e for e in episodes if not e.success]
    if not failed:
        return None
    example = next((e for e in failed if e.seed in solved), failed[0])
    return WorstCondition(episodes, example, example.seed in solved and example.axis != NOMINAL)


def select_worst_episodes(runs: Sequence[RunFolder], count: int) -> list[tuple[RunFolder, EpisodeRecord]]:
    """Select the episodes to record as video clips, alternating between policies."""
    report_data = collect_report_data(runs)
    lists = [
        find_worst_conditions(task_suite, policy)
        for task_suite in report_data.task_suites
        for policy in task_suite.policies
    ]
    turns = (worst.example for turn in zip_longest(*lists) for worst in turn if worst is not None)
    return [(report_data.find_run(episode), episode) for episode in turns][:count]


def format_replay_command(run: RunFolder, record: EpisodeRecord) -> str:
    """Return the command that replays an episode."""
    policies = run.manifest["policies"]
    # A report of several runs may rename policies; then consider all policies of the run.
    candidates = [policies[record.policy]] if record.policy in policies else policies.values()
    runs_code = any(PolicySpec("", policy["source"]).runs_foreign_code for policy in candidates)
    options = f"--video {record.episode}.webm{' --allow-code' if runs_code else ''}"
    return f"mygym-lite replay {shlex.quote(str(run.folder))} {record.episode} {options}"


@dataclass(frozen=True)
class WorstConditionCard:
    """Content of the page about one of the worst conditions."""

    title: str
    text: str
    command: str
    episode: int
    clip: str
    """Base64-encoded video, or empty."""


def build_worst_condition_cards(
    task_suite: TaskSuite, policy: str, report_data: ReportData, clips: Clips
) -> list[WorstConditionCard]:
    """Build the cards of the worst conditions of a policy."""
    return [
        _build_card(worst, report_data.find_run(worst.example), clips)
        for worst in find_worst_conditions(task_suite, policy)
    ]


def _build_card(worst: WorstCondition, run: RunFolder, clips: Clips) -> WorstConditionCard:
    record = worst.example
    clip = clips.get((run.folder, record.episode), b"")
    return WorstConditionCard(
        title=NOMINAL if record.axis == NOMINAL else f"{format_name(record.axis)} at severity {record.severity}",
        text=_describe_condition(worst),
        command=format_replay_command(run, record),
        episode=record.episode,
        clip=base64.b64encode(clip).decode(),
    )


def _describe_condition(worst: WorstCondition) -> str:
    example = worst.example
    failure = format_name(example.failure or "failed")
    text = f"{_format_rate(worst)}. Episode {example.episode}, seed {example.seed}: {failure}"
    return text + (", although the same seed succeeds under nominal conditions." if worst.nominal_success else ".")


def _format_rate(worst: WorstCondition) -> str:
    errors = count_errors(worst.episodes)
    if has_only_policy_errors(errors):
        return errors[0].fraction_text[0].upper() + errors[0].fraction_text[1:] + f" ended in {errors[0].code}"
    rate = Estimate(worst.rate, *wilson_interval(worst.successes, len(worst.episodes)))
    return (
        f"{worst.successes} of {len(worst.episodes)} solved, "
        f"{format_percent(rate.value)}% ({format_percent_range(rate)})"
    )
