"""Print a script for Tab completion of commands, options and names in bash, zsh or fish."""

from __future__ import annotations

import argparse
from typing import TextIO

from mygym_lite.cli.options import Choice

_SHELLS = ("bash", "zsh", "fish")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the name of the shell."""
    about = "for example: source <(mygym-lite completion bash), or: mygym-lite completion fish | source"
    parser.add_argument("shell", metavar="|".join(_SHELLS), type=Choice(_SHELLS), help=about)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the script."""
    from mygym_lite.cli import build_parser, completion_scripts
    from mygym_lite.cli.completion_words import iterate_commands

    commands = iterate_commands(build_parser())
    out.write(getattr(completion_scripts, f"format_{arguments.shell}")(commands))
    return 0
