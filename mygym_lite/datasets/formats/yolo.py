"""Writer of YOLO: boxes, outlines and keypoints, each a dataset of its own over the same images."""

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


class YoloWriter:
    """Writes YOLO: one line for every object with a visible pixel; the format has no flags."""

    def list_image_paths(self, frame: Frame) -> list[str]:
        """Return the path in each of the three datasets."""
        return [f"{kind}/images/{frame.split}/{frame.number:06d}.png" for kind in KINDS]

    def write_frame(self, folder: Path, frame: Frame, classes: ClassList) -> dict[str, Any]:
        """Write the label files; the tables need no record of the frame."""
        name = f"{frame.split}/{frame.number:06d}"
        visible = [label for label in frame.objects if label.px_visible]
        for kind in KINDS:
            if visible:
                lines = (_format_label(kind, frame, label, classes.get_number(label.model) - 1) for label in visible)
                write_bytes(folder / kind / "labels" / f"{name}.txt", "".join(lines).encode())
        return {}

    def merge(self, folder: Path, _records: Iterable[dict[str, Any]], manifest: dict[str, Any]) -> None:
        """Write ``data.yaml`` of each dataset: its folders and classes."""
        for kind in KINDS:
            for split in SPLITS:
                for part in ("images", "labels"):
                    (folder / kind / part / split).mkdir(parents=True, exist_ok=True)
            write_text(folder / kind / "data.yaml", _format_yaml(kind, manifest["classes"]))


def _format_yaml(kind: Kind, classes: Sequence[str]) -> str:
    """Format ``data.yaml``; without ``path``, folders are relative to this file, so that the dataset can be moved."""
    lines = [f"{split}: images/{split}" for split in SPLITS]
    if kind == "pose":
        lines += [f"kpt_shape: [{len(KEYPOINTS)}, 3]", f"flip_idx: {build_flip_indices()}"]
    lines += ["names:", *(f"  {number}: {json.dumps(name)}" for number, name in enumerate(classes))]
    return "".join(f"{line}\n" for line in lines)


def build_flip_indices() -> list[int]:
    """Return the index of each keypoint in a mirrored image, that of the model mirrored along its y axis."""
    opposite = {"0": "1", "1": "0"}
    names = [name if "_y" not in name else f"{name[:4]}{opposite[name[4]]}{name[5:]}" for name in KEYPOINTS]
    return [KEYPOINTS.index(name) for name in names]


def _format_label(kind: Kind, frame: Frame, label: ObjectLabel, class_index: int) -> str:
    height, width = frame.mask.shape
    if kind == "segment":
        outline = trace_outline(frame.mask == label.instance)
        return _format_line(class_index, *(f"{u / width:.8f} {v / height:.8f}" for u, v in outline.tolist()))
    assert label.box_visible is not None
    left, top, box_width, box_height = label.box_visible
    box = (left + box_width / 2) / width, (top + box_height / 2) / height, box_width / width, box_height / height
    points = label.keypoints.tolist() if kind == "pose" else []
    keypoints = (
        f"{u / width:.6f} {v / height:.6f} {int(flag)}" if flag else "0.000000 0.000000 0" for u, v, flag in points
    )
    return _format_line(class_index, *(f"{value:.6f}" for value in box), *keypoints)


def _format_line(*words: object) -> str:
    return " ".join(map(str, words)) + "\n"
