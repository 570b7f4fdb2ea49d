"""Make one page of one or several runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import make_integer_parser
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.harness.clips import Clips
    from mygym_lite.harness.run_folder import RunFolder


def configure(parser: argparse.ArgumentParser) -> None:
    """Of what, and where to."""
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="folder of a run; several are shown side by side"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where report.html and report.md go, the first RUN by default"
    )
    parser.add_argument(
        "--clips",
        type=make_integer_parser(0),
        default=0,
        metavar="N",
        help="films of failures in the page, none by default",
    )
    parser.add_argument(
        "--allow-code", action="store_true", help="import the code that a run names (module:function, .zip) to film it"
    )


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Write the page and print where it is."""
    from mygym_lite.harness.report import write_report
    from mygym_lite.harness.run_folder import RunFolder

    runs = [RunFolder.open(folder) for folder in dict.fromkeys(arguments.runs)]
    folder = arguments.out or arguments.runs[0]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error
    print(write_report(runs, folder, _clips(runs, arguments)), file=out)
    return 0


def _clips(runs: list[RunFolder], arguments: argparse.Namespace) -> Clips:
    if not arguments.clips:
        return {}
    from mygym_lite.harness.clips import film_episodes
    from mygym_lite.harness.report.worst_episodes import select_worst_episodes

    filming = film_episodes(select_worst_episodes(runs, arguments.clips), arguments.allow_code)
    for line in filming.messages:
        print(line, file=sys.stderr)
    return filming.clips
