"""How a board's numbers change with severity, over all axes and on each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from mygym_lite.harness.condition_results import Measure
from mygym_lite.harness.metrics import METRIC
from mygym_lite.harness.report.distributions import Spread, distribution
from mygym_lite.harness.report.report_data import AxisCard, Board
from mygym_lite.reports.formatting import named
from mygym_lite.reports.severity_curves import Line, chart, panel
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import NOTHING, Estimate, mean_interval, share_interval, wilson


def succeeded(record: EpisodeRecord) -> float:
    """1 if it was solved."""
    return float(record.success)


def overall(board: Board) -> list[tuple[str, Markup]]:
    """Success and force over severity, every axis that reaches all policies counted alike."""
    severities = (0, *board.levels)
    over = f"mean over {board.over}"
    what = f"of {board.name}, {over}, with 95% bands"
    acting = {policy: board.policies[policy] for policy in board.acting}
    success = chart(
        "Success over severity", f"Success {what}", [_over(board, p, c, succeeded) for p, c in acting.items()],
        severities,
    )  # fmt: skip
    force = [_over(board, policy, color, METRIC[board.force].of) for policy, color in acting.items()]
    charts = [(f"Success, %, {over}", success)]
    if any(estimate.value for line in force for _, estimate in line.known):
        limit = board.limits.get(board.pair)
        picture = chart("Force over severity", f"Peak force {what}", force, severities, limit, share=False)
        charts.append((f"Peak force {touching(board.pair)}, N, {_of(board)}", picture))
    return charts


def touching(pair: str) -> str:
    """Where a force acts, in words."""
    return {"hand_object": "on the object", "robot_table": "on the table"}.get(pair, f"({named(pair)})")


def _of(board: Board) -> str:
    return "of episodes in which it touched one" if board.pair == "hand_object" else "0 where it never touched it"


def _over(board: Board, policy: str, color: int, measure: Measure) -> Line:
    """One point a severity. Episodes of one seed share their luck on all axes, so a seed's mean is what is drawn."""
    points = [(0, _of_seeds(board.nominal(policy), measure))]
    for level in board.levels:
        found = [e for axis in board.shared for e in board.at(policy, axis.name, level)]
        points.append((level, _of_seeds(found, measure)))
    return Line(policy, color, tuple(points))


def _of_seeds(records: Sequence[EpisodeRecord], measure: Measure) -> Estimate:
    by_seed: dict[int, list[float]] = defaultdict(list)
    for record in records:
        value = measure(record)
        if value is not None:
            by_seed[record.seed].append(value)
    means = [sum(values) / len(values) for values in by_seed.values()]
    return share_interval(means) if measure is succeeded else mean_interval(means)


def rate(records: Sequence[EpisodeRecord]) -> Estimate:
    """The share of solved episodes."""
    if not records:
        return NOTHING
    successes = sum(e.success for e in records)
    return Estimate(successes / len(records), *wilson(successes, len(records)))


def by_axis(board: Board) -> list[tuple[str, Markup]]:
    """A panel for each axis that the task has and that reaches a policy, with its name."""
    reaching = [axis for axis in board.axes if axis.applicable and _reached(board, axis)]
    return [(named(axis.name), _panel(board, axis)) for axis in reaching]


def _reached(board: Board, axis: AxisCard) -> list[str]:
    return [policy for policy in board.acting if board.reaches(axis.name, policy)]


def _panel(board: Board, axis: AxisCard) -> Markup:
    lines = [
        Line(policy, board.policies[policy],
             ((0, rate(board.nominal(policy))),
              *((level, rate(board.at(policy, axis.name, level))) for level in axis.levels)))
        for policy in _reached(board, axis)
    ]  # fmt: skip
    return panel(f"{named(axis.name)}, {board.task}", axis.about or "Success over severity", lines, (0, *axis.levels))


def spreads(board: Board) -> list[tuple[str, Markup]]:
    """How time to success and peak force are spread over episodes."""
    where, limit = touching(board.pair), board.limits.get(board.pair)
    time = distribution(f"Time to success, {board.task}", "s", _spreads(board, lambda e: e.seconds))
    force = distribution(f"Peak force {where}, {board.task}", "N", _spreads(board, METRIC[board.force].of), limit)
    told = [("Time to success, s", time), (f"Peak force {where}, N, {_of(board)}", force)]
    return [(title, picture) for title, picture in told if picture]


def _spreads(board: Board, measure: Measure) -> list[Spread]:
    return [
        Spread(policy, color, _values(board.nominal(policy), measure), _values(board.perturbed(policy), measure))
        for policy, color in board.policies.items()
    ]


def _values(records: Sequence[EpisodeRecord], measure: Measure) -> NDArray[np.float64]:
    return np.array([value for record in records if (value := measure(record)) is not None], dtype=float)
