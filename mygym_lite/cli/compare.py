"""Compare two runs, or the policies of one, episode by episode on the same seeds."""

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

Words = Callable[[float], str]
_HEAD = ("task", "axis", "severity", "pairs", "rate a", "rate b", "b - a", "95% interval", "p", "p Holm")


def configure(parser: argparse.ArgumentParser) -> None:
    """Which runs."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="one run's folder, or two: before and after")
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print a table of conditions and a sentence for every two policies on a task."""
    comparisons = _comparisons(arguments.runs)
    if arguments.json:
        write_json(out, [comparison.to_dict() for comparison in comparisons])
        return 0
    for comparison in comparisons:
        a, b = _names(arguments.runs, comparison)
        print(f"{comparison.task} ({comparison.suite}): a is {a}, b is {b}", file=out)
        if comparison.conditions:
            write_table(out, _HEAD, map(_line, comparison.conditions))
        print("\n".join([*_errors(a, b, comparison), _sentence(a, b, comparison)]), end="\n\n", file=out)
    return 0


def _comparisons(folders: Sequence[Path]) -> list[Comparison]:
    from mygym_lite.harness.compare import compare_policies, compare_runs
    from mygym_lite.harness.relevant_axes import read_irrelevant_axes
    from mygym_lite.harness.run_folder import RunFolder

    runs = [RunFolder.open(folder) for folder in folders]
    if len(runs) == 2:
        return compare_runs(*runs)
    if len(runs) > 2:
        raise UsageError(f"{len(runs)} runs cannot be paired; name two, or one with several policies")
    if not (found := compare_policies(runs[0].read_records(), read_irrelevant_axes(runs[0].manifest))):
        raise UsageError(f"{folders[0]}: has one policy alone; name a second run to compare it with")
    return found


def _names(folders: Sequence[Path], comparison: Comparison) -> tuple[str, str]:
    """What the sides are called: by the folder where both policies have one label."""
    if comparison.reference != comparison.policy:
        return comparison.reference, comparison.policy
    return f"{comparison.reference} of {folders[0]}", f"{comparison.policy} of {folders[1]}"


def _line(row: PairedComparison) -> tuple[object, ...]:
    interval = _range(row.difference, "{:+.2f}".format)
    return (
        row.task, row.axis, row.severity, row.pairs, row.reference_rate, row.rate, row.difference.value, interval,
        f"{row.p:.2g}", f"{row.p_holm:.2g}",
    )  # fmt: skip


def _sentence(a: str, b: str, comparison: Comparison) -> str:
    """What it comes to over all conditions together, with 95% intervals over seeds."""
    if not comparison.comparable:
        return f"On {comparison.task}, {b} and {a} are not compared: there is no result of a policy that never acted."
    return (
        f"On {comparison.task}, {b} against {a}: success {_told(comparison.success, _points)}; "
        f"time to success {_told(comparison.time_to_success, _seconds)}; "
        f"peak force of the hand {_told(comparison.peak_hand_force, _newtons)}; "
        f"more reward in {_told(comparison.improvement, _share)} of episodes "
        f"({comparison.pairs} pairs of episodes on {comparison.seeds} seeds){_axes(comparison)}."
    )


def _errors(a: str, b: str, comparison: Comparison) -> list[str]:
    sides = ((a, comparison.reference_errors), (b, comparison.errors))
    return [f"{name}: {found.sentence}" for name, errors in sides for found in errors]


def _axes(comparison: Comparison) -> str:
    """Over which axes, where some do not reach both."""
    if not comparison.other_axes:
        return ""
    count = len(comparison.shared_axes)
    over = f"the {count} {'axis' if count == 1 else 'axes'} that reach{'es' if count == 1 else ''} both"
    return f", over {over} and not over {', '.join(comparison.other_axes)}"


def _told(estimate: Estimate, words: Words) -> str:
    if estimate.value is None:
        return "not to be compared"
    interval = _range(estimate, words)
    return f"{words(estimate.value)} [{interval}]" if interval else words(estimate.value)


def _range(estimate: Estimate, words: Words) -> str | None:
    if estimate.low is None or estimate.high is None:
        return None
    return f"{words(estimate.low)} to {words(estimate.high)}"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f} points"


def _seconds(difference: float) -> str:
    return f"{difference:+.2f} s"


def _newtons(difference: float) -> str:
    return f"{difference:+.1f} N"


def _share(share: float) -> str:
    return f"{share:.0%}"
