"""Check of BOP: files, counts and boxes against the masks, depth and silhouettes against the posed models."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.checks.coco import compute_box
from mygym_lite.datasets.checks.dataset_statistics import ObjectEntry
from mygym_lite.datasets.checks.findings import CheckFindings
from mygym_lite.datasets.checks.pose import CheckedModel, PosedObject, check_pose
from mygym_lite.datasets.formats.ply import read_ply
from mygym_lite.datasets.formats.png import read_png
from mygym_lite.datasets.frame import SPLITS
from mygym_lite.errors import ConfigError

Entry = dict[str, Any]
Mask = NDArray[np.bool_]
_TABLES = ("scene_camera", "scene_gt", "scene_gt_info")
_ROUNDING = 1e-6
_MODEL_ROUNDING = 1e-3  # mm


class ImageEntry(NamedTuple):
    """One image with its camera and depth."""

    folder: Path
    split: str
    number: int
    camera: Entry
    depth: NDArray[np.float64]  # mm


def check_bop(folder: Path) -> CheckFindings:
    """Check all splits."""
    check = _BopCheck(folder)
    for split in SPLITS:
        for scene in sorted(path for path in (folder / split).glob("*") if path.is_dir()):
            check.check_scene(scene, split)
    return check.findings


class _BopCheck:
    """Findings in one folder, and its models."""

    def __init__(self, folder: Path) -> None:
        self.findings = CheckFindings(folder)
        self.models: dict[int, CheckedModel] = {}
        for number, info in self.findings.read_json(folder / "models" / "models_info.json").items():
            self._read_model(folder / "models", number, info)
        self._check_scales(folder / "models" / "models_info.json")

    def _read_model(self, folder: Path, number: str, info: Entry) -> None:
        file = folder / f"obj_{int(number):06d}.ply"
        try:
            points, triangles = read_ply(file)
        except ConfigError as error:
            self.findings.add_error(file, "", str(error).partition(": ")[2])
            return
        name, scale = str(info.get("name", number)), float(info.get("scale", 1.0))
        self.models[int(number)] = CheckedModel(name, points, points[triangles], scale)
        low, size = points.min(axis=0), np.ptp(points, axis=0)
        declared = [info.get(f"{what}_{axis}", np.nan) for what in ("min", "size") for axis in "xyz"]
        fits = np.allclose([*low, *size], declared, atol=_MODEL_ROUNDING)
        self.findings.require(fits, folder / "models_info.json", number, "has a different box than its model")

    def _check_scales(self, file: Path) -> None:
        """Check that a scaled model is the model of its class, scaled."""
        unscaled = {model.name: model for model in self.models.values() if model.scale == 1.0}
        for number, model in self.models.items():
            base = unscaled.get(model.name)
            if base is None:
                self.findings.add_error(file, str(number), f"no model of {model.name} at scale 1")
                continue
            fits = base.points.shape == model.points.shape
            fits = fits and np.allclose(model.points, model.scale * base.points, atol=_MODEL_ROUNDING)
            problem = f"is {model.scale}, the model is not {model.name} scaled so"
            self.findings.require(fits, file, f"{number}: scale", problem)

    def check_scene(self, scene: Path, split: str) -> None:
        """Check one folder of scenes."""
        cameras, poses, infos = tables = [self.findings.read_json(scene / f"{name}.json") for name in _TABLES]
        for name, table in zip(_TABLES[1:], tables[1:], strict=True):
            same = table.keys() == cameras.keys()
            self.findings.require(same, scene / f"{name}.json", "", "covers other images than scene_camera.json")
        for number in cameras.keys() & poses.keys() & infos.keys():
            image = self._read_image(scene, split, number, cameras[number])
            if image is not None:
                self._check_objects(image, poses[number], infos[number])

    def _read_image(self, scene: Path, split: str, number: str, camera: Entry) -> ImageEntry | None:
        name = f"{int(number):06d}.png"
        size = self.findings.check_image(scene / "rgb" / name, split, int(number), None)
        depth = self._read_channel(scene / "depth" / name, size)
        if size is None or depth is None:
            return None
        return ImageEntry(scene, split, int(number), camera, depth * float(camera["depth_scale"]))

    def _check_objects(self, image: ImageEntry, poses: list[Entry], infos: list[Entry]) -> None:
        file, key = image.folder / "scene_gt_info.json", str(image.number)
        if not self.findings.require(len(poses) == len(infos), file, key, "has a different count than scene_gt"):
            return
        occupied = np.zeros(image.depth.shape, np.bool_)
        for index, (pose, info) in enumerate(zip(poses, infos, strict=True)):
            self._check_object(image, index, pose, info, occupied)

    def _check_object(self, image: ImageEntry, index: int, pose: Entry, info: Entry, occupied: Mask) -> None:
        """Check one object, and add its visible pixels to the occupied ones."""
        key, file = f"{image.number}[{index}]", image.folder / "scene_gt.json"
        model = self.models.get(pose.get("obj_id", 0))
        if model is None:
            self.findings.add_error(file, f"{key}: obj_id", f"no model {pose.get('obj_id')}")
            return
        name, size = f"{image.number:06d}_{index:06d}.png", image.depth.shape[::-1]
        masks = [self._read_channel(image.folder / kind / name, size) for kind in ("mask", "mask_visib")]
        if masks[0] is None or masks[1] is None:
            return
        posed = PosedObject(model, pose, info, amodal_mask=masks[0] > 0, visible_mask=masks[1] > 0)
        overlap = int(np.count_nonzero(posed.visible_mask & occupied))
        self.findings.require(
            not overlap, image.folder / "mask_visib" / name, "", f"{overlap} px also belong to another object"
        )
        occupied |= posed.visible_mask
        self._check_counts(image, key, posed)
        for problem in check_pose(image, posed):
            self.findings.add_error(file, key, problem)
        self._record_object(image, posed)

    def _record_object(self, image: ImageEntry, posed: PosedObject) -> None:
        model, info = posed.model, posed.info
        flags = tuple(flag for flag in ("small", "hidden") if info.get(flag))
        entry = ObjectEntry(image.split, model.name, info["px_count_visib"], info["visib_fract"], flags)
        self.findings.objects.append(entry)
        if (box := compute_box(posed.visible_mask)) is not None:
            self.findings.boxes.setdefault(image.number, []).append((model.name, box[0], box[1], box[2], box[3]))

    def _read_channel(self, file: Path, size: tuple[int, int] | None) -> NDArray[Any] | None:
        """Read an image of one channel that is as large as the colour image."""
        try:
            channel = read_png(file)
        except ValueError as error:
            self.findings.add_error(file, "", str(error))
            return None
        problem = f"is {channel.shape}, not one channel as large as rgb"
        fits = size is None or channel.shape == size[::-1]
        return channel if self.findings.require(fits, file, "", problem) else None

    def _check_counts(self, image: ImageEntry, key: str, posed: PosedObject) -> None:
        """Check that counts and boxes are those of the masks, and that the visible mask is part of the amodal one."""
        file, info, require = image.folder / "scene_gt_info.json", posed.info, self.findings.require
        amodal, visible = posed.amodal_mask, posed.visible_mask
        px_all, px_inside, px_visible = info["px_count_all"], int(amodal.sum()), int(visible.sum())
        outside = int(np.count_nonzero(visible & ~amodal))
        require(not outside, file, f"{key}: mask_visib", f"{outside} px outside of mask")
        expected = {
            "px_count_visib": px_visible,
            "px_count_valid": int(np.count_nonzero(image.depth[amodal])),
            "bbox_visib": _convert_box(compute_box(visible)),
        }
        box = _convert_box(compute_box(amodal))
        if _contains([0, 0, amodal.shape[1] - 1, amodal.shape[0] - 1], info["bbox_obj"]):
            expected |= {"px_count_all": px_inside, "bbox_obj": box}
        for name, value in expected.items():
            require(info[name] == value, file, f"{key}: {name}", f"is {info[name]}, the masks give {value}")
        require(px_all >= px_inside, file, f"{key}: px_count_all", f"is {px_all}, the mask has {px_inside}")
        covered = px_inside == 0 or _contains(info["bbox_obj"], box)
        require(covered, file, f"{key}: bbox_obj", f"is {info['bbox_obj']}, which does not cover {box}")
        fraction = px_visible / max(px_all, 1)
        close = abs(info["visib_fract"] - fraction) < _ROUNDING
        require(close, file, f"{key}: visib_fract", f"is {info['visib_fract']}, the counts give {fraction:.6f}")


def _convert_box(box: list[int] | None) -> list[int]:
    """Convert a box to BOP's convention: from the first pixel to the last."""
    return [-1, -1, -1, -1] if box is None else [box[0], box[1], box[2] - 1, box[3] - 1]


def _contains(outer: list[int], inner: list[int]) -> bool:
    starts = outer[0] <= inner[0] and outer[1] <= inner[1]
    return starts and inner[0] + inner[2] <= outer[0] + outer[2] and inner[1] + inner[3] <= outer[1] + outer[3]
