"""Write a report of one or several runs as one HTML page and as Markdown."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_clips, add_out, make_folder, record_clips
from mygym_lite.errors import UsageError
from mygym_lite.files import write_text

if TYPE_CHECKING:
    from mygym_lite.rollout.record import EpisodeRecord


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the runs and the folder of the report."""
    runs = "folder of a run; several runs are compared side by side"
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help=runs)
    add_out(parser, "folder of report.html and report.md (default: the first RUN)")
    add_clips(parser, 0)
    eval_info = "also write the results of one policy of the first RUN in the layout of LeRobot's eval_info.json"
    parser.add_argument("--eval-info", type=Path, metavar="FILE", help=eval_info)
    parser.add_argument("--policy", metavar="P", help="name of this policy in the run (default: the only one)")
    code = "import the code that a run names (module:function, .zip) to record its clips"
    parser.add_argument("--allow-code", action="store_true", help=code)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Write the report and print its path."""
    from mygym_lite.harness.report import write_report
    from mygym_lite.harness.run_folder import RunFolder

    if arguments.policy is not None and arguments.eval_info is None:
        raise UsageError("--policy: names the policy of --eval-info, which is missing; add it, or leave --policy out")
    runs = [RunFolder.open(folder) for folder in dict.fromkeys(arguments.runs)]
    folder = arguments.out or arguments.runs[0]
    make_folder(folder)
    if arguments.eval_info is not None:
        _write_eval_info(arguments.eval_info, runs[0].read_records(), arguments.policy)
    print(write_report(runs, folder, record_clips(runs, arguments.clips, arguments.allow_code)), file=out)
    return 0


def _write_eval_info(file: Path, records: Sequence[EpisodeRecord], policy: str | None) -> None:
    from mygym_lite.interop.eval_info import build_eval_info

    make_folder(file.parent)
    write_text(file, json.dumps(build_eval_info(records, policy), indent=2) + "\n")
