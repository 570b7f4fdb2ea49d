"""The formats that a dataset is written in: workers write the files of their frames, one process what sums them up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from mygym_lite.datasets.formats.bop import BopWriter
from mygym_lite.datasets.formats.coco import CocoWriter
from mygym_lite.datasets.formats.yolo import YoloWriter
from mygym_lite.datasets.frame import ClassList, Frame
from mygym_lite.files import link_or_copy, write_bytes


class FormatWriter(Protocol):
    """Writes one format into a folder of its own."""

    def list_image_paths(self, frame: Frame) -> list[str]:
        """Where the picture itself belongs, in the folder of the format."""

    def write_frame(self, folder: Path, frame: Frame, classes: ClassList) -> dict[str, Any]:
        """Write the other files that belong to one frame alone.

        Returns:
            What ``merge`` needs to know of it, as JSON has it.
        """

    def merge(self, folder: Path, records: Iterable[dict[str, Any]], manifest: dict[str, Any]) -> None:
        """Write the files that belong to all frames; the same bytes for the same records in the same order.

        Args:
            folder: That of the format.
            records: What ``write_frame`` returned, once through, in the order of scenes and frames.
            manifest: What describes the dataset: ``name``, ``licence`` and ``classes``, the names in their order.
        """


def write_image(folder: Path, formats: Iterable[str], frame: Frame) -> None:
    """Write the picture of a frame wherever these formats want it, which takes the room of one file."""
    first, *others = (folder / name / place for name in formats for place in WRITERS[name].list_image_paths(frame))
    write_bytes(first, frame.png)
    for other in others:
        link_or_copy(other, first)


WRITERS: dict[str, FormatWriter] = {"coco": CocoWriter(), "bop": BopWriter(), "yolo": YoloWriter()}
"""By the name of the format, which is that of its folder too."""
