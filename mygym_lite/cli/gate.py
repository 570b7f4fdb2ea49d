"""Decide whether a run is better than, worse than, or the same as a baseline, with an exit code for automation."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import get_width, write_json

_PASSED, _WORSE, _TOO_FEW = 0, 3, 4  # 1 and 2 are failures and usage errors of any command


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the runs, the margin, the score and the files of the result."""
    parser.epilog = (
        f"Exit codes: {_PASSED} better or the same, {_WORSE} worse, {_TOO_FEW} too few episodes, "
        "2 the runs cannot be compared."
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of the candidate's run")
    against = "folder of the baseline's run, with the same tasks, suite and seed"
    parser.add_argument("--against", type=Path, required=True, metavar="BASELINE", help=against)
    margin = "size of a difference that does not matter, in points (default 5)"
    parser.add_argument("--margin", type=options.parse_positive, metavar="POINTS", help=margin)
    score = "success (default), or progress: the share of the stages that an episode reached"
    parser.add_argument("--score", metavar="SCORE", help=score)
    confidence = "confidence level of all outcomes together (default 0.95)"
    parser.add_argument("--confidence", type=options.parse_fraction, metavar="LEVEL", help=confidence)
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the result as JUnit XML")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the result as Markdown")
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the outcomes, write the files, and return the exit code of the outcome."""
    from mygym_lite.files import write_text
    from mygym_lite.harness.gate.decision import Outcome
    from mygym_lite.harness.gate.formats import format_junit, format_markdown, format_text
    from mygym_lite.harness.gate.gate import gate

    margin = {} if arguments.margin is None else {"margin": arguments.margin / 100.0}
    given = options.get_given(arguments, "score", "confidence")
    result = gate(arguments.run, arguments.against, **given, **margin)
    if arguments.junit is not None:
        write_text(arguments.junit, format_junit(result))
    if arguments.markdown is not None:
        write_text(arguments.markdown, format_markdown(result))
    if arguments.json:
        write_json(out, result.to_dict())
    else:
        out.write(format_text(result, get_width(out)))
    return _TOO_FEW if result.outcome is Outcome.TOO_FEW else _WORSE if result.outcome is Outcome.WORSE else _PASSED
