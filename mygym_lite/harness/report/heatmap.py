"""The heatmap: success of every policy on every axis at every severity, each cell with its interval and its story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mygym_lite.harness.episode_errors import count_errors
from mygym_lite.harness.paired_comparison import Contrast
from mygym_lite.harness.report.charts import touching
from mygym_lite.harness.report.estimates import Figures
from mygym_lite.harness.report.report_data import AxisCard, Board
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import (  # fmt: skip
    amount,
    amount_range,
    chance,
    named,
    percent,
    percent_range,
    points,
    points_range,
)
from mygym_lite.reports.heatmap_colors import shade
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate

SURE = 0.05
"""Below this chance, corrected for the number of axes, a difference to nominal is marked."""


@dataclass(frozen=True)
class Cell:
    """One condition of one policy."""

    policy: str
    axis: str
    level: int
    episodes: int
    success: Estimate
    seconds: Estimate
    force: Estimate
    paired: Contrast | None
    failures: Mapping[str, int]
    label: str
    unreached: str = ""
    """Why the axis cannot reach the policy, where it cannot."""

    @property
    def told(self) -> bool:
        """Whether there is a success rate to show."""
        return not self.unreached and self.success.value is not None

    @property
    def shade(self) -> int:
        """Number of its colour."""
        return shade(self.success.value or 0.0)

    @property
    def sure(self) -> bool:
        """Whether it differs from nominal beyond chance."""
        return self.paired is not None and self.paired.p_holm < SURE

    @property
    def failed(self) -> str:
        """How often and why it failed, in words."""
        return ", ".join(f"{named(code)} {count}" for code, count in self.failures.items())


@dataclass(frozen=True)
class AxisRow:
    """One axis; where it is not applicable or reaches no policy, ``reason`` says why and there are no cells."""

    name: str
    about: str
    cells: Sequence[Sequence[Cell | None]]
    """For each policy, one for each severity; None where nothing was run."""
    reason: str


@dataclass(frozen=True)
class Heat:
    """The whole table of one board."""

    nominal: Sequence[Cell | None]
    groups: Sequence[tuple[str, Sequence[AxisRow]]]

    @property
    def cells(self) -> list[Cell]:
        """Every condition that was run and reaches its policy, nominal first."""
        rows = (row for _, rows in self.groups for row in rows)
        found = (*self.nominal, *(cell for row in rows for cells in row.cells for cell in cells))
        return [cell for cell in found if cell is not None and not cell.unreached]


def heat(board: Board, figures: Figures) -> Heat:
    """Fill the table."""
    groups: dict[str, list[AxisRow]] = {}
    for axis in board.axes:
        groups.setdefault(axis.group, []).append(_row(board, axis, figures))
    return Heat([_cell(board, policy, NOMINAL, 0, figures) for policy in board.policies], list(groups.items()))


def _row(board: Board, axis: AxisCard, figures: Figures) -> AxisRow:
    if not axis.applicable:
        return AxisRow(axis.name, axis.about, (), axis.reason)
    if not any(board.reaches(axis.name, policy) for policy in board.policies):
        return AxisRow(axis.name, axis.about, (), next(board.unreached[policy][axis.name] for policy in board.policies))
    cells = [[_cell(board, p, axis.name, level, figures) for level in board.levels] for p in board.policies]
    return AxisRow(axis.name, axis.about, cells, "")


def _cell(board: Board, policy: str, axis: str, level: int, figures: Figures) -> Cell | None:
    found = board.at(policy, axis, level)
    if not found:
        return None
    place = (policy, board.task, board.suite, axis, level)
    success, seconds = figures.of(place, "success"), figures.of(place, "seconds")
    force = figures.of(place, board.force)
    paired, failures = figures.paired.get(place), Counter(e.failure or "unknown" for e in found if not e.success)
    told, missed = dict(failures.most_common()), board.unreached[policy].get(axis, "")
    label = "; ".join(_story(board, found, success, seconds, force, paired, told))
    if missed:
        label = f"{policy}, {named(axis)} at severity {level}; {missed}"
    return Cell(policy, axis, level, len(found), success, seconds, force, paired, told, label, missed)


def _story(
    board: Board,
    found: Sequence[EpisodeRecord],
    success: Estimate,
    seconds: Estimate,
    force: Estimate,
    paired: Contrast | None,
    failures: Mapping[str, int],
) -> list[str]:
    first = found[0]
    where = NOMINAL if first.axis == NOMINAL else f"{named(first.axis)} at severity {first.level}"
    lines = [f"{first.policy}, {where}"]
    if success.value is None:
        return [*lines, *(error.sentence for error in count_errors(found))]
    lines.append(f"{percent(success.value)}% of {len(found)} solved ({percent_range(success)})")
    if paired is not None:
        lines.append(f"{points(paired.difference.value)} points against nominal ({points_range(paired.difference)}), "
                     f"p {chance(paired.p_holm)} after Holm")  # fmt: skip
    if seconds.value is not None:
        lines.append(f"{amount(seconds.value)} s to success{_within(seconds)}")
    if force.value is not None:
        lines.append(f"peak {amount(force.value)} N {touching(board.pair)}{_within(force)}")
    if failures:
        lines.append("failed: " + ", ".join(f"{named(code)} {count}" for code, count in failures.items()))
    return lines


def _within(estimate: Estimate) -> str:
    between = amount_range(estimate)
    return f" ({between})" if between else ""
