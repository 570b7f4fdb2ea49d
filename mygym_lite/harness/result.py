"""A run that has ended, as Python sees it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.harness.stats import Estimate
from mygym_lite.harness.store import Run
from mygym_lite.harness.summary import Row, summarise
from mygym_lite.harness.text_table import lay_out
from mygym_lite.harness.verdict import Verdict, verdicts

_HEAD = ("policy", "task", "success", "seconds", "peak hand N", "robustness", "at severity 3", "weakest axis")


class Result:
    """What came of an evaluation.

    Args:
        run: Its folder.
    """

    def __init__(self, run: Run) -> None:
        self.run = run

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return self.run.folder

    @cached_property
    def records(self) -> list[EpisodeRecord]:
        """One for each episode."""
        return self.run.records()

    @cached_property
    def summary(self) -> list[Row]:
        """One row for each policy, task and condition."""
        return summarise(self.records)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """One for each policy and task."""
        return verdicts(self.records)

    def failures(self) -> list[EpisodeRecord]:
        """The episodes that were not solved."""
        return [record for record in self.records if not record.success]

    def table(self, width: int | None = None) -> str:
        """One line for each policy and task: nominal success, time and force, and what is left under the suite."""
        lines = [_HEAD, *map(_line, self.verdicts)]
        padded = lay_out(lines, width)
        warnings = dict.fromkeys(v.warning for v in self.verdicts if v.warning)
        return "\n".join([*padded, *warnings]) + "\n"


def _line(verdict: Verdict) -> tuple[str, ...]:
    return (
        verdict.policy, verdict.task, _share(verdict.success), _number(verdict.seconds),
        _number(verdict.peak_hand_force), _share(verdict.robustness), _share(verdict.hard_success),
        (verdict.worst_axis or "-").replace("_", " ") if verdict.robustness.value else "-",
    )  # fmt: skip


def _share(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"


def _number(estimate: Estimate) -> str:
    if estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3g}"
    return f"{estimate.value:.3g} ({estimate.low:.3g} to {estimate.high:.3g})"
