"""Print what makes a shell complete commands, options and names when Tab is pressed: bash, zsh or fish."""

from __future__ import annotations

import argparse
from typing import TextIO

from mygym_lite.cli.options import one_of

_SHELLS = ("bash", "zsh", "fish")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the name of the shell."""
    parser.add_argument(
        "shell", metavar="|".join(_SHELLS), type=one_of(_SHELLS),
        help="for example: source <(mygym-lite completion bash), or: mygym-lite completion fish | source",
    )  # fmt: skip


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the script."""
    from mygym_lite.cli import completion_scripts, parser
    from mygym_lite.cli.completion_words import commands_of

    out.write(getattr(completion_scripts, arguments.shell)(commands_of(parser())))
    return 0
