"""Commands with subcommands: ``train imitate``, ``study baselines`` and their siblings."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from mygym_lite.cli import (
    study_adaptation,
    study_baselines,
    study_difficulty,
    study_expert,
    study_randomization,
    study_worst_case,
    train_baselines,
    train_imitate,
    train_perception,
    train_reinforce,
)


@dataclass(frozen=True)
class CommandGroup:
    """A command whose first argument names a subcommand with options of its own.

    Args:
        about: Help text.
        commands: Modules of the subcommands by name.
    """

    about: str
    commands: Mapping[str, Any]

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the subcommands to the parser of the group."""
        add_commands(parser.add_subparsers(dest="what", required=True, metavar="|".join(self.commands)), self.commands)

    def run(self, arguments: argparse.Namespace, out: TextIO) -> int:
        """Run the subcommand that the arguments name."""
        code: int = self.commands[arguments.what].run(arguments, out)
        return code


def add_commands(subparsers: Any, commands: Mapping[str, Any]) -> None:
    """Add a parser for each command, with the first line of its docstring, or the text of a group, as help."""
    for name, command in commands.items():
        about = getattr(command, "about", None) or str(command.__doc__).strip().splitlines()[0]
        command.configure(subparsers.add_parser(name, help=about, description=about, allow_abbrev=False))


TRAIN = CommandGroup(
    "Train a model: `train perception --data DIR`, `train imitate TASK`, `train reinforce TASK`, `train baselines`.",
    {
        "perception": train_perception,
        "imitate": train_imitate,
        "reinforce": train_reinforce,
        "baselines": train_baselines,
    },
)
STUDY = CommandGroup(
    "Run a study: `study randomization TASK`, `study adaptation TASK`, `study baselines` and others.",
    {
        "randomization": study_randomization,
        "adaptation": study_adaptation,
        "baselines": study_baselines,
        "difficulty": study_difficulty,
        "expert": study_expert,
        "worst_case": study_worst_case,
    },
)
