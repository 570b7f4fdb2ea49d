"""Which levels of a suite bite: success of a policy over every axis and level, `study severity TASK`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_json, add_seed, make_integer_parser
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.cli.progress import EvaluationProgress
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.studies.severity import SeverityCurve


def configure(parser: argparse.ArgumentParser) -> None:
    """What is studied, with whom."""
    parser.add_argument("task", metavar="TASK", help="a shipped task, or the path of a task file")
    parser.add_argument("--policy", metavar="P", default="expert", help="expert (default), random or module:function")
    parser.add_argument("--suite", metavar="S", default="sim2real", help="a shipped suite or the path of a suite file")
    parser.add_argument(
        "--episodes", type=make_integer_parser(1), default=20, metavar="N", help="of each level, 20 by default"
    )
    parser.add_argument(
        "--workers", type=make_integer_parser(1), default=2, metavar="N", help="processes, 2 by default"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where severity.json and severity.svg are written")
    add_seed(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print one line an axis, and write the files."""
    from mygym_lite.studies.severity import study_severity

    if arguments.out is not None:
        _make_folder(arguments.out)
    progress = EvaluationProgress(sys.stderr)
    curves = study_severity(
        arguments.task,
        arguments.policy,
        arguments.suite,
        arguments.episodes,
        seed=arguments.seed,
        workers=arguments.workers,
        progress=progress,
        on_record=progress.on_record,
    )
    rows: list[dict[str, object]] = [
        {"axis": c.axis, "group": c.group, "shape": c.shape, "points": [asdict(x) for x in c.points]} for c in curves
    ]
    if arguments.out is not None:
        _write(arguments, curves, rows)
    if arguments.json:
        write_json(out, rows)
    else:
        levels = range(1 + max((cell.severity for curve in curves for cell in curve.points), default=0))
        head = ["group", "axis", *map(str, levels), "verdict"]
        write_table(out, head, [_line(curve, levels) for curve in curves])
    return 0


def _line(curve: SeverityCurve, levels: range) -> list[object]:
    rates = {cell.severity: f"{cell.rate:.0%}" for cell in curve.points}
    return [curve.group, curve.axis, *(rates.get(level) for level in levels), curve.shape]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error


def _write(arguments: argparse.Namespace, curves: list[SeverityCurve], rows: list[dict[str, object]]) -> None:
    from mygym_lite.files import write_text
    from mygym_lite.studies.severity_chart import draw_severity_chart

    title = f"{arguments.policy} on {arguments.task}, {arguments.suite}"
    note = (f"success over severity, {arguments.episodes} episodes a level from seed {arguments.seed}, "
            "95% Wilson intervals; level 0 is nominal")  # fmt: skip
    write_text(arguments.out / "severity.svg", draw_severity_chart(title, note, curves))
    with (arguments.out / "severity.json").open("w", encoding="utf-8") as file:
        write_json(file, rows)
    print(f"written: {arguments.out / 'severity.json'}, {arguments.out / 'severity.svg'}", file=sys.stderr)
