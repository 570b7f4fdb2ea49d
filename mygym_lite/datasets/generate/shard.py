"""What is known of the frames of one scene once their files are written: a header line with a checksum, and the rest.

A shard's record is written after all of its files. What has no record is made again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.datasets.frame import Frame
from mygym_lite.errors import UsageError
from mygym_lite.files import dumps, write_text
from mygym_lite.schema import parse_json

SHARDS_FOLDER = "shards"
Record = dict[str, Any]


@dataclass(frozen=True)
class Shard:
    """One scene."""

    number: int
    frames: list[Record]
    """What is counted of each."""
    formats: dict[str, list[Record]]
    """What each format needs to know of each."""

    def write(self, folder: Path) -> None:
        """Keep it, whole."""
        body = dumps({"frames": self.frames, "formats": self.formats})
        head = {"shard": self.number, "images": len(self.frames), "sha256": _digest(body)}
        write_text(locate_shard(folder, self.number), f"{dumps(head)}\n{body}\n")


def locate_shard(folder: Path, number: int) -> Path:
    """Where the record of a shard is."""
    return folder / SHARDS_FOLDER / f"{number:06d}.jsonl"


def summarize_frame(frame: Frame) -> Record:
    """What is counted of a frame."""
    return {
        "number": frame.number, "scene": frame.scene, "camera": frame.camera, "split": frame.split,
        "objects": [[thing.model, thing.small, thing.hidden, thing.truncated] for thing in frame.objects],
    }  # fmt: skip


def read_shard(folder: Path, number: int) -> Shard:
    """A shard's record.

    Raises:
        UsageError: It is damaged.
    """
    file = locate_shard(folder, number)
    try:
        head, body = (line.encode() for line in file.read_text(encoding="utf-8").splitlines())
        if parse_json(head)["sha256"] != _digest(body.decode()):
            raise ValueError("its checksum is wrong")
        return Shard(number, **parse_json(body))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{file}: is damaged ({str(error).splitlines()[0]}); delete it, and the same command makes it again"
        ) from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
