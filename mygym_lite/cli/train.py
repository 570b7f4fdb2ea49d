"""Train what learns: `train perception --data DIR`, `train imitate TASK`, `train reinforce TASK`."""

from __future__ import annotations

import argparse
from typing import TextIO

from mygym_lite.cli import train_imitate, train_perception, train_reinforce

KINDS = {"perception": train_perception, "imitate": train_imitate, "reinforce": train_reinforce}


def configure(parser: argparse.ArgumentParser) -> None:
    """What is trained; each kind has options of its own."""
    kinds = parser.add_subparsers(dest="what", required=True, metavar="|".join(KINDS))
    for name, module in KINDS.items():
        about = str(module.__doc__).strip().splitlines()[0]
        module.configure(kinds.add_parser(name, help=about, description=about, allow_abbrev=False))


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Train, and say what came of it."""
    code: int = KINDS[arguments.what].run(arguments, out)
    return code
