"""Blocks of recorded episodes on disk: a file of arrays, and an index file that is written after it.

A block without an index file is recorded again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.formats.minari_reader import MinariEpisodes
from mygym_lite.demonstrations.formats.minari_writer import write_episodes
from mygym_lite.documents import parse_json
from mygym_lite.errors import UsageError
from mygym_lite.files import write_atomically, write_text

BLOCKS_FOLDER = "blocks"


@dataclass(frozen=True)
class Block:
    """The index of a block."""

    number: int
    outcomes: list[bool]
    """Success of every episode."""
    saved: list[int]
    """Indices of the episodes whose arrays are in the file."""
    sha256: str

    def write(self, folder: Path) -> None:
        """Write the index file atomically, after the arrays."""
        write_text(_locate_index(folder, self.number), json.dumps(asdict(self)) + "\n")

    def open_episodes(self, folder: Path) -> MinariEpisodes:
        """Open the arrays.

        Raises:
            UsageError: The file is missing or damaged.
        """
        file = locate_arrays(folder, self.number)
        if not file.is_file() or compute_file_digest(file) != self.sha256:
            raise UsageError(
                f"{file}: is damaged (its checksum is wrong); delete it, and run the same command to resume"
            )
        return MinariEpisodes(file)


def locate_arrays(folder: Path, number: int) -> Path:
    """Return the file of a block's arrays."""
    return folder / BLOCKS_FOLDER / f"{number:06d}.hdf5"


def _locate_index(folder: Path, number: int) -> Path:
    return locate_arrays(folder, number).with_suffix(".json")


def write_arrays(folder: Path, number: int, demonstrations: Iterable[Demonstration]) -> str:
    """Write a block's arrays atomically, and return their checksum."""
    file = locate_arrays(folder, number)
    try:
        with write_atomically(file) as part:
            write_episodes(part, demonstrations)
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be written ({error.strerror or error}); make room, and run the same command to resume"
        ) from error
    return compute_file_digest(file)


def read_blocks(folder: Path) -> dict[int, Block]:
    """Read all complete blocks, by number."""
    blocks = (_read_index(file) for file in sorted((folder / BLOCKS_FOLDER).glob("[0-9]*.json")))
    return {block.number: block for block in blocks if locate_arrays(folder, block.number).is_file()}


def _read_index(file: Path) -> Block:
    try:
        return Block(**parse_json(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{file}: is damaged; delete it, and run the same command to resume") from error


def delete_blocks(folder: Path) -> None:
    """Delete all blocks."""
    shutil.rmtree(folder / BLOCKS_FOLDER)


def compute_file_digest(file: Path) -> str:
    """Compute the SHA-256 of a file."""
    with open(file, "rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
