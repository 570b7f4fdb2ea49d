"""Write a report of one or several runs as one HTML page and as Markdown."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from mygym_lite.cli.options import add_clips, add_out, make_folder, record_clips


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
    print(write_report(runs, folder, record_clips(runs, arguments.clips, arguments.allow_code)), file=out)
    return 0
