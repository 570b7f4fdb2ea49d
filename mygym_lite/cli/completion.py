"""Print what makes a shell complete commands, options and names when Tab is pressed: bash, zsh or fish."""

from __future__ import annotations

import argparse
from typing import TextIO

from mygym_lite.cli.options import make_choice

_SHELLS = ("bash", "zsh", "fish")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the name of the shell."""
    parser.add_argument(
        "shell", metavar="|".join(_SHELLS), type=make_choice(_SHELLS),
        help="for example: source <(mygym-lite completion bash), or: mygym-lite completion fish | source",
    )  # fmt: skip


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the script."""
    from mygym_lite.cli import build_parser, completion_scripts
    from mygym_lite.cli.completion_words import iterate_commands

    out.write(getattr(completion_scripts, arguments.shell)(iterate_commands(build_parser())))
    return 0
