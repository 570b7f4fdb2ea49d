"""Fit parameters of a task to recorded joint motions: `identify TASK --data FILE`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.value_lists import add_values
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.studies.identification.result import Identification

_HEAD = ("parameter", "declared", "fitted", "95% interval")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task, the data or the motion to record, and the parameters."""
    options.add_task(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    data = "CSV files of joint targets and measured positions, or demonstrations in Minari's format"
    add_values(source, "--data", data, "FILE", default=None, type=Path)
    excite = "play motions that show the parameters in this task, and record them to FILE.csv"
    source.add_argument("--excite", type=Path, metavar="FILE", help=excite)
    free = (
        "parameters to fit, with the ends of their search if not the default ones (default robot.time_constant, "
        "robot.damping, robot.friction, robot.torque_limit, actuation.delay)"
    )
    add_values(parser, "--free", free, "PATH[=LOW:HIGH]")
    seconds = "duration of the motions to record, or of the data to use (default 80)"
    parser.add_argument("--seconds", type=options.parse_positive, default=80.0, metavar="S", help=seconds)
    options.add_count(parser, "--starts", "starts of the fit: declared values, and random ones (default 3)", 3)
    resolution = "smallest difference of joint positions that the data show, rad (default 1e-5)"
    parser.add_argument("--resolution", type=options.parse_positive, default=1e-5, metavar="RAD", help=resolution)
    options.add_workers(parser)
    options.add_out(parser, "folder of the page, the numbers and identified.toml (default runs/TASK-identified)")
    options.add_settings(parser)
    options.add_seed(parser, "seed of the recorded motions, and of random starts (default 0)")
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Fit the parameters and print one line for each, or record motions."""
    progress = ProgressBars(sys.stderr)
    if arguments.excite is not None:
        return _record(arguments, out, progress)
    from mygym_lite.studies.identification.study import identify

    folder = arguments.out or Path("runs") / f"{Path(arguments.task).stem}-identified"
    with options.report_interrupt(progress, "interrupted; nothing was written"):
        result = identify(
            arguments.task,
            arguments.data,
            free=arguments.free,
            out=folder,
            settings=arguments.settings,
            seconds=arguments.seconds,
            starts=arguments.starts,
            resolution=arguments.resolution,
            seed=arguments.seed,
            workers=arguments.workers,
            progress=progress,
        )
    if arguments.json:
        write_json(out, {"folder": str(folder), **result.to_dict()})
    else:
        _write_summary(out, result, folder)
    return 0


def _record(arguments: argparse.Namespace, out: TextIO, progress: ProgressBars) -> int:
    from mygym_lite.studies.identification.excitation import excite

    if arguments.out is not None or arguments.free:
        raise UsageError("--excite records motions and fits nothing; leave --out and --free out")
    with options.report_interrupt(progress, "interrupted; nothing was written"):
        motions = excite(
            arguments.task,
            arguments.excite,
            seconds=arguments.seconds,
            settings=arguments.settings,
            seed=arguments.seed,
            progress=progress,
        )
    seconds = sum(motion.seconds for motion in motions)
    if arguments.json:
        write_json(out, {"file": str(arguments.excite), "motions": len(motions), "seconds": seconds})
    else:
        print(f"recorded: {len(motions)} motions, {seconds:g} s, in {arguments.excite}", file=out)
    return 0


def _write_summary(out: TextIO, result: Identification, folder: Path) -> None:
    from mygym_lite.studies.identification import text
    from mygym_lite.studies.identification.study import PRESET_FILE, REPORT_FILE

    rows = [
        (
            p.path,
            text.format_value(p.declared, p.unit),
            text.format_value(p.value, p.unit) if p.is_identifiable else None,
            text.format_interval(p),
        )
        for p in result.parameters
    ]
    write_table(out, _HEAD, rows)
    for name, misfit in (("fitted", result.fitted), ("held out", result.held_out)):
        before, after = text.format_milliradians(misfit.before), text.format_milliradians(misfit.after)
        print(f"{name}: {before} mrad RMS before, {after} after", file=out)
    for notice in text.build_notices(result):
        print(notice, file=out)
    if result.values:
        print(f"preset: {folder / PRESET_FILE}", file=out)
    print(f"report: {folder / REPORT_FILE}", file=out)
