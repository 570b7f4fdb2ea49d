"""Study policies and what they are tested on: `study severity`, `study randomization`, `study baselines`."""

from __future__ import annotations

import argparse
from typing import TextIO

from mygym_lite.cli import study_baselines, study_randomization, study_severity

KINDS = {"severity": study_severity, "randomization": study_randomization, "baselines": study_baselines}


def configure(parser: argparse.ArgumentParser) -> None:
    """What is studied; each kind has options of its own."""
    kinds = parser.add_subparsers(dest="what", required=True, metavar="|".join(KINDS))
    for name, module in KINDS.items():
        about = str(module.__doc__).strip().splitlines()[0]
        module.configure(kinds.add_parser(name, help=about, description=about, allow_abbrev=False))


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Study, and say what came of it."""
    code: int = KINDS[arguments.what].run(arguments, out)
    return code
