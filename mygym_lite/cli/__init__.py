"""The command `mygym-lite`: parses, calls the library and prints, a file a command."""

from __future__ import annotations

import argparse
import os
import sys
from typing import NoReturn

from mygym_lite.cli import (
    bench,
    compare,
    dataset,
    doctor,
    evaluate,
    evaluate_perception,
    listing,
    picture,
    record,
    replay,
    report,
    serve,
    show,
    study,
    train,
    watch,
)
from mygym_lite.cli.output import claimed_streams
from mygym_lite.errors import MyGymError, PhysicsError, UsageError, WorkerError, nearest
from mygym_lite.text import one_line, printable

COMMANDS = {
    "list": listing, "show": show, "watch": watch, "picture": picture, "evaluate": evaluate, "report": report,
    "compare": compare, "replay": replay, "dataset": dataset, "record": record, "train": train,
    "evaluate-perception": evaluate_perception, "serve": serve, "study": study, "doctor": doctor, "bench": bench,
}  # fmt: skip
DONE, FAILED, MISTAKE, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141  # the last two as a shell reports the signals


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def main() -> int:
    """Run the command that the arguments name, and return its exit code."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # where people keep the module of their own policy or term
    try:
        arguments = _parse(sys.argv[1:])
        with claimed_streams(native=getattr(arguments, "gui", False)) as out:
            code: int = COMMANDS[arguments.command].run(arguments, out)
            out.flush()
        return code
    except MyGymError as error:
        print("mygym-lite:", printable(one_line(str(error))), file=sys.stderr)
        return FAILED if isinstance(error, PhysicsError | WorkerError) else MISTAKE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return PIPE_CLOSED
    except OSError as error:
        place = error.filename or "output"
        print(printable(f"mygym-lite: {place}: {error.strerror or error}"), file=sys.stderr)
        return FAILED


def _parse(words: list[str]) -> argparse.Namespace:
    command = next((word for word in words if not word.startswith("-")), "list")
    if command not in COMMANDS:
        raise UsageError(f"no command '{command}'{nearest(command, COMMANDS)}")
    return parser().parse_args(words)


def parser() -> argparse.ArgumentParser:
    """What may be written on the command line."""
    top = _Parser(prog="mygym-lite", description="A robot manipulation benchmark on PyBullet.", allow_abbrev=False)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, module in COMMANDS.items():
        about = str(module.__doc__).strip().splitlines()[0]
        module.configure(commands.add_parser(name, help=about, description=about, allow_abbrev=False))
    return top
