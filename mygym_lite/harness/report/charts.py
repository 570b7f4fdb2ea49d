"""Charts of success and force over severity, and distributions over episodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from mygym_lite.harness.condition_results import MeasureFunction
from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.report.distributions import Distribution, draw_distributions
from mygym_lite.harness.report.task_suite import AxisInfo, TaskSuite
from mygym_lite.reports.formatting import format_name
from mygym_lite.reports.severity_curves import SeverityLine, draw_chart, draw_panel
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import NO_ESTIMATE, Estimate, mean_interval, proportion_interval, wilson_interval
from mygym_lite.stats.robustness_curve import classify_curve


def read_success(record: EpisodeRecord) -> float:
    """Return 1 for a successful episode, else 0."""
    return float(record.success)


def draw_overall_charts(task_suite: TaskSuite) -> list[tuple[str, Markup]]:
    """Draw success and peak force over severity, averaged over the axes that can affect all policies."""
    severities = (0, *task_suite.severities)
    average = f"mean over {task_suite.shared_axes_text}"
    scope = f"{task_suite.name}, {average}, with 95% bands"
    measure_force = METRICS_BY_NAME[task_suite.force_metric].measure
    success = [_build_mean_line(task_suite, policy, read_success) for policy in task_suite.policies_with_outcome]
    force = [_build_mean_line(task_suite, policy, measure_force) for policy in task_suite.policies_with_outcome]
    chart = draw_chart("Success over severity", f"Success rate, {scope}", success, severities)
    charts = [(f"Success rate, %, {average}", chart)]
    if any(estimate.value for line in force for _, estimate in line.known_points):
        limit = task_suite.limits.get(task_suite.contact_pair)
        chart = draw_chart("Force over severity", f"Peak force, {scope}", force, severities, limit=limit, is_rate=False)
        charts.append((_format_force_caption(task_suite), chart))
    return charts


def format_contact(pair: str) -> str:
    """Return where a contact force acts, as text."""
    return {"hand_object": "on the object", "robot_table": "on the table"}.get(pair, f"({format_name(pair)})")


def _format_force_caption(task_suite: TaskSuite) -> str:
    on_object = task_suite.contact_pair == "hand_object"
    scope = "episodes with contact" if on_object else "0 without contact"
    return f"Peak force {format_contact(task_suite.contact_pair)}, N, {scope}"


def _build_mean_line(task_suite: TaskSuite, policy: str, measure: MeasureFunction) -> SeverityLine:
    """Average within each seed first, because episodes with the same seed are correlated across axes."""
    points = [(0, _estimate_seed_mean(task_suite.get_nominal_episodes(policy), measure))]
    for severity in task_suite.severities:
        episodes = [e for axis in task_suite.shared_axes for e in task_suite.get_episodes(policy, axis.name, severity)]
        points.append((severity, _estimate_seed_mean(episodes, measure)))
    return SeverityLine(policy, task_suite.policies[policy], tuple(points))


def _estimate_seed_mean(records: Sequence[EpisodeRecord], measure: MeasureFunction) -> Estimate:
    by_seed: dict[int, list[float]] = defaultdict(list)
    for record in records:
        value = measure(record)
        if value is not None:
            by_seed[record.seed].append(value)
    means = [sum(values) / len(values) for values in by_seed.values()]
    return proportion_interval(means) if measure is read_success else mean_interval(means)


def estimate_success(records: Sequence[EpisodeRecord]) -> Estimate:
    """Estimate the success rate with its Wilson interval."""
    if not records:
        return NO_ESTIMATE
    successes = sum(e.success for e in records)
    return Estimate(successes / len(records), *wilson_interval(successes, len(records)))


def draw_axis_charts(task_suite: TaskSuite) -> list[tuple[str, str, Markup]]:
    """Draw a panel for each applicable axis that can affect a policy, with its name and the shapes of its curves."""
    charts = []
    for axis in task_suite.axes:
        if axis.applicable and (lines := _build_axis_lines(task_suite, axis)):
            title = f"{format_name(axis.name)}, {task_suite.task}"
            panel = draw_panel(title, axis.about or "Success over severity", lines, (0, *axis.severities))
            charts.append((format_name(axis.name), _describe_shapes(lines), panel))
    return charts


def _build_axis_lines(task_suite: TaskSuite, axis: AxisInfo) -> list[SeverityLine]:
    """Build a line for each policy that the axis can affect."""
    lines = []
    for policy in task_suite.policies_with_outcome:
        if task_suite.is_relevant(axis.name, policy):
            points = [(0, estimate_success(task_suite.get_nominal_episodes(policy)))]
            for severity in axis.severities:
                points.append((severity, estimate_success(task_suite.get_episodes(policy, axis.name, severity))))
            lines.append(SeverityLine(policy, task_suite.policies[policy], tuple(points)))
    return lines


def _describe_shapes(lines: Sequence[SeverityLine]) -> str:
    """Name the shape of each curve, with the policy if there are several."""
    shapes = []
    for line in lines:
        points = [(severity, estimate.value) for severity, estimate in line.points if estimate.value is not None]
        if len(points) > 1 and points[0][0] == 0:
            shapes.append(f"{line.policy} {classify_curve(points)}" if len(lines) > 1 else classify_curve(points))
    return ", ".join(shapes)


def draw_distribution_charts(task_suite: TaskSuite) -> list[tuple[str, Markup]]:
    """Draw the distributions of time to success and peak force over episodes."""
    times = _collect_distributions(task_suite, lambda e: e.time_to_success)
    forces = _collect_distributions(task_suite, METRICS_BY_NAME[task_suite.force_metric].measure)
    contact, limit = format_contact(task_suite.contact_pair), task_suite.limits.get(task_suite.contact_pair)
    charts = [
        ("Time to success, s", draw_distributions(f"Time to success, {task_suite.task}", "s", times)),
        (
            _format_force_caption(task_suite),
            draw_distributions(f"Peak force {contact}, {task_suite.task}", "N", forces, limit),
        ),
    ]
    return [(caption, chart) for caption, chart in charts if chart]


def _collect_distributions(task_suite: TaskSuite, measure: MeasureFunction) -> list[Distribution]:
    return [
        Distribution(
            policy,
            color,
            _collect_values(task_suite.get_nominal_episodes(policy), measure),
            _collect_values(task_suite.get_perturbed_episodes(policy), measure),
        )
        for policy, color in task_suite.policies.items()
    ]


def _collect_values(records: Sequence[EpisodeRecord], measure: MeasureFunction) -> NDArray[np.float64]:
    return np.array([value for record in records if (value := measure(record)) is not None], dtype=float)
