"""A run that has ended, as Python sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from mygym_lite.harness.relevant_axes import unreached_of
from mygym_lite.harness.run_folder import Run
from mygym_lite.harness.summary import Row, summarise
from mygym_lite.harness.verdict import SEVERITY, Verdict, verdicts
from mygym_lite.reports.text_table import lay_out
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate

_HEAD = ("policy", "task", "success", "seconds", "peak hand N", "robustness", "at severity 3", "weakest axis")


class Result:
    """What came of an evaluation.

    Args:
        run: Its folder.
        missed: Why episodes have no record, by number: their policy could not be reached.
    """

    def __init__(self, run: Run, missed: Mapping[int, str] | None = None) -> None:
        self.run, self.missed = run, dict(missed or {})

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
        return summarise(self.records, unreached_of(self.run.manifest))

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """One for each policy and task."""
        return verdicts(self.records, unreached_of(self.run.manifest))

    def failures(self) -> list[EpisodeRecord]:
        """The episodes that were not solved."""
        return [record for record in self.records if not record.success]

    @property
    def shortfall(self) -> str | None:
        """Episodes without a record and the most frequent reason, in one line; None if the run is complete."""
        if not self.missed:
            return None
        [(reason, _)] = Counter(self.missed.values()).most_common(1)
        planned = len(self.records) + len(self.missed)
        return f"incomplete: {len(self.missed)} of {planned} episodes were not played ({reason})"

    def table(self, width: int | None = None) -> str:
        """One line for each policy and task: nominal success, time and force, and what is left under the suite.

        Below it stand the episodes that ended in an error, and the axes over which policies are compared.

        Args:
            width: Columns of text that it may take; any number if left out.
        """
        lines = [_HEAD, *map(_line, self.verdicts)]
        padded = lay_out(lines, width)
        warnings = dict.fromkeys(v.warning for v in self.verdicts if v.warning)
        shortfall = [self.shortfall] if self.shortfall else []
        return "\n".join([*padded, *warnings, *shortfall, *self._errors(), *self._axes()]) + "\n"

    def _errors(self) -> list[str]:
        return [f"{one.policy} on {one.task}: {found.sentence}" for one in self.verdicts for found in one.errors]

    def _axes(self) -> list[str]:
        compared: dict[str, list[Verdict]] = {}
        for verdict in self.verdicts:
            compared.setdefault(verdict.task, []).append(verdict)
        return [note for found in compared.values() if (note := _axes(found))]


def _line(verdict: Verdict) -> tuple[str, ...]:
    return (
        verdict.policy, verdict.task, _share(verdict.success) if verdict.acted else "error", _number(verdict.seconds),
        _number(verdict.peak_hand_force), _share(verdict.robustness), _share(verdict.hard_success),
        (verdict.worst_axis or "-").replace("_", " ") if verdict.robustness.value else "-",
    )  # fmt: skip


def _axes(compared: list[Verdict]) -> str:
    """The axes over which policies are compared, where some do not reach every one of them."""
    apart = [
        f"{one.policy} {_share(one.other_robustness)} over {len(one.other_axes)} more"
        for one in compared
        if one.other_axes
    ]
    missed = [f"{len(one.unreached_axes)} for {one.policy}" for one in compared if one.unreached_axes]
    if not apart and not missed:
        return ""
    count = max(len(one.shared_axes) for one in compared)
    parts = [
        f"{compared[0].task}: robustness and severity {SEVERITY} are over the axes that reach every policy, {count}"
    ]
    parts += [f"apart from these: {', '.join(apart)}"] if apart else []
    parts += [f"axes that do not reach: {', '.join(missed)}"] if missed else []
    return "; ".join(parts)


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
