"""The command `mygym-lite`: parse arguments, call the library, print the result.

One module per command: ``configure`` adds its arguments, ``run`` executes it and returns the exit code, and the first
line of its docstring is its help text. Library modules are imported inside ``run``, so that ``--help`` is fast.

options: arguments shared by several commands.      groups: `train` and `study`, whose subcommands are modules too.
output: JSON and tables.                            progress: progress lines on standard error.
describe: the rows of `show`.                       fields, reference: the page of `list fields`.
termination: SIGTERM.                               completion_words: the words of `completion`.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, NoReturn

from mygym_lite.cli import (
    bench,
    check,
    compare,
    completion,
    dataset,
    doctor,
    evaluate,
    evaluate_perception,
    export,
    fidelity,
    gate,
    groups,
    identify,
    leaderboard,
    listing,
    picture,
    record,
    replay,
    report,
    serve,
    show,
    watch,
)
from mygym_lite.cli.output import claim_streams
from mygym_lite.cli.termination import handle_sigterm
from mygym_lite.errors import MyGymError, PhysicsError, UsageError, WorkerError, suggest
from mygym_lite.text import escape_control_characters, join_lines

COMMANDS: dict[str, Any] = {
    "list": listing,
    "show": show,
    "watch": watch,
    "picture": picture,
    "evaluate": evaluate,
    "report": report,
    "compare": compare,
    "gate": gate,
    "check": check,
    "fidelity": fidelity,
    "leaderboard": leaderboard,
    "replay": replay,
    "dataset": dataset,
    "record": record,
    "train": groups.TRAIN,
    "evaluate-perception": evaluate_perception,
    "serve": serve,
    "export": export,
    "study": groups.STUDY,
    "identify": identify,
    "doctor": doctor,
    "bench": bench,
    "completion": completion,
}
SUCCESS, FAILURE, USAGE_ERROR = 0, 1, 2
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143  # 128 + the signal, as shells report it


class _Parser(argparse.ArgumentParser):
    """Parser that reports a usage error in one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")

    def parse_known_args(  # type: ignore[override]
        self, args: Any = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, and refuse unknown options here, where the options of the subcommand are known."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            options = [word for word in unknown if word.startswith("--")]
            hint = suggest(options[0].partition("=")[0], self._option_string_actions) if options else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return parsed, unknown


class _Version(argparse.Action):
    """Action that prints the installed version; the slow lookup runs only on request."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from mygym_lite.provenance import read_version

        print(f"mygym-lite {read_version('mygym_lite') or '(imported from its folder, not installed)'}")
        parser.exit()


def main() -> int:
    """Run the command that the arguments name, and return its exit code."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # modules with the user's own policies and terms
    with handle_sigterm() as termination:
        code = _run(sys.argv[1:])
    return TERMINATED if termination.requested else code


def _run(words: list[str]) -> int:
    try:
        arguments = _parse(words)
        with claim_streams(native=getattr(arguments, "gui", False)) as out:
            code: int = COMMANDS[arguments.command].run(arguments, out)
            out.flush()
        return code
    except MyGymError as error:
        print("mygym-lite:", escape_control_characters(join_lines(str(error))), file=sys.stderr)
        return FAILURE if isinstance(error, PhysicsError | WorkerError) else USAGE_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return PIPE_CLOSED
    except OSError as error:
        message = f"mygym-lite: {error.filename or 'output'}: {error.strerror or error}"
        print(escape_control_characters(message), file=sys.stderr)
        return FAILURE


def _parse(words: list[str]) -> argparse.Namespace:
    command = next((word for word in words if not word.startswith("-")), "list")
    if command not in COMMANDS:
        raise UsageError(f"no command '{command}'{suggest(command, COMMANDS)}; see mygym-lite --help")
    return build_parser().parse_args(words)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the whole command line."""
    parser = _Parser(
        prog="mygym-lite", description="A robot manipulation benchmark on PyBullet and MuJoCo.", allow_abbrev=False
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    groups.add_commands(subparsers, COMMANDS)
    return parser
