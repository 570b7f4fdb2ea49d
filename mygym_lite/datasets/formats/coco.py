"""Writer of COCO: instances with masks, and keypoints, one file each per split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from mygym_lite.datasets.formats.coco_videos import FRAME_KEY, VideoNumbers
from mygym_lite.datasets.formats.rle import encode_rle
from mygym_lite.datasets.frame import KEYPOINTS, SPLITS, ClassList, Frame, ObjectLabel
from mygym_lite.files import dumps, open_atomic

KEYPOINT_SIGMA = 0.05
"""Standard deviation of each keypoint in COCO's object keypoint similarity (OKS), in edges of the object."""
ANNOTATION_FILES = ("instances", "keypoints")
_LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
_KEYPOINT_KEYS, _INSTANCE_KEYS = ("keypoints", "num_keypoints"), ("pose", "segmentation_whole")
Record = dict[str, Any]


class CocoWriter:
    """Writes COCO.

    An object without a visible pixel is listed in ``unseen`` and not annotated, since no detector could find it. Small
    and hidden objects are annotations with ``ignore``.
    """

    def list_image_paths(self, frame: Frame) -> list[str]:
        """Return the path in the folder that all splits share."""
        return [f"images/{frame.number:06d}.png"]

    def write_frame(self, _folder: Path, frame: Frame, classes: ClassList) -> Record:
        """Return the entries of the image and of its objects."""
        name = f"{frame.number:06d}.png"
        visible = [label for label in frame.objects if label.px_visible]
        unseen = [label for label in frame.objects if not label.px_visible]
        return {
            "split": frame.split,
            "image": _describe_image(frame, name),
            "annotations": [_describe_visible(frame, label, classes) for label in visible],
            "unseen": [_describe_object(frame, label, classes) for label in unseen],
        }

    def merge(self, folder: Path, records: Iterable[Record], manifest: Record) -> None:
        """Write the annotation files of all splits."""
        with ExitStack() as stack:
            files = {
                (kind, split): _AnnotationFile(
                    stack.enter_context(open_atomic(folder / "annotations" / f"{kind}_{split}.json")), kind, manifest
                )
                for kind in ANNOTATION_FILES
                for split in SPLITS
            }
            for record in records:
                for kind in ANNOTATION_FILES:
                    files[kind, record["split"]].add(record)
            for file in files.values():
                file.finish()


class _AnnotationFile:
    """Annotation file written incrementally; only the entries of images are kept in memory."""

    def __init__(self, file: TextIO, kind: str, manifest: Record) -> None:
        self._file, self._excluded_keys = file, _KEYPOINT_KEYS if kind == "instances" else _INSTANCE_KEYS
        self._images: list[str] = []
        self._unseen: list[str] = []
        self._videos = VideoNumbers()
        self._count = 0
        file.write(dumps(_build_header(kind, manifest))[:-1] + ',"annotations":[')

    def add(self, record: Record) -> None:
        """Add the next image."""
        record = self._videos.add(record)
        self._images.append(dumps(record["image"]))
        self._unseen += map(dumps, record["unseen"])
        for annotation in record["annotations"]:
            self._count += 1
            entry = {key: value for key, value in annotation.items() if key not in self._excluded_keys}
            self._file.write(("," if self._count > 1 else "") + "\n" + dumps({"id": self._count, **entry}))

    def finish(self) -> None:
        """Write the remaining lists."""
        if videos := self._videos.list_videos():
            self._file.write('\n],"videos":[\n' + ",\n".join(map(dumps, videos)))
        self._file.write('\n],"images":[\n' + ",\n".join(self._images))
        self._file.write('\n],"unseen":[\n' + ",\n".join(self._unseen) + "\n]}\n")


def _build_header(kind: str, manifest: Record) -> Record:
    points = {"keypoints": list(KEYPOINTS), "skeleton": build_skeleton()} if kind == "keypoints" else {}
    return {
        "info": {"description": manifest["name"], "contributor": "mygym_lite", "keypoint_sigma": KEYPOINT_SIGMA},
        "licenses": [{"id": 1, "name": manifest["licence"], "url": _LICENCE_URL}],
        "categories": [
            {"id": number, "name": name, "supercategory": "object", **points}
            for number, name in enumerate(manifest["classes"], start=1)
        ],
    }


def build_skeleton() -> list[list[int]]:
    """List the edges of the bounding box as pairs of keypoint numbers, counted from 1."""
    corners = list(enumerate(KEYPOINTS, start=1))[1:]
    pairs = ((a, b, zip(name_a, name_b, strict=True)) for (a, name_a), (b, name_b) in combinations(corners, 2))
    return [[a, b] for a, b, letters in pairs if sum(x != y for x, y in letters) == 1]


def _describe_image(frame: Frame, name: str) -> Record:
    height, width = frame.mask.shape
    return {
        "id": frame.number,
        "file_name": name,
        "width": width,
        "height": height,
        "license": 1,
        "scene": frame.scene,
        "camera": frame.camera,
        "intrinsics": round_values(frame.intrinsics.ravel(), 6),
        "world_to_camera": round_values(frame.world_to_camera.ravel(), 9),
        "nominal_camera": {
            "intrinsics": round_values(frame.nominal_view.intrinsics.ravel(), 6),
            "world_to_camera": round_values(frame.nominal_view.world_to_camera.ravel(), 9),
        },
        "joints": round_values(frame.joints, 6),
        "seed": frame.seed,
        "variation": frame.variation,
        **({FRAME_KEY: frame.video.index, "frame_rate": frame.video.frame_rate} if frame.video else {}),
    }


def _describe_object(frame: Frame, label: ObjectLabel, classes: ClassList) -> Record:
    """Return the entries that visible and unseen objects share."""
    return {
        "image_id": frame.number,
        "category_id": classes.get_number(label.model),
        "instance": label.instance,
        "name": label.name,
        "bbox_whole": list(label.box_whole),
        "segmentation_whole": _encode_mask(label.whole_mask),
        "visible_fraction": round(label.visible_fraction, 6),
        "truncated": label.truncated,
        "small": label.small,
        "hidden": label.hidden,
        "pose": _describe_pose(label),
    }


def _describe_visible(frame: Frame, label: ObjectLabel, classes: ClassList) -> Record:
    """Return the annotation of a visible object."""
    assert label.box_visible is not None
    entry, keypoints = _describe_object(frame, label, classes), list(_list_keypoints(label))
    unoccluded = label.px_visible == np.count_nonzero(label.whole_mask)
    return entry | {
        "bbox": list(label.box_visible),
        "area": label.px_visible,
        "iscrowd": 0,
        "ignore": int(label.small or label.hidden),
        "segmentation": entry["segmentation_whole"] if unoccluded else _encode_mask(frame.mask == label.instance),
        "keypoints": keypoints,
        "num_keypoints": sum(flag > 0 for flag in keypoints[2::3]),
    }


def _encode_mask(mask: Any) -> Record:
    return {"size": list(mask.shape), "counts": encode_rle(mask)}


def _list_keypoints(label: ObjectLabel) -> Iterator[float]:
    """Yield u, v and flag of each keypoint; all zero outside the image, COCO's mark of an unlabelled one."""
    for u, v, flag in label.keypoints.tolist():
        yield from (round(u, 2), round(v, 2), int(flag)) if flag else (0, 0, 0)


def _describe_pose(label: ObjectLabel) -> Record:
    """Return the pose of the scaled model in the camera (rotation row by row) and in the robot's base, m, xyzw."""
    return {
        "rotation": round_values(label.rotation.ravel(), 9),
        "translation": round_values(label.translation, 6),
        "robot_position": round_values(label.pose_in_robot.position, 6),
        "robot_rotation": round_values(label.pose_in_robot.rotation, 9),
        "size": round(label.size, 6),
    }


def round_values(values: Sequence[float] | Any, digits: int) -> list[float]:
    """Convert values to floats rounded to a number of decimals."""
    return [round(float(value), digits) for value in values]
