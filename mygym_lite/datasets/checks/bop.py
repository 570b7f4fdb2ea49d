"""Reads BOP back: files, counts and boxes against the masks, depth and silhouettes against the posed models."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.checks.coco import compute_box
from mygym_lite.datasets.checks.dataset_statistics import ObjectEntry
from mygym_lite.datasets.checks.findings import CheckFindings
from mygym_lite.datasets.checks.pose import CheckedModel, check_pose
from mygym_lite.datasets.formats.ply import read_ply
from mygym_lite.datasets.formats.png import read_png
from mygym_lite.datasets.frame import SPLITS
from mygym_lite.errors import ConfigError

Entry = dict[str, Any]
Mask = NDArray[np.bool_]
_TABLES = ("scene_camera", "scene_gt", "scene_gt_info")
_ROUNDED = 1e-6


class ImageEntry(NamedTuple):
    """One picture, with the tables' entries on it."""

    folder: Path
    split: str
    number: int
    camera: Entry
    depth: NDArray[np.float64]  # mm


def check_bop(folder: Path) -> CheckFindings:
    """Check all splits."""
    findings = CheckFindings(folder)
    models = _models(folder / "models", findings)
    for split in SPLITS:
        for scene in sorted(path for path in (folder / split).glob("*") if path.is_dir()):
            tables = [findings.read_json(scene / f"{name}.json") for name in _TABLES]
            for name, table in zip(_TABLES[1:], tables[1:], strict=True):
                same = table.keys() == tables[0].keys()
                findings.require(same, scene / f"{name}.json", "", "is about other pictures than scene_camera.json")
            for number in tables[0].keys() & tables[1].keys() & tables[2].keys():
                _check_picture(scene, split, number, [table[number] for table in tables], models, findings)
    scaled = sum(one.scaled_pose_count for one in models.values())
    if scaled:
        findings.notes.append(f"{scaled} poses are of models scaled by 'size'; readers without that key misplace them")
    return findings


def _models(folder: Path, findings: CheckFindings) -> dict[int, CheckedModel]:
    found: dict[int, CheckedModel] = {}
    for number, info in findings.read_json(folder / "models_info.json").items():
        file = folder / f"obj_{int(number):06d}.ply"
        try:
            points, triangles = read_ply(file)
        except ConfigError as error:
            findings.add_error(file, "", str(error).partition(": ")[2])
            continue
        found[int(number)] = CheckedModel(str(info.get("name", number)), points, points[triangles])
        low, size = points.min(axis=0), np.ptp(points, axis=0)
        told = [info.get(f"{what}_{axis}", np.nan) for what in ("min", "size") for axis in "xyz"]
        fits = np.allclose([*low, *size], told, atol=1e-3)
        findings.require(fits, folder / "models_info.json", number, "has another box than its model")
    return found


def _check_picture(
    scene: Path, split: str, number: str, entries: list[Any], models: dict[int, CheckedModel], findings: CheckFindings
) -> None:
    camera, poses, infos = entries
    name = f"{int(number):06d}.png"
    size = findings.check_image(scene / "rgb" / name, split, int(number), None)
    depth = _pixels(scene / "depth" / name, size, findings)
    if size is None or depth is None:
        return
    same = len(poses) == len(infos)
    if not findings.require(same, scene / "scene_gt_info.json", number, "has another count than scene_gt"):
        return
    picture = ImageEntry(scene, split, int(number), camera, depth * float(camera["depth_scale"]))
    taken = np.zeros(depth.shape, np.bool_)
    for index, (pose, info) in enumerate(zip(poses, infos, strict=True)):
        _check_object(picture, index, pose, info, taken, models, findings)


def _check_object(
    picture: ImageEntry,
    index: int,
    pose: Entry,
    info: Entry,
    taken: Mask,
    models: dict[int, CheckedModel],
    findings: CheckFindings,
) -> None:
    """One object; its visible pixels are added to those that are taken."""
    scene, key = picture.folder, f"{picture.number}[{index}]"
    model = models.get(pose.get("obj_id", 0))
    if model is None:
        findings.add_error(scene / "scene_gt.json", f"{key}: obj_id", f"no model {pose.get('obj_id')}")
        return
    name, size = f"{picture.number:06d}_{index:06d}.png", picture.depth.shape[::-1]
    masks = [_pixels(scene / kind / name, size, findings) for kind in ("mask", "mask_visib")]
    if masks[0] is None or masks[1] is None:
        return
    whole, visible = masks[0] > 0, masks[1] > 0
    overlap = int(np.count_nonzero(visible & taken))
    findings.require(not overlap, scene / "mask_visib" / name, "", f"{overlap} px belong to another object too")
    taken |= visible
    _check_counts(picture, key, info, whole, visible, findings)
    for problem in check_pose(picture, model, pose, info, whole, visible):
        findings.add_error(scene / "scene_gt.json", key, problem)
    _remember(picture, model, pose, info, visible, findings)


def _remember(
    picture: ImageEntry, model: CheckedModel, pose: Entry, info: Entry, visible: Mask, findings: CheckFindings
) -> None:
    model.scaled_pose_count += abs(pose.get("size", 1.0) - 1.0) > _ROUNDED
    flags = tuple(flag for flag in ("small", "hidden") if info.get(flag))
    findings.objects.append(ObjectEntry(picture.split, model.name, info["px_count_visib"], info["visib_fract"], flags))
    if (box := compute_box(visible)) is not None:
        boxes = findings.boxes.setdefault(picture.number, [])
        boxes.append((model.name, box[0], box[1], box[2], box[3]))


def _pixels(file: Path, size: tuple[int, int] | None, findings: CheckFindings) -> NDArray[Any] | None:
    """A picture of one channel that is as large as its colours."""
    try:
        image = read_png(file)
    except ValueError as error:
        findings.add_error(file, "", str(error))
        return None
    fits = size is None or image.shape == size[::-1]
    return image if findings.require(fits, file, "", f"is {image.shape}, not one channel as large as rgb") else None


def _check_counts(
    picture: ImageEntry, key: str, info: Entry, whole: Mask, visible: Mask, findings: CheckFindings
) -> None:
    """Counts and boxes are those of the masks, and what is visible is part of the whole."""
    file = picture.folder / "scene_gt_info.json"
    everything, inside, seen = info["px_count_all"], int(np.count_nonzero(whole)), int(np.count_nonzero(visible))
    outside = int(np.count_nonzero(visible & ~whole))
    findings.require(not outside, file, f"{key}: mask_visib", f"{outside} px outside of mask")
    expected = {
        "px_count_visib": seen,
        "px_count_valid": int(np.count_nonzero(picture.depth[whole])),
        "bbox_visib": _spans(compute_box(visible)),
    }
    box = _spans(compute_box(whole))
    if _within(info["bbox_obj"], whole.shape):
        expected |= {"px_count_all": inside, "bbox_obj": box}
    for name, value in expected.items():
        findings.require(info[name] == value, file, f"{key}: {name}", f"is {info[name]}, the masks say {value}")
    findings.require(everything >= inside, file, f"{key}: px_count_all", f"is {everything}, the mask has {inside}")
    holds = inside == 0 or _holds(info["bbox_obj"], box)
    findings.require(holds, file, f"{key}: bbox_obj", f"is {info['bbox_obj']}, which leaves out some of {box}")
    share = seen / max(everything, 1)
    close = abs(info["visib_fract"] - share) < _ROUNDED
    findings.require(close, file, f"{key}: visib_fract", f"is {info['visib_fract']}, the counts say {share:.6f}")


def _spans(box: list[int] | None) -> list[int]:
    """A box as BOP has it: from the first pixel to the last."""
    return [-1, -1, -1, -1] if box is None else [box[0], box[1], box[2] - 1, box[3] - 1]


def _within(box: list[int], shape: tuple[int, ...]) -> bool:
    return _holds([0, 0, shape[1] - 1, shape[0] - 1], box)


def _holds(outer: list[int], inner: list[int]) -> bool:
    """Whether one box is inside another."""
    begins = outer[0] <= inner[0] and outer[1] <= inner[1]
    return begins and inner[0] + inner[2] <= outer[0] + outer[2] and inner[1] + inner[3] <= outer[1] + outer[3]
