"""Shards: the annotations of the frames of one scene, written after all of its image files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.datasets.frame import Frame
from mygym_lite.jobs.parts import read_part, write_part

SHARDS_FOLDER = "shards"
Record = dict[str, Any]


@dataclass(frozen=True)
class Shard:
    """One scene."""

    number: int
    frames: list[Record]
    """The counted properties of each frame."""
    formats: dict[str, list[Record]]
    """The records of each frame, by format."""

    def write(self, folder: Path) -> None:
        """Write the shard atomically."""
        body = {"frames": self.frames, "formats": self.formats}
        write_part(locate_shard(folder, self.number), body, shard=self.number, images=len(self.frames))


def locate_shard(folder: Path, number: int) -> Path:
    """Return the file of a shard."""
    return folder / SHARDS_FOLDER / f"{number:06d}.jsonl"


def summarize_frame(frame: Frame) -> Record:
    """Return the counted properties of a frame."""
    return {
        "number": frame.number,
        "scene": frame.scene,
        "camera": frame.camera,
        "split": frame.split,
        "objects": [[label.model, label.small, label.hidden, label.truncated] for label in frame.objects],
    }


def read_shard(folder: Path, number: int) -> Shard:
    """Read a shard.

    Raises:
        UsageError: It is damaged.
    """
    return Shard(number, **read_part(locate_shard(folder, number)))
