"""Options that take several values: `--policy expert random` and `--policy expert --policy random` are the same."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any


class _Accumulate(argparse.Action):
    """Action that appends the values of a repeated option; its first values replace the default."""

    def __call__(self, _: object, namespace: argparse.Namespace, values: Any, *__: object) -> None:
        earlier = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*(() if earlier is self.default else earlier), *values])


def add_values(
    parser: argparse._ActionsContainer,
    option: str,
    help: str,
    metavar: str,
    default: Sequence[Any] | None = (),
    type: Callable[[str], Any] = str,
    dest: str | None = None,
    required: bool = False,
) -> None:
    """Add an option that takes one or more values, and that accumulates them when it is repeated."""
    named = {} if dest is None else {"dest": dest}
    parser.add_argument(
        option,
        action=_Accumulate,
        nargs="+",
        type=type,
        default=default if default is None else list(default),
        required=required,
        metavar=metavar,
        help=help,
        **named,
    )
