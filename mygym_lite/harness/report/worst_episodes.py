"""The conditions under which a policy does worst, with an episode that shows it and the command that replays it."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from mygym_lite.harness.episode_errors import all_failed_to_act, count_errors
from mygym_lite.harness.report.report_data import Board, Evidence, gather
from mygym_lite.harness.run_folder import Run
from mygym_lite.policies.policy_spec import PolicySource
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import named, percent, percent_range
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate, wilson

Clips = Mapping[tuple[Path, int], bytes]
"""Films in WebM, by folder of the run and number of the episode."""


@dataclass(frozen=True)
class Worst:
    """One condition and one of its failed episodes."""

    episodes: Sequence[EpisodeRecord]
    shown: EpisodeRecord
    solved_nominal: bool
    """Whether the same seed is solved where nothing differs: then it is the condition that breaks it."""

    @property
    def successes(self) -> int:
        """How many of its episodes were solved."""
        return sum(e.success for e in self.episodes)

    @property
    def rate(self) -> float:
        """Their share."""
        return self.successes / len(self.episodes)


def worst_of(board: Board, policy: str, most: int = 5) -> list[Worst]:
    """One condition of each of the weakest axes; of two alike, the milder one tells more.

    A policy that fares no better where nothing differs has no weak axis: its nominal episodes are shown instead.
    """
    nominal = board.nominal(policy)
    base = sum(e.success for e in nominal) / len(nominal) if nominal else 1.0
    weakest: dict[str, Worst] = {}
    for (axis, level), found in sorted(board.episodes[policy].items(), key=lambda item: item[0][1]):
        one = _worst(found, {e.seed for e in nominal if e.success})
        if level and one and one.rate < base and (axis not in weakest or one.rate < weakest[axis].rate):
            weakest[axis] = one
    ranked = sorted(weakest.values(), key=lambda worst: (worst.rate, worst.shown.level))
    alone = _worst(nominal, set())
    return ranked[:most] or ([alone] if alone else [])


def _worst(found: Sequence[EpisodeRecord], solved: set[int]) -> Worst | None:
    failed = [e for e in found if not e.success]
    if not failed:
        return None
    shown = next((e for e in failed if e.seed in solved), failed[0])
    return Worst(found, shown, shown.seed in solved and shown.axis != NOMINAL)


def worst_episodes(runs: Sequence[Run], count: int) -> list[tuple[Run, EpisodeRecord]]:
    """The episodes that a report shows first, taking turns among policies: those worth a clip."""
    evidence = gather(runs)
    lists = [worst_of(board, policy) for board in evidence.boards for policy in board.policies]
    turns = (worst.shown for turn in zip_longest(*lists) for worst in turn if worst is not None)
    return [(evidence.origin(shown), shown) for shown in turns][:count]


def replay_command(run: Run, record: EpisodeRecord) -> str:
    """What to type to see an episode again."""
    cards = run.manifest["policies"]
    named = (
        [cards[record.policy]] if record.policy in cards else cards.values()
    )  # several runs give policies other names
    trust = " --trust" if any(PolicySource("", card["source"]).runs_foreign_code for card in named) else ""
    return f"mygym-lite replay {shlex.quote(str(run.folder))} {record.episode} --video {record.episode}.webm{trust}"


@dataclass(frozen=True)
class Shown:
    """What the page tells of one of the worst conditions."""

    title: str
    words: str
    command: str
    episode: int
    clip: str
    """A film in base64, empty if there is none."""


def shown(board: Board, policy: str, evidence: Evidence, clips: Clips) -> list[Shown]:
    """The worst conditions of a policy, in words."""
    return [_shown(worst, evidence.origin(worst.shown), clips) for worst in worst_of(board, policy)]


def _shown(worst: Worst, run: Run, clips: Clips) -> Shown:
    record = worst.shown
    film = clips.get((run.folder, record.episode), b"")
    return Shown(
        NOMINAL if record.axis == NOMINAL else f"{named(record.axis)} at severity {record.level}",
        _words(worst), replay_command(run, record), record.episode, base64.b64encode(film).decode(),
    )  # fmt: skip


def _words(worst: Worst) -> str:
    one = worst.shown
    told = f"{_rate(worst)}. Episode {one.episode}, seed {one.seed}: {named(one.failure or 'failed')}"
    return told + (", though the same seed is solved when nothing differs." if worst.solved_nominal else ".")


def _rate(worst: Worst) -> str:
    errors = count_errors(worst.episodes)
    if all_failed_to_act(errors):
        return errors[0].share[0].upper() + errors[0].share[1:] + f" ended in {errors[0].code}"
    rate = Estimate(worst.rate, *wilson(worst.successes, len(worst.episodes)))
    return f"{worst.successes} of {len(worst.episodes)} solved, {percent(rate.value)}% ({percent_range(rate)})"
