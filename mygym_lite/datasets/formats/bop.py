"""Writer of BOP: poses, depth, masks and models, in millimetres; pixel centres are at integer coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist

from mygym_lite.datasets.formats.ply import format_ply, load_model_mesh
from mygym_lite.datasets.formats.png import encode_depth, encode_mask
from mygym_lite.datasets.frame import Box, ClassList, Frame, ObjectLabel
from mygym_lite.datasets.symmetry import find_symmetry
from mygym_lite.files import link_or_copy, write_bytes, write_json, write_text

DEPTH_SCALE = 1.0  # mm per unit of the depth images
SCENES_IN_FOLDER = 10
_PIXEL_CENTRE = 0.5
_MM_PER_M = 1000.0
_TARGET_VISIBILITY = 0.1  # visible fraction from which an object is a target of the test split
_EMPTY_BOX = [-1, -1, -1, -1]
Record = dict[str, Any]


class BopWriter:
    """Writes BOP: one folder for every ten scenes of a split, with the frames of all cameras.

    BOP has no scaled objects: models are stored at their declared size, and every pose has an additional key ``size``,
    the scale of the model's lengths.
    """

    def list_image_paths(self, frame: Frame) -> list[str]:
        """Return the path in the folder of the scene."""
        return [f"{_get_scene_folder(frame)}/rgb/{frame.number:06d}.png"]

    def write_frame(self, folder: Path, frame: Frame, classes: ClassList) -> Record:
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
            "gt": [_describe_pose(label, classes) for label in frame.objects],
            "info": [_describe_visibility(frame, label) for label in frame.objects],
        }

    def merge(self, folder: Path, records: Iterable[Record], manifest: Record) -> None:
        """Write the tables of all scenes, the models and the descriptions of the dataset."""
        targets: list[Record] = []
        camera: Record | None = None
        for _, block in groupby(records, key=lambda record: record["place"].partition("/")[2]):
            frames = list(block)
            camera = camera or _describe_intrinsics(frames[0])
            _write_scene_tables(folder, frames)
            targets += [target for record in frames for target in _list_targets(record)]
        write_json(folder / "camera.json", camera or {})
        write_json(folder / "test_targets_bop19.json", targets)
        write_json(folder / "dataset_info.json", _describe_dataset(manifest))
        _write_models(folder, manifest["classes"])


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


def _describe_pose(label: ObjectLabel, classes: ClassList) -> Record:
    return {
        "cam_R_m2c": _flatten(label.rotation),
        "cam_t_m2c": _flatten(_MM_PER_M * label.translation),
        "obj_id": classes.get_number(label.model),
        "size": round(label.size, 6),
        "name": label.name,
    }


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


def _describe_dataset(manifest: Record) -> Record:
    return {
        "name": manifest["name"],
        "licence": manifest["licence"],
        "objects": {str(number): name for number, name in enumerate(manifest["classes"], start=1)},
        "size": "scale of the model's lengths in scene_gt.json; poses hold for the scaled model",
        "scenes": f"one folder for each {SCENES_IN_FOLDER} scenes; images of one scene are in one split",
    }


def _write_models(folder: Path, classes: list[str]) -> None:
    """Write the models twice: the training models also serve for evaluation."""
    for number, model in enumerate(classes, start=1):
        for kind in ("models", "models_eval"):
            write_text(folder / kind / f"obj_{number:06d}.ply", format_ply(model))
    infos = {str(number): _describe_model(model) for number, model in enumerate(classes, start=1)}
    for kind in ("models", "models_eval"):
        write_json(folder / kind / "models_info.json", infos)


def _describe_model(model: str) -> Record:
    points = _MM_PER_M * load_model_mesh(model).points
    low, high = points.min(axis=0), points.max(axis=0)
    bounds = {f"min_{axis}": round(float(value), 5) for axis, value in zip("xyz", low, strict=True)}
    bounds |= {f"size_{axis}": round(float(value), 5) for axis, value in zip("xyz", high - low, strict=True)}
    return {"diameter": round(float(pdist(points).max()), 5), **bounds, **_describe_symmetry(model), "name": model}


def _describe_symmetry(model: str) -> Record:
    axes, rotations = find_symmetry(model)
    entry: Record = {}
    if rotations:
        entry["symmetries_discrete"] = [
            _flatten(np.block([[rotation, np.zeros((3, 1))], [np.eye(4)[3]]])) for rotation in rotations
        ]
    if axes:
        entry["symmetries_continuous"] = [{"axis": np.eye(3)[axis].tolist(), "offset": [0, 0, 0]} for axis in axes]
    return entry
