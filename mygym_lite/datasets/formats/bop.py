"""Writer of BOP: poses, depth, masks and models, in millimetres; pixel centres are at integer coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.datasets.formats.bop_models import BopModels
from mygym_lite.datasets.formats.png import encode_depth, encode_mask
from mygym_lite.datasets.frame import Box, ClassList, Frame, ObjectLabel
from mygym_lite.files import link_or_copy, write_bytes, write_json

DEPTH_SCALE = 1.0  # mm per unit of the depth images
SCENES_IN_FOLDER = 10
_PIXEL_CENTRE = 0.5
_MM_PER_M = 1000.0
_TARGET_VISIBILITY = 0.1  # visible fraction from which an object is a target of the test split
_EMPTY_BOX = [-1, -1, -1, -1]
Record = dict[str, Any]


class BopWriter:
    """Writes BOP: one folder for every ten scenes of a split, with the frames of all cameras.

    BOP has no scaled objects, so each scale of a class is a model with a number of its own.
    """

    def list_image_paths(self, frame: Frame) -> list[str]:
        """Return the path in the folder of the scene."""
        return [f"{_get_scene_folder(frame)}/rgb/{frame.number:06d}.png"]

    def write_frame(self, folder: Path, frame: Frame, _classes: ClassList) -> Record:
        """Write depth and masks, and return the entries of the scene's tables."""
        place, name = _get_scene_folder(frame), f"{frame.number:06d}"
        write_bytes(folder / place / f"depth/{name}.png", encode_depth(frame.depth))
        for number, label in enumerate(frame.objects):
            _write_masks(folder / place, f"{name}_{number:06d}.png", frame, label)
        height, width = frame.mask.shape
        return {
            "place": place,
            "number": frame.number,
            "width": width,
            "height": height,
            "camera": _describe_camera(frame),
            "gt": [_describe_pose(label) for label in frame.objects],
            "models": [[label.model, label.size] for label in frame.objects],
            "info": [_describe_visibility(frame, label) for label in frame.objects],
        }

    def merge(self, folder: Path, records: Iterable[Record], manifest: Record) -> None:
        """Write the tables of all scenes, the models and the descriptions of the dataset."""
        models, targets = BopModels(manifest["classes"]), list[Record]()
        camera: Record | None = None
        for _, block in groupby(records, key=lambda record: record["place"].partition("/")[2]):
            frames = [_number_models(record, models) for record in block]
            camera = camera or _describe_intrinsics(frames[0])
            _write_scene_tables(folder, frames)
            targets += [target for record in frames for target in _list_targets(record)]
        write_json(folder / "camera.json", camera or {})
        write_json(folder / "test_targets_bop19.json", targets)
        write_json(folder / "dataset_info.json", _describe_dataset(manifest, models))
        models.write(folder)


def _get_scene_folder(frame: Frame) -> str:
    return f"{frame.split}/{frame.scene // SCENES_IN_FOLDER:06d}"


def _write_masks(folder: Path, name: str, frame: Frame, label: ObjectLabel) -> None:
    visible, amodal = folder / f"mask_visib/{name}", folder / f"mask/{name}"
    write_bytes(visible, encode_mask(frame.mask == label.instance))
    if label.px_visible == np.count_nonzero(label.whole_mask):
        link_or_copy(amodal, visible)
    else:
        write_bytes(amodal, encode_mask(label.whole_mask))


def _describe_camera(frame: Frame) -> Record:
    k = frame.intrinsics - _PIXEL_CENTRE * np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]])
    pose = frame.world_to_camera
    return {
        "cam_K": _flatten(k),
        "depth_scale": DEPTH_SCALE,
        "cam_R_w2c": _flatten(pose[:3, :3]),
        "cam_t_w2c": _flatten(_MM_PER_M * pose[:3, 3]),
        "camera": frame.camera,
        "scene": frame.scene,
    }


def _describe_pose(label: ObjectLabel) -> Record:
    return {
        "cam_R_m2c": _flatten(label.rotation),
        "cam_t_m2c": _flatten(_MM_PER_M * label.translation),
        "name": label.name,
    }


def _number_models(record: Record, models: BopModels) -> Record:
    """Return the record of a frame with the numbers of its models."""
    numbers = [models.get_number(name, scale) for name, scale in record["models"]]
    gt = [{**pose, "obj_id": number} for pose, number in zip(record["gt"], numbers, strict=True)]
    return {**record, "gt": gt}


def _flatten(values: Any) -> list[float]:
    return [round(value, 9) for value in np.ravel(values).tolist()]


def _describe_visibility(frame: Frame, label: ObjectLabel) -> Record:
    return {
        "bbox_obj": _convert_box(label.box_whole),
        "bbox_visib": _convert_box(label.box_visible),
        "px_count_all": label.px_all,
        "px_count_valid": int(np.count_nonzero(frame.depth[label.whole_mask])),
        "px_count_visib": label.px_visible,
        "visib_fract": round(label.visible_fraction, 9),
        "small": label.small,
        "hidden": label.hidden,
    }


def _convert_box(box: Box | None) -> list[int]:
    """Measure a box from the centre of its first pixel to that of the last, as BOP does."""
    if box is None:
        return _EMPTY_BOX
    left, top, width, height = box
    return [left, top, width - 1, height - 1]


def _describe_intrinsics(record: Record) -> Record:
    k = record["camera"]["cam_K"]
    intrinsics = {"cx": k[2], "cy": k[5], "depth_scale": DEPTH_SCALE, "fx": k[0], "fy": k[4]}
    return {**intrinsics, "height": record["height"], "width": record["width"]}


def _write_scene_tables(folder: Path, frames: list[Record]) -> None:
    """Write the tables of one block of scenes, in each of its splits."""
    for place in sorted({record["place"] for record in frames}):
        records = [record for record in frames if record["place"] == place]
        for file, key in (("scene_camera", "camera"), ("scene_gt", "gt"), ("scene_gt_info", "info")):
            write_json(folder / place / f"{file}.json", {str(record["number"]): record[key] for record in records})


def _list_targets(record: Record) -> Iterator[Record]:
    """Yield the test targets of one image: the number of sufficiently visible instances of each object."""
    split, _, scene = record["place"].partition("/")
    if split != "test":
        return
    pairs = zip(record["gt"], record["info"], strict=True)
    visible = [pose["obj_id"] for pose, info in pairs if info["visib_fract"] >= _TARGET_VISIBILITY]
    for number in sorted(set(visible)):
        yield {"im_id": record["number"], "inst_count": visible.count(number), "obj_id": number, "scene_id": int(scene)}


def _describe_dataset(manifest: Record, models: BopModels) -> Record:
    return {
        "name": manifest["name"],
        "licence": manifest["licence"],
        "objects": models.names,
        "scales": "each scale of a class is a model of its own; models_info.json has its class (name) and scale",
        "scenes": f"one folder for each {SCENES_IN_FOLDER} scenes; images of one scene are in one split",
    }
