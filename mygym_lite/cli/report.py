"""Write a report of one or several runs as one HTML page and as Markdown."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_clips, add_out, make_folder

if TYPE_CHECKING:
    from mygym_lite.harness.clips import Clips
    from mygym_lite.harness.run_folder import RunFolder


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the runs and the folder of the report."""
    runs = "folder of a run; several runs are compared side by side"
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help=runs)
    add_out(parser, "folder of report.html and report.md (default: the first RUN)")
    add_clips(parser, 0)
    code = "import the code that a run names (module:function, .zip) to record its clips"
    parser.add_argument("--allow-code", action="store_true", help=code)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Write the report and print its path."""
    from mygym_lite.harness.report import write_report
    from mygym_lite.harness.run_folder import RunFolder

    runs = [RunFolder.open(folder) for folder in dict.fromkeys(arguments.runs)]
    folder = arguments.out or arguments.runs[0]
    make_folder(folder)
    print(write_report(runs, folder, _record_clips(runs, arguments)), file=out)
    return 0


def _record_clips(runs: list[RunFolder], arguments: argparse.Namespace) -> Clips:
    if not arguments.clips:
        return {}
    from mygym_lite.harness.clips import film_episodes
    from mygym_lite.harness.report.worst_episodes import select_worst_episodes

    recording = film_episodes(select_worst_episodes(runs, arguments.clips), arguments.allow_code)
    for message in recording.messages:
        print(message, file=sys.stderr)
    return recording.clips
