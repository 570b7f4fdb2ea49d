"""A few episodes on disk as they come: a file of arrays, and after it a line that says what is in it.

What has no such line is recorded again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.formats.minari import MinariEpisodes, write_episodes
from mygym_lite.errors import UsageError
from mygym_lite.files import write_atomically, write_text
from mygym_lite.schema import parse_json

BLOCKS_FOLDER = "blocks"


@dataclass(frozen=True)
class Block:
    """What came of the episodes of a block."""

    number: int
    outcomes: list[bool]
    """Of every episode, whether it succeeded."""
    saved: list[int]
    """The places of those whose arrays are in the file."""
    sha256: str

    def write(self, folder: Path) -> None:
        """Keep what is known of it, whole, after its file."""
        write_text(_line(folder, self.number), json.dumps(asdict(self)) + "\n")

    def open_episodes(self, folder: Path) -> MinariEpisodes:
        """Its arrays.

        Raises:
            UsageError: They are damaged.
        """
        file = locate_arrays(folder, self.number)
        if not file.is_file() or compute_file_digest(file) != self.sha256:
            raise UsageError(f"{file}: is damaged (its checksum is wrong); delete it, and the same command goes on")
        return MinariEpisodes(file)


def locate_arrays(folder: Path, number: int) -> Path:
    """Where a block's arrays are."""
    return folder / BLOCKS_FOLDER / f"{number:06d}.hdf5"


def _line(folder: Path, number: int) -> Path:
    return locate_arrays(folder, number).with_suffix(".json")


def write_arrays(folder: Path, number: int, demonstrations: Iterable[Demonstration]) -> str:
    """Write a block's file, whole, and return its checksum."""
    file = locate_arrays(folder, number)
    try:
        with write_atomically(file) as part:
            write_episodes(part, demonstrations)
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be written ({error.strerror or error}); make room, and the same command goes on"
        ) from error
    return compute_file_digest(file)


def read_blocks(folder: Path) -> dict[int, Block]:
    """What there is, by number; a block with one of its two files missing is not there."""
    found = (_read(line) for line in sorted((folder / BLOCKS_FOLDER).glob("[0-9]*.json")))
    return {block.number: block for block in found if locate_arrays(folder, block.number).is_file()}


def _read(line: Path) -> Block:
    try:
        return Block(**parse_json(line.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{line}: is damaged; delete it, and the same command goes on") from error


def delete_blocks(folder: Path) -> None:
    """Let every block go."""
    shutil.rmtree(folder / BLOCKS_FOLDER)


def compute_file_digest(file: Path) -> str:
    """Fingerprint of a file."""
    with open(file, "rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
