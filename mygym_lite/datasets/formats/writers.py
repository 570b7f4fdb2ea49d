"""Protocol of format writers: workers write the files of single frames, one process the files of the whole dataset."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from mygym_lite.datasets.formats.bop import BopWriter
from mygym_lite.datasets.formats.coco import CocoWriter
from mygym_lite.datasets.formats.flow import FlowWriter
from mygym_lite.datasets.formats.gltf import GltfWriter
from mygym_lite.datasets.formats.yolo import YoloWriter
from mygym_lite.datasets.frame import ClassList, Frame
from mygym_lite.files import link_or_copy, write_bytes

FLOW = "flow"
"""Format of optical flow, which needs videos."""


class FormatWriter(Protocol):
    """Writes one format into a folder of its own."""

    def list_image_paths(self, frame: Frame) -> list[str]:
        """Return the paths of the image, relative to the folder of the format."""

    def write_frame(self, folder: Path, frame: Frame, classes: ClassList) -> dict[str, Any]:
        """Write the other files of one frame, and return its record for ``merge`` as plain JSON data."""

    def merge(self, folder: Path, records: Iterable[dict[str, Any]], manifest: dict[str, Any]) -> None:
        """Write the files of the whole dataset; equal records in equal order give equal bytes.

        Args:
            folder: Folder of the format.
            records: Results of ``write_frame``, iterated once, in the order of scenes and frames.
            manifest: Description of the dataset: ``name``, ``licence`` and ``classes``, in order of their numbers.
        """


def write_image(folder: Path, formats: Iterable[str], frame: Frame) -> None:
    """Write the image of a frame at the paths of all formats, stored once where the file system supports links."""
    first, *others = (folder / name / path for name in formats for path in WRITERS[name].list_image_paths(frame))
    write_bytes(first, frame.png)
    for other in others:
        link_or_copy(other, first)


WRITERS: dict[str, FormatWriter] = {
    "coco": CocoWriter(),
    "bop": BopWriter(),
    "yolo": YoloWriter(),
    "gltf": GltfWriter(),
    FLOW: FlowWriter(),
}
"""Writers by name of the format, also that of its folder."""
