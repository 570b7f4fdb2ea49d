"""BOP: poses, depth, masks and models, in millimetres; pixels have their centres at whole numbers."""

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

DEPTH_SCALE = 1.0  # mm of one unit in the depth pictures
SCENES_IN_FOLDER = 10
_CENTRE_OF_PIXEL = 0.5
_MILLIMETRES = 1000.0
_TARGET_VISIBLE = 0.1  # share of an object that shows, from which it is a target of the tests
_UNSEEN = [-1, -1, -1, -1]
Record = dict[str, Any]


class BopWriter:
    """Writes BOP; a folder for each ten scenes of a split, with the frames of all of their cameras.

    The format knows no scaled objects: models have their declared size, and every pose a key ``size`` beside the usual
    ones, the scale of the model's lengths there.
    """

    def list_image_paths(self, frame: Frame) -> list[str]:
        """In the folder of its scenes."""
        return [f"{_place(frame)}/rgb/{frame.number:06d}.png"]

    def write_frame(self, folder: Path, frame: Frame, classes: ClassList) -> Record:
        """Write depth and masks."""
        place, name = _place(frame), f"{frame.number:06d}"
        here = folder / place
        write_bytes(here / f"depth/{name}.png", encode_depth(frame.depth))
        for number, thing in enumerate(frame.objects):
            _write_masks(here, f"{name}_{number:06d}.png", frame, thing)
        height, width = frame.mask.shape
        return {
            "place": place, "number": frame.number, "width": width, "height": height, "camera": _camera(frame),
            "gt": [_pose(thing, classes) for thing in frame.objects],
            "info": [_info(frame, thing) for thing in frame.objects],
        }  # fmt: skip

    def merge(self, folder: Path, records: Iterable[Record], manifest: Record) -> None:
        """Write the tables of all scenes, the models, and what describes the whole."""
        targets: list[Record] = []
        lens: Record | None = None
        for _, block in groupby(records, key=lambda record: record["place"].partition("/")[2]):
            frames = list(block)
            lens = lens or _lens(frames[0])
            _write_scenes(folder, frames)
            targets += [target for record in frames for target in _targets(record)]
        write_json(folder / "camera.json", lens or {})
        write_json(folder / "test_targets_bop19.json", targets)
        write_json(folder / "dataset_info.json", _about(manifest))
        _write_models(folder, manifest["classes"])


def _place(frame: Frame) -> str:
    return f"{frame.split}/{frame.scene // SCENES_IN_FOLDER:06d}"


def _write_masks(folder: Path, name: str, frame: Frame, thing: ObjectLabel) -> None:
    visible, whole = folder / f"mask_visib/{name}", folder / f"mask/{name}"
    write_bytes(visible, encode_mask(frame.mask == thing.instance))
    if thing.px_visible == np.count_nonzero(thing.whole_mask):
        link_or_copy(whole, visible)
    else:
        write_bytes(whole, encode_mask(thing.whole_mask))


def _camera(frame: Frame) -> Record:
    k = frame.intrinsics - _CENTRE_OF_PIXEL * np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]])
    pose = frame.world_to_camera
    return {
        "cam_K": _numbers(k), "depth_scale": DEPTH_SCALE, "cam_R_w2c": _numbers(pose[:3, :3]),
        "cam_t_w2c": _numbers(_MILLIMETRES * pose[:3, 3]), "camera": frame.camera, "scene": frame.scene,
    }  # fmt: skip


def _pose(thing: ObjectLabel, classes: ClassList) -> Record:
    return {
        "cam_R_m2c": _numbers(thing.rotation), "cam_t_m2c": _numbers(_MILLIMETRES * thing.translation),
        "obj_id": classes.get_number(thing.model), "size": round(thing.size, 6), "name": thing.name,
    }  # fmt: skip


def _numbers(values: Any) -> list[float]:
    numbers: list[float] = np.ravel(values).tolist()
    return [round(value, 9) for value in numbers]


def _info(frame: Frame, thing: ObjectLabel) -> Record:
    return {
        "bbox_obj": _box(thing.box_whole), "bbox_visib": _box(thing.box_visible), "px_count_all": thing.px_all,
        "px_count_valid": int(np.count_nonzero(frame.depth[thing.whole_mask])), "px_count_visib": thing.px_visible,
        "visib_fract": round(thing.visible_fraction, 9), "small": thing.small, "hidden": thing.hidden,
    }  # fmt: skip


def _box(box: Box | None) -> list[int]:
    """From the first pixel to the last one, which this format measures from centre to centre."""
    if box is None:
        return _UNSEEN
    left, top, width, height = box
    return [left, top, width - 1, height - 1]


def _lens(record: Record) -> Record:
    k = record["camera"]["cam_K"]
    return {
        "cx": k[2], "cy": k[5], "depth_scale": DEPTH_SCALE, "fx": k[0], "fy": k[4], "height": record["height"],
        "width": record["width"],
    }  # fmt: skip


def _write_scenes(folder: Path, frames: list[Record]) -> None:
    """The tables of one block of scenes, in each split that some of them are in."""
    for place in sorted({record["place"] for record in frames}):
        here = [record for record in frames if record["place"] == place]
        for file, key in (("scene_camera", "camera"), ("scene_gt", "gt"), ("scene_gt_info", "info")):
            write_json(folder / place / f"{file}.json", {str(record["number"]): record[key] for record in here})


def _targets(record: Record) -> Iterator[Record]:
    """What the tests ask for in one picture: how many of each object, if enough of it shows."""
    split, _, scene = record["place"].partition("/")
    if split != "test":
        return
    both = zip(record["gt"], record["info"], strict=True)
    shown = [pose["obj_id"] for pose, info in both if info["visib_fract"] >= _TARGET_VISIBLE]
    for number in sorted(set(shown)):
        yield {"im_id": record["number"], "inst_count": shown.count(number), "obj_id": number, "scene_id": int(scene)}


def _about(card: Record) -> Record:
    return {
        "name": card["name"], "licence": card["licence"],
        "objects": {str(number): name for number, name in enumerate(card["classes"], start=1)},
        "size": "scale of the model's lengths in scene_gt.json; poses hold for the scaled model",
        "scenes": f"one folder for each {SCENES_IN_FOLDER} scenes; images of one scene are in one split",
    }  # fmt: skip


def _write_models(folder: Path, classes: list[str]) -> None:
    """The models, twice: those to train with are fit to evaluate with too."""
    for number, model in enumerate(classes, start=1):
        for kind in ("models", "models_eval"):
            write_text(folder / kind / f"obj_{number:06d}.ply", format_ply(model))
    infos = {str(number): _model_info(model) for number, model in enumerate(classes, start=1)}
    for kind in ("models", "models_eval"):
        write_json(folder / kind / "models_info.json", infos)


def _model_info(model: str) -> Record:
    points = _MILLIMETRES * load_model_mesh(model).points
    low, high = points.min(axis=0), points.max(axis=0)
    edges = {f"min_{axis}": round(float(value), 5) for axis, value in zip("xyz", low, strict=True)}
    edges |= {f"size_{axis}": round(float(value), 5) for axis, value in zip("xyz", high - low, strict=True)}
    return {"diameter": round(float(pdist(points).max()), 5), **edges, **_symmetries(model), "name": model}


def _symmetries(model: str) -> Record:
    axes, turns = find_symmetry(model)
    found: Record = {}
    if turns:
        found["symmetries_discrete"] = [_numbers(np.block([[t, np.zeros((3, 1))], [np.eye(4)[3]]])) for t in turns]
    if axes:
        found["symmetries_continuous"] = [{"axis": np.eye(3)[axis].tolist(), "offset": [0, 0, 0]} for axis in axes]
    return found
