"""COCO: instances with masks, and keypoints, a file each for every split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from mygym_lite.datasets.formats.rle import encode_rle
from mygym_lite.datasets.frame import KEYPOINTS, SPLITS, ClassList, Frame, ObjectLabel
from mygym_lite.files import dumps, open_atomic

KEYPOINT_SIGMA = 0.05
"""Spread of each keypoint in COCO's measure of likeness, in edges of the object."""
ANNOTATION_FILES = ("instances", "keypoints")
_LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
_ONLY_KEYPOINTS, _ONLY_INSTANCES = ("keypoints", "num_keypoints"), ("pose", "segmentation_whole")
Record = dict[str, Any]


class CocoWriter:
    """Writes COCO.

    An object that shows no pixel is no annotation, since no detector could find it: it is in the list ``unseen``
    instead. What is flagged as small or hidden is an annotation with ``ignore``.
    """

    def list_image_paths(self, frame: Frame) -> list[str]:
        """All splits have one folder."""
        return [f"images/{frame.number:06d}.png"]

    def write_frame(self, folder: Path, frame: Frame, classes: ClassList) -> Record:
        """Return the entry of the picture, and those of its objects."""
        name = f"{frame.number:06d}.png"
        seen = [thing for thing in frame.objects if thing.px_visible]
        return {
            "split": frame.split,
            "image": _image(frame, name),
            "annotations": [_seen(frame, thing, _label(frame, thing, classes)) for thing in seen],
            "unseen": [_label(frame, thing, classes) for thing in frame.objects if not thing.px_visible],
        }

    def merge(self, folder: Path, records: Iterable[Record], manifest: Record) -> None:
        """Write the annotations of all splits."""
        with ExitStack() as stack:
            files = {
                (kind, split): _Annotations(
                    stack.enter_context(open_atomic(folder / "annotations" / f"{kind}_{split}.json")), kind, manifest
                )
                for kind in ANNOTATION_FILES
                for split in SPLITS
            }
            for record in records:
                for kind in ANNOTATION_FILES:
                    files[kind, record["split"]].add(record)
            for file in files.values():
                file.end()


class _Annotations:
    """One file that grows, and keeps nothing in memory but the entries of its pictures."""

    def __init__(self, file: TextIO, kind: str, card: Record) -> None:
        self._file, self._left_out = file, _ONLY_KEYPOINTS if kind == "instances" else _ONLY_INSTANCES
        self._images: list[str] = []
        self._unseen: list[str] = []
        self._count = 0
        file.write(dumps(_head(kind, card))[:-1] + ',"annotations":[')

    def add(self, record: Record) -> None:
        """The next picture."""
        self._images.append(dumps(record["image"]))
        self._unseen += map(dumps, record["unseen"])
        for annotation in record["annotations"]:
            self._count += 1
            kept = {key: value for key, value in annotation.items() if key not in self._left_out}
            self._file.write(("," if self._count > 1 else "") + "\n" + dumps({"id": self._count, **kept}))

    def end(self) -> None:
        """Write what comes last."""
        self._file.write('\n],"images":[\n' + ",\n".join(self._images))
        self._file.write('\n],"unseen":[\n' + ",\n".join(self._unseen) + "\n]}\n")


def _head(kind: str, card: Record) -> Record:
    points = {"keypoints": list(KEYPOINTS), "skeleton": build_skeleton()} if kind == "keypoints" else {}
    return {
        "info": {"description": card["name"], "contributor": "mygym_lite", "keypoint_sigma": KEYPOINT_SIGMA},
        "licenses": [{"id": 1, "name": card["licence"], "url": _LICENCE_URL}],
        "categories": [
            {"id": number, "name": name, "supercategory": "object", **points}
            for number, name in enumerate(card["classes"], start=1)
        ],
    }


def build_skeleton() -> list[list[int]]:
    """The edges of the box between the keypoints that are its corners, counted from 1."""
    corners = list(enumerate(KEYPOINTS, start=1))[1:]
    return [[a, b] for (a, one), (b, other) in combinations(corners, 2) if _differences(one, other) == 1]


def _differences(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def _image(frame: Frame, name: str) -> Record:
    height, width = frame.mask.shape
    return {
        "id": frame.number, "file_name": name, "width": width, "height": height, "license": 1, "scene": frame.scene,
        "camera": frame.camera, "intrinsics": round_values(frame.intrinsics.ravel(), 6),
        "world_to_camera": round_values(frame.world_to_camera.ravel(), 9),
        "nominal_camera": {
            "intrinsics": round_values(frame.nominal_view.intrinsics.ravel(), 6),
            "world_to_camera": round_values(frame.nominal_view.world_to_camera.ravel(), 9),
        },
        "joints": round_values(frame.joints, 6),
        "seed": frame.seed, "variation": frame.variation,
    }  # fmt: skip


def _label(frame: Frame, thing: ObjectLabel, classes: ClassList) -> Record:
    """What is known of an object whether it is seen or not."""
    return {
        "image_id": frame.number, "category_id": classes.get_number(thing.model), "instance": thing.instance,
        "name": thing.name, "bbox_whole": list(thing.box_whole), "segmentation_whole": _mask(thing.whole_mask),
        "visible_fraction": round(thing.visible_fraction, 6), "truncated": thing.truncated, "small": thing.small,
        "hidden": thing.hidden, "pose": _pose(thing),
    }  # fmt: skip


def _seen(frame: Frame, thing: ObjectLabel, label: Record) -> Record:
    """A label with what COCO wants of an object that is seen."""
    assert thing.box_visible is not None
    points, free = list(_keypoints(thing)), thing.px_visible == np.count_nonzero(thing.whole_mask)
    mask = label["segmentation_whole"] if free else _mask(frame.mask == thing.instance)
    return label | {
        "bbox": list(thing.box_visible), "area": thing.px_visible, "iscrowd": 0,
        "ignore": int(thing.small or thing.hidden), "segmentation": mask,
        "keypoints": points, "num_keypoints": sum(flag > 0 for flag in points[2::3]),
    }  # fmt: skip


def _mask(mask: Any) -> Record:
    return {"size": list(mask.shape), "counts": encode_rle(mask)}


def _keypoints(thing: ObjectLabel) -> Iterator[float]:
    """u, v and flag of each; all zero where it is not in the picture, as COCO says of what is not labelled."""
    for u, v, flag in thing.keypoints.tolist():
        yield from (round(u, 2), round(v, 2), int(flag)) if flag else (0, 0, 0)


def _pose(thing: ObjectLabel) -> Record:
    """From the scaled model to the camera, row by row, and to the robot's base; m, quaternion (x, y, z, w)."""
    return {
        "rotation": round_values(thing.rotation.ravel(), 9), "translation": round_values(thing.translation, 6),
        "robot_position": round_values(thing.pose_in_robot.position, 6),
        "robot_rotation": round_values(thing.pose_in_robot.rotation, 9), "size": round(thing.size, 6),
    }  # fmt: skip


def round_values(values: Sequence[float] | Any, digits: int) -> list[float]:
    """Plain numbers with so many digits behind the point."""
    return [round(float(value), digits) for value in values]
