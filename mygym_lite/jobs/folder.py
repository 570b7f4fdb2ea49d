"""A folder that a card describes: made new, or gone on with if it is of the same thing, by one process at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.errors import UsageError
from mygym_lite.files import locked, wait_until_alone, write_text
from mygym_lite.fingerprint import differences
from mygym_lite.schema import parse_json

_SHOWN = 3  # differences that a message names
Card = dict[str, Any]


@dataclass(frozen=True)
class Carded:
    """A kind of such folders.

    Args:
        card: The file that describes what is in a folder.
        program: What that file says has written it.
        thing: What such a folder is, in messages.
        parts: The folder of the parts that are finished, in it.
        kept: What the card of whoever began it keeps.
    """

    card: str
    program: str
    thing: str
    parts: str
    kept: tuple[str, ...]

    @contextmanager
    def begun(self, folder: Path, card: Card, deciding: tuple[str, ...]) -> Iterator[Card]:
        """A folder that nobody else writes to, with the card of what will be in it.

        Raises:
            UsageError: It holds something else, or somebody is writing to it.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error
        with locked(folder, f"another process is making this {self.thing}; wait for its end"):
            if self.is_there(folder):
                before = self.read(folder)
                self._refuse_other(folder, differences(before, card, deciding))
                card = card | {key: before[key] for key in self.kept if key in before}
            elif any(folder.iterdir()):
                raise UsageError(f"{folder}: is not empty and holds no {self.thing}; give an --out that is new")
            else:
                self.write(folder, card)
            (folder / self.parts).mkdir(exist_ok=True)
            wait_until_alone(folder / self.parts)
            yield card

    def is_there(self, folder: Path) -> bool:
        """Whether one has been begun in a folder."""
        return (folder / self.card).exists()

    def read(self, folder: Path) -> Card:
        """The card.

        Raises:
            UsageError: There is none.
        """
        file = folder / self.card
        try:
            card = parse_json(file.read_text(encoding="utf-8"))
            if not isinstance(card, dict) or card.get("program") != self.program:
                raise ValueError("it is of something else")
        except OSError as error:
            raise UsageError(
                f"{folder}: holds no {self.thing} ({self.card}: {error.strerror}); name the --out of one"
            ) from error
        except ValueError as error:
            raise UsageError(
                f"{file}: is not the card of a {self.thing} ({error}); give an --out that is new"
            ) from error
        return card

    def write(self, folder: Path, card: Card) -> None:
        """Write the card, whole."""
        write_text(folder / self.card, json.dumps(card, indent=1) + "\n")

    def _refuse_other(self, folder: Path, changed: list[str]) -> None:
        if changed:
            more = f"; and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
            raise UsageError(
                f"{folder}: holds another {self.thing}: {'; '.join(changed[:_SHOWN])}{more}; give a new --out"
            )
