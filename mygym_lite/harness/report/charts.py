"""How a board's numbers change with severity, over all axes and on each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from mygym_lite.harness.condition_results import MeasureFunction
from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.report.distributions import Distribution, draw_distributions
from mygym_lite.harness.report.report_data import AxisInfo, TaskSuite
from mygym_lite.reports.formatting import format_name
from mygym_lite.reports.severity_curves import SeverityLine, draw_chart, draw_panel
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import NO_ESTIMATE, Estimate, mean_interval, proportion_interval, wilson_interval


def read_success(record: EpisodeRecord) -> float:
    """1 if it was solved."""
    return float(record.success)


def draw_overall_charts(task_suite: TaskSuite) -> list[tuple[str, Markup]]:
    """Success and force over severity, every axis that reaches all policies counted alike."""
    severities = (0, *task_suite.severities)
    over = f"mean over {task_suite.shared_axes_text}"
    what = f"of {task_suite.name}, {over}, with 95% bands"
    acting = {policy: task_suite.policies[policy] for policy in task_suite.policies_with_outcome}
    success = draw_chart(
        "Success over severity", f"Success {what}", [_over(task_suite, p, c, read_success) for p, c in acting.items()],
        severities,
    )  # fmt: skip
    force = [
        _over(task_suite, policy, color, METRICS_BY_NAME[task_suite.force_metric].measure)
        for policy, color in acting.items()
    ]
    charts = [(f"Success, %, {over}", success)]
    if any(estimate.value for line in force for _, estimate in line.known_points):
        limit = task_suite.limits.get(task_suite.contact_pair)
        picture = draw_chart("Force over severity", f"Peak force {what}", force, severities, limit, is_rate=False)
        charts.append((f"Peak force {format_contact(task_suite.contact_pair)}, N, {_of(task_suite)}", picture))
    return charts


def format_contact(pair: str) -> str:
    """Where a force acts, in words."""
    return {"hand_object": "on the object", "robot_table": "on the table"}.get(pair, f"({format_name(pair)})")


def _of(board: TaskSuite) -> str:
    return (
        "of episodes in which it touched one" if board.contact_pair == "hand_object" else "0 where it never touched it"
    )


def _over(board: TaskSuite, policy: str, color: int, measure: MeasureFunction) -> SeverityLine:
    """One point a severity. Episodes of one seed share their luck on all axes, so a seed's mean is what is drawn."""
    points = [(0, _of_seeds(board.get_nominal_episodes(policy), measure))]
    for level in board.severities:
        found = [e for axis in board.shared_axes for e in board.get_episodes(policy, axis.name, level)]
        points.append((level, _of_seeds(found, measure)))
    return SeverityLine(policy, color, tuple(points))


def _of_seeds(records: Sequence[EpisodeRecord], measure: MeasureFunction) -> Estimate:
    by_seed: dict[int, list[float]] = defaultdict(list)
    for record in records:
        value = measure(record)
        if value is not None:
            by_seed[record.seed].append(value)
    means = [sum(values) / len(values) for values in by_seed.values()]
    return proportion_interval(means) if measure is read_success else mean_interval(means)


def estimate_success(records: Sequence[EpisodeRecord]) -> Estimate:
    """The share of solved episodes."""
    if not records:
        return NO_ESTIMATE
    successes = sum(e.success for e in records)
    return Estimate(successes / len(records), *wilson_interval(successes, len(records)))


def draw_axis_charts(task_suite: TaskSuite) -> list[tuple[str, Markup]]:
    """A panel for each axis that the task has and that reaches a policy, with its name."""
    reaching = [axis for axis in task_suite.axes if axis.applicable and _reached(task_suite, axis)]
    return [(format_name(axis.name), _panel(task_suite, axis)) for axis in reaching]


def _reached(board: TaskSuite, axis: AxisInfo) -> list[str]:
    return [policy for policy in board.policies_with_outcome if board.is_relevant(axis.name, policy)]


def _panel(board: TaskSuite, axis: AxisInfo) -> Markup:
    lines = [
        SeverityLine(policy, board.policies[policy],
             ((0, estimate_success(board.get_nominal_episodes(policy))),
              *((level, estimate_success(board.get_episodes(policy, axis.name, level))) for level in axis.severities)))
        for policy in _reached(board, axis)
    ]  # fmt: skip
    return draw_panel(
        f"{format_name(axis.name)}, {board.task}", axis.about or "Success over severity", lines, (0, *axis.severities)
    )


def draw_distribution_charts(task_suite: TaskSuite) -> list[tuple[str, Markup]]:
    """How time to success and peak force are spread over episodes."""
    where, limit = format_contact(task_suite.contact_pair), task_suite.limits.get(task_suite.contact_pair)
    time = draw_distributions(
        f"Time to success, {task_suite.task}", "s", _spreads(task_suite, lambda e: e.time_to_success)
    )
    force = draw_distributions(
        f"Peak force {where}, {task_suite.task}",
        "N",
        _spreads(task_suite, METRICS_BY_NAME[task_suite.force_metric].measure),
        limit,
    )
    told = [("Time to success, s", time), (f"Peak force {where}, N, {_of(task_suite)}", force)]
    return [(title, picture) for title, picture in told if picture]


def _spreads(board: TaskSuite, measure: MeasureFunction) -> list[Distribution]:
    return [
        Distribution(
            policy,
            color,
            _values(board.get_nominal_episodes(policy), measure),
            _values(board.get_perturbed_episodes(policy), measure),
        )
        for policy, color in board.policies.items()
    ]


def _values(records: Sequence[EpisodeRecord], measure: MeasureFunction) -> NDArray[np.float64]:
    return np.array([value for record in records if (value := measure(record)) is not None], dtype=float)
