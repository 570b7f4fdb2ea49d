"""YOLO: boxes, outlines and keypoints, a dataset of its own each, over the same pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from mygym_lite.datasets.formats.polygon import trace_outline
from mygym_lite.datasets.frame import KEYPOINTS, SPLITS, ClassList, Frame, ObjectLabel
from mygym_lite.files import write_bytes, write_text

Kind = Literal["detect", "segment", "pose"]
KINDS: tuple[Kind, ...] = ("detect", "segment", "pose")
_CENTRE_OF_PIXEL = 0.5


class YoloWriter:
    """Writes YOLO: a line for every object of which at least one pixel is seen; the format has no flags."""

    def list_image_paths(self, frame: Frame) -> list[str]:
        """In each of the datasets."""
        return [f"{kind}/images/{frame.split}/{frame.number:06d}.png" for kind in KINDS]

    def write_frame(self, folder: Path, frame: Frame, classes: ClassList) -> dict[str, Any]:
        """Write the labels."""
        name = f"{frame.split}/{frame.number:06d}"
        seen = [thing for thing in frame.objects if thing.px_visible]
        for kind in KINDS:
            if seen:
                lines = (_line(kind, frame, thing, classes.get_number(thing.model) - 1) for thing in seen)
                write_bytes(folder / kind / "labels" / f"{name}.txt", "".join(lines).encode())
        return {}

    def merge(self, folder: Path, records: Iterable[dict[str, Any]], manifest: dict[str, Any]) -> None:
        """Write what says where everything is, and which class is which."""
        for kind in KINDS:
            for split in SPLITS:
                for part in ("images", "labels"):
                    (folder / kind / part / split).mkdir(parents=True, exist_ok=True)
            write_text(folder / kind / "data.yaml", "".join(f"{line}\n" for line in _yaml(kind, manifest["classes"])))


def _yaml(kind: Kind, classes: Sequence[str]) -> Iterable[str]:
    """Without ``path``, folders are taken from where this file is, wherever that is moved."""
    yield from (f"{split}: images/{split}" for split in SPLITS)
    if kind == "pose":
        yield f"kpt_shape: [{len(KEYPOINTS)}, 3]"
        yield f"flip_idx: {build_flip_indices()}"
    yield "names:"
    yield from (f"  {number}: {json.dumps(name)}" for number, name in enumerate(classes))


def build_flip_indices() -> list[int]:
    """Which keypoint each one becomes in a mirror: that of the model mirrored across its own y."""
    other = {"0": "1", "1": "0"}
    names = [name if "_y" not in name else f"{name[:4]}{other[name[4]]}{name[5:]}" for name in KEYPOINTS]
    return [KEYPOINTS.index(name) for name in names]


def _line(kind: Kind, frame: Frame, thing: ObjectLabel, number: int) -> str:
    height, width = frame.mask.shape
    if kind == "segment":
        points = trace_outline(frame.mask == thing.instance) + _CENTRE_OF_PIXEL
        return _joined(number, *(f"{x / width:.6f} {y / height:.6f}" for x, y in points.tolist()))
    assert thing.box_visible is not None
    left, top, across, down = thing.box_visible
    box = (left + across / 2) / width, (top + down / 2) / height, across / width, down / height
    points = thing.keypoints.tolist() if kind == "pose" else []
    shown = (
        f"{u / width:.6f} {v / height:.6f} {int(flag)}" if flag else "0.000000 0.000000 0" for u, v, flag in points
    )
    return _joined(number, *(f"{value:.6f}" for value in box), *shown)


def _joined(*words: object) -> str:
    return " ".join(map(str, words)) + "\n"
