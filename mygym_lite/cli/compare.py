"""Compare two runs, or the policies of one run, by paired episodes on the same seeds."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_json
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.harness.compare import Comparison
    from mygym_lite.harness.paired_comparison import PairedComparison
    from mygym_lite.stats import Estimate

Formatter = Callable[[float], str]
_HEAD = ("task", "axis", "severity", "pairs", "success a", "success b", "b - a", "95% interval", "p", "p (Holm)")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the runs."""
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="folder of one run, or of two runs: reference and candidate"
    )
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print a table of conditions and a summary for every pair of policies on a task."""
    comparisons = _compare(arguments.runs)
    if arguments.json:
        write_json(out, [comparison.to_dict() for comparison in comparisons])
        return 0
    for comparison in comparisons:
        a, b = _name_sides(arguments.runs, comparison)
        print(f"{comparison.task} ({comparison.suite}): a is {a}, b is {b}", file=out)
        if comparison.conditions:
            write_table(out, _HEAD, map(_make_row, comparison.conditions))
        print("\n".join([*_format_errors(a, b, comparison), _format_summary(a, b, comparison)]), end="\n\n", file=out)
    return 0


def _compare(folders: Sequence[Path]) -> list[Comparison]:
    from mygym_lite.harness.compare import compare_policies, compare_runs
    from mygym_lite.harness.relevant_axes import read_irrelevant_axes
    from mygym_lite.harness.run_folder import RunFolder

    runs = [RunFolder.open(folder) for folder in folders]
    if len(runs) == 2:
        return compare_runs(*runs)
    if len(runs) > 2:
        raise UsageError(f"expected one or two runs, got {len(runs)}; name two, or one with several policies")
    comparisons = compare_policies(runs[0].read_records(), read_irrelevant_axes(runs[0].manifest))
    if not comparisons:
        raise UsageError(f"{folders[0]}: has only one policy; name a second run to compare it with")
    return comparisons


def _name_sides(folders: Sequence[Path], comparison: Comparison) -> tuple[str, str]:
    """Return a name for each side, with its folder if both policies have the same label."""
    if comparison.reference != comparison.policy:
        return comparison.reference, comparison.policy
    return f"{comparison.reference} in {folders[0]}", f"{comparison.policy} in {folders[1]}"


def _make_row(row: PairedComparison) -> tuple[object, ...]:
    interval = _format_interval(row.difference, "{:+.2f}".format)
    return (
        row.task,
        row.axis,
        row.severity,
        row.pairs,
        row.reference_rate,
        row.rate,
        row.difference.value,
        interval,
        f"{row.p:.2g}",
        f"{row.p_holm:.2g}",
    )


def _format_summary(a: str, b: str, comparison: Comparison) -> str:
    """Summarize the differences over all conditions, with 95% intervals over seeds."""
    if not comparison.comparable:
        return f"{b} and {a} cannot be compared on {comparison.task}: at least one of them failed in every episode."
    return (
        f"On {comparison.task}, {b} against {a}: success {_format_estimate(comparison.success, _format_points)}; "
        f"{_format_progress(comparison.progress)}"
        f"time to success {_format_estimate(comparison.time_to_success, _format_seconds)}; "
        f"peak force of the hand {_format_estimate(comparison.peak_hand_force, _format_newtons)}; "
        f"higher return in {_format_estimate(comparison.improvement, _format_share)} of episodes "
        f"({comparison.pairs} pairs of episodes on {comparison.seeds} seeds){_format_axes(comparison)}."
    )


def _format_progress(progress: Estimate) -> str:
    """Format the difference in the share of stages reached; empty for a task without stages."""
    return "" if progress.value is None else f"stages reached {_format_estimate(progress, _format_points)}; "


def _format_errors(a: str, b: str, comparison: Comparison) -> list[str]:
    sides = ((a, comparison.reference_errors), (b, comparison.errors))
    return [f"{name}: {error.sentence}" for name, errors in sides for error in errors]


def _format_axes(comparison: Comparison) -> str:
    """Name the axes of the summary if some can affect only one of the policies."""
    if not comparison.other_axes:
        return ""
    count = len(comparison.shared_axes)
    shared = f"the {count} {'axis that affects' if count == 1 else 'axes that affect'} both"
    return f", over {shared}, excluding {', '.join(comparison.other_axes)}"


def _format_estimate(estimate: Estimate, format_value: Formatter) -> str:
    if estimate.value is None:
        return "not comparable"
    interval = _format_interval(estimate, format_value)
    return f"{format_value(estimate.value)} [{interval}]" if interval else format_value(estimate.value)


def _format_interval(estimate: Estimate, format_value: Formatter) -> str | None:
    if estimate.low is None or estimate.high is None:
        return None
    return f"{format_value(estimate.low)} to {format_value(estimate.high)}"


def _format_points(difference: float) -> str:
    return f"{100 * difference:+.1f} points"


def _format_seconds(difference: float) -> str:
    return f"{difference:+.2f} s"


def _format_newtons(difference: float) -> str:
    return f"{difference:+.1f} N"


def _format_share(share: float) -> str:
    return f"{share:.0%}"
