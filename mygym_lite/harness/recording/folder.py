"""The folder of a recording: made new, or gone on with if it is the same recording, by one process at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mygym_lite.errors import UsageError
from mygym_lite.harness.locked import locked, wait_until_alone
from mygym_lite.harness.manifest import differences
from mygym_lite.harness.recording.block import FOLDER
from mygym_lite.harness.written import write_text

CARD = "demonstrations.json"
PROGRAM = "mygym_lite record"
_SHOWN = 3  # differences that a message names
_KEPT = ("git", "finished", "files", "tried")  # of whoever began it
Card = dict[str, Any]


@contextmanager
def begun(folder: Path, card: Card, deciding: tuple[str, ...]) -> Iterator[Card]:
    """A folder that nobody else writes to, with the card of what will be in it.

    Raises:
        UsageError: It holds another recording or other things, or somebody is writing to it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error
    with locked(folder, "another process is recording here; wait for its end"):
        if is_there(folder):
            before = read_card(folder)
            _refuse_other(folder, differences(before, card, deciding))
            card = card | {key: before[key] for key in _KEPT if key in before}
        elif any(folder.iterdir()):
            raise UsageError(f"{folder}: is not empty and holds no demonstrations; give an --out that is new")
        else:
            write_card(folder, card)
        (folder / FOLDER).mkdir(exist_ok=True)
        wait_until_alone(folder / FOLDER)
        yield card


def is_there(folder: Path) -> bool:
    """Whether a recording has been begun in a folder."""
    return (folder / CARD).exists()


def read_card(folder: Path) -> Card:
    """What describes a recording."""
    file = folder / CARD
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(card, dict) or card.get("program") != PROGRAM:
            raise ValueError("it is of something else")
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: is not the card of a recording ({error}); give an --out that is new") from error
    return card


def write_card(folder: Path, card: Card) -> None:
    """Write it, whole."""
    write_text(folder / CARD, json.dumps(card, indent=1) + "\n")


def _refuse_other(folder: Path, changed: list[str]) -> None:
    if changed:
        more = f"; and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise UsageError(f"{folder}: holds another recording: {'; '.join(changed[:_SHOWN])}{more}; give a new --out")
