"""The command `mygym-lite`: parses, calls the library and prints, a file a command."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, NoReturn

from mygym_lite.cli import (
    bench,
    compare,
    completion,
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
from mygym_lite.cli.output import claim_streams
from mygym_lite.cli.termination import handle_sigterm
from mygym_lite.errors import MyGymError, PhysicsError, UsageError, WorkerError, suggest
from mygym_lite.text import escape_control_characters, join_lines

COMMANDS = {
    "list": listing, "show": show, "watch": watch, "picture": picture, "evaluate": evaluate, "report": report,
    "compare": compare, "replay": replay, "dataset": dataset, "record": record, "train": train,
    "evaluate-perception": evaluate_perception, "serve": serve, "study": study, "doctor": doctor, "bench": bench,
    "completion": completion,
}  # fmt: skip
DONE, FAILED, USAGE_ERROR = 0, 1, 2
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143  # as a shell reports the signals


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")

    def parse_known_args(  # type: ignore[override]
        self, args: Any = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:  # fmt: skip
        """Parse, and refuse an unknown option here, where it is known which command it was meant for."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            options = [word for word in unknown if word.startswith("--")]
            hint = suggest(options[0].partition("=")[0], self._option_string_actions) if options else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return parsed, unknown


class _Version(argparse.Action):
    """Prints the installed version; looking it up takes time, so it waits until it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from mygym_lite.provenance import read_version

        print(f"mygym-lite {read_version('mygym_lite') or 'imported from its folder, not installed'}")
        parser.exit()


def main() -> int:
    """Run the command that the arguments name, and return its exit code."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # where people keep the module of their own policy or term
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
        return FAILED if isinstance(error, PhysicsError | WorkerError) else USAGE_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return PIPE_CLOSED
    except OSError as error:
        place = error.filename or "output"
        print(escape_control_characters(f"mygym-lite: {place}: {error.strerror or error}"), file=sys.stderr)
        return FAILED


def _parse(words: list[str]) -> argparse.Namespace:
    command = next((word for word in words if not word.startswith("-")), "list")
    if command not in COMMANDS:
        raise UsageError(f"no command '{command}'{suggest(command, COMMANDS)}; see mygym-lite --help")
    return build_parser().parse_args(words)


def build_parser() -> argparse.ArgumentParser:
    """What may be written on the command line."""
    top = _Parser(prog="mygym-lite", description="A robot manipulation benchmark on PyBullet.", allow_abbrev=False)
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, module in COMMANDS.items():
        about = str(module.__doc__).strip().splitlines()[0]
        module.configure(commands.add_parser(name, help=about, description=about, allow_abbrev=False))
    return top
