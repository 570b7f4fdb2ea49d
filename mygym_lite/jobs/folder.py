"""A folder that a card describes: made new, or gone on with if it is of the same thing, by one process at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.errors import UsageError
from mygym_lite.files import lock_folder, wait_for_shared_locks, write_text
from mygym_lite.fingerprint import find_differences
from mygym_lite.schema import parse_json

_SHOWN = 3  # differences that a message names
Manifest = dict[str, Any]


@dataclass(frozen=True)
class JobFolder:
    """A kind of such folders.

    Args:
        manifest_name: The file that describes what is in a folder.
        program: What that file says has written it.
        noun: What such a folder is, in messages.
        parts: The folder of the parts that are finished, in it.
        kept_keys: What the card of whoever began it keeps.
    """

    manifest_name: str
    program: str
    noun: str
    parts: str
    kept_keys: tuple[str, ...]

    @contextmanager
    def open(self, folder: Path, manifest: Manifest, identity_keys: tuple[str, ...]) -> Iterator[Manifest]:
        """A folder that nobody else writes to, with the card of what will be in it.

        Raises:
            UsageError: It holds something else, or somebody is writing to it.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error
        with lock_folder(folder, f"another process is making this {self.noun}; wait for its end"):
            if self.exists(folder):
                before = self.read_manifest(folder)
                self._refuse_other(folder, find_differences(before, manifest, identity_keys))
                manifest = manifest | {key: before[key] for key in self.kept_keys if key in before}
            elif any(folder.iterdir()):
                raise UsageError(f"{folder}: is not empty and holds no {self.noun}; give an --out that is new")
            else:
                self.write_manifest(folder, manifest)
            (folder / self.parts).mkdir(exist_ok=True)
            wait_for_shared_locks(folder / self.parts)
            yield manifest

    def exists(self, folder: Path) -> bool:
        """Whether one has been begun in a folder."""
        return (folder / self.manifest_name).exists()

    def read_manifest(self, folder: Path) -> Manifest:
        """The card.

        Raises:
            UsageError: There is none.
        """
        file = folder / self.manifest_name
        try:
            card = parse_json(file.read_text(encoding="utf-8"))
            if not isinstance(card, dict) or card.get("program") != self.program:
                raise ValueError("it is of something else")
        except OSError as error:
            raise UsageError(
                f"{folder}: holds no {self.noun} ({self.manifest_name}: {error.strerror}); name the --out of one"
            ) from error
        except ValueError as error:
            raise UsageError(
                f"{file}: is not the card of a {self.noun} ({error}); give an --out that is new"
            ) from error
        return card

    def write_manifest(self, folder: Path, manifest: Manifest) -> None:
        """Write the card, whole."""
        write_text(folder / self.manifest_name, json.dumps(manifest, indent=1) + "\n")

    def _refuse_other(self, folder: Path, changed: list[str]) -> None:
        if changed:
            more = f"; and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
            raise UsageError(
                f"{folder}: holds another {self.noun}: {'; '.join(changed[:_SHOWN])}{more}; give a new --out"
            )
