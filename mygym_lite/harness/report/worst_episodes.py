"""The conditions under which a policy does worst, with an episode that shows it and the command that replays it."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from mygym_lite.harness.episode_errors import count_errors, has_only_policy_errors
from mygym_lite.harness.report.report_data import ReportData, TaskSuite, collect_report_data
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import format_name, format_percent, format_percent_range
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate, wilson_interval

Clips = Mapping[tuple[Path, int], bytes]
"""Films in WebM, by folder of the run and number of the episode."""


@dataclass(frozen=True)
class WorstCondition:
    """One condition and one of its failed episodes."""

    episodes: Sequence[EpisodeRecord]
    example: EpisodeRecord
    nominal_success: bool
    """Whether the same seed is solved where nothing differs: then it is the condition that breaks it."""

    @property
    def successes(self) -> int:
        """How many of its episodes were solved."""
        return sum(e.success for e in self.episodes)

    @property
    def rate(self) -> float:
        """Their share."""
        return self.successes / len(self.episodes)


def find_worst_conditions(task_suite: TaskSuite, policy: str, limit: int = 5) -> list[WorstCondition]:
    """One condition of each of the weakest axes; of two alike, the milder one tells more.

    A policy that fares no better where nothing differs has no weak axis: its nominal episodes are shown instead.
    """
    nominal = task_suite.get_nominal_episodes(policy)
    base = sum(e.success for e in nominal) / len(nominal) if nominal else 1.0
    weakest: dict[str, WorstCondition] = {}
    for (axis, level), found in sorted(task_suite.episodes[policy].items(), key=lambda item: item[0][1]):
        one = _worst(found, {e.seed for e in nominal if e.success})
        if level and one and one.rate < base and (axis not in weakest or one.rate < weakest[axis].rate):
            weakest[axis] = one
    ranked = sorted(weakest.values(), key=lambda worst: (worst.rate, worst.example.severity))
    alone = _worst(nominal, set())
    return ranked[:limit] or ([alone] if alone else [])


def _worst(found: Sequence[EpisodeRecord], solved: set[int]) -> WorstCondition | None:
    failed = [e for e in found if not e.success]
    if not failed:
        return None
    shown = next((e for e in failed if e.seed in solved), failed[0])
    return WorstCondition(found, shown, shown.seed in solved and shown.axis != NOMINAL)


def select_worst_episodes(runs: Sequence[RunFolder], count: int) -> list[tuple[RunFolder, EpisodeRecord]]:
    """The episodes that a report shows first, taking turns among policies: those worth a clip."""
    evidence = collect_report_data(runs)
    lists = [find_worst_conditions(board, policy) for board in evidence.task_suites for policy in board.policies]
    turns = (worst.example for turn in zip_longest(*lists) for worst in turn if worst is not None)
    return [(evidence.find_run(shown), shown) for shown in turns][:count]


def format_replay_command(run: RunFolder, record: EpisodeRecord) -> str:
    """What to type to see an episode again."""
    cards = run.manifest["policies"]
    named = (
        [cards[record.policy]] if record.policy in cards else cards.values()
    )  # several runs give policies other names
    trust = " --allow-code" if any(PolicySpec("", card["source"]).runs_foreign_code for card in named) else ""
    return f"mygym-lite replay {shlex.quote(str(run.folder))} {record.episode} --video {record.episode}.webm{trust}"


@dataclass(frozen=True)
class WorstConditionCard:
    """What the page tells of one of the worst conditions."""

    title: str
    text: str
    command: str
    episode: int
    clip: str
    """A film in base64, empty if there is none."""


def build_worst_condition_cards(
    task_suite: TaskSuite, policy: str, report_data: ReportData, clips: Clips
) -> list[WorstConditionCard]:
    """The worst conditions of a policy, in words."""
    return [
        _shown(worst, report_data.find_run(worst.example), clips) for worst in find_worst_conditions(task_suite, policy)
    ]


def _shown(worst: WorstCondition, run: RunFolder, clips: Clips) -> WorstConditionCard:
    record = worst.example
    film = clips.get((run.folder, record.episode), b"")
    return WorstConditionCard(
        NOMINAL if record.axis == NOMINAL else f"{format_name(record.axis)} at severity {record.severity}",
        _words(worst), format_replay_command(run, record), record.episode, base64.b64encode(film).decode(),
    )  # fmt: skip


def _words(worst: WorstCondition) -> str:
    one = worst.example
    told = f"{_rate(worst)}. Episode {one.episode}, seed {one.seed}: {format_name(one.failure or 'failed')}"
    return told + (", though the same seed is solved when nothing differs." if worst.nominal_success else ".")


def _rate(worst: WorstCondition) -> str:
    errors = count_errors(worst.episodes)
    if has_only_policy_errors(errors):
        return errors[0].fraction_text[0].upper() + errors[0].fraction_text[1:] + f" ended in {errors[0].code}"
    rate = Estimate(worst.rate, *wilson_interval(worst.successes, len(worst.episodes)))
    return f"{worst.successes} of {len(worst.episodes)} solved, {format_percent(rate.value)}% ({format_percent_range(rate)})"
