"""The formats that a dataset is written in: workers write the files of their frames, one process what sums them up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from mygym_lite.datasets.formats.bop import Bop
from mygym_lite.datasets.formats.coco import Coco
from mygym_lite.datasets.formats.yolo import Yolo
from mygym_lite.datasets.frame import Classes, Frame
from mygym_lite.files import write_alike, write_bytes


class Writer(Protocol):
    """Writes one format into a folder of its own."""

    def pictures(self, frame: Frame) -> list[str]:
        """Where the picture itself belongs, in the folder of the format."""

    def write_frame(self, folder: Path, frame: Frame, classes: Classes) -> dict[str, Any]:
        """Write the other files that belong to one frame alone.

        Returns:
            What ``merge`` needs to know of it, as JSON has it.
        """

    def merge(self, folder: Path, records: Iterable[dict[str, Any]], card: dict[str, Any]) -> None:
        """Write the files that belong to all frames; the same bytes for the same records in the same order.

        Args:
            folder: That of the format.
            records: What ``write_frame`` returned, once through, in the order of scenes and frames.
            card: What describes the dataset: ``name``, ``licence`` and ``classes``, the names in their order.
        """


def write_picture(folder: Path, formats: Iterable[str], frame: Frame) -> None:
    """Write the picture of a frame wherever these formats want it, which takes the room of one file."""
    first, *others = (folder / name / place for name in formats for place in WRITERS[name].pictures(frame))
    write_bytes(first, frame.png)
    for other in others:
        write_alike(other, first)


WRITERS: dict[str, Writer] = {"coco": Coco(), "bop": Bop(), "yolo": Yolo()}
"""By the name of the format, which is that of its folder too."""
