"""Reader of vision datasets in COCO format into arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.formats.rle import decode_rle
from mygym_lite.datasets.frame import Split
from mygym_lite.documents import parse_json
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.perception.camera_encoding import BACKBONE_STRIDE, STRIDE, CameraBatch
from mygym_lite.perception.crops import DOWNSAMPLING, downsample
from mygym_lite.perception.training.crop_data import CropObject, build_object_crops
from mygym_lite.perception.training.data import MAX_OBJECTS, LabelledImages, ObjectTargets
from mygym_lite.perception.yaw import compute_yaw, count_folds
from mygym_lite.render.image_file import read_image

MANIFEST_FILE = "dataset.json"
_FORMAT = "coco"
_MIN_CELL_PX = 4  # pixels of a cell that an object must cover to own it
_CROP_SEED = 0  # of the scales of patches


def read_labelled_images(
    folder: Path, split: Split, *, with_crops: bool = False, keep_full: bool = False
) -> LabelledImages:
    """Read one split of a dataset in COCO format.

    Args:
        folder: Folder of the dataset.
        split: Split to read.
        with_crops: Downsample the images, and extract patches around the objects at full resolution.
        keep_full: Keep the images at full resolution, too.

    Raises:
        UsageError: The folder holds no such dataset.
        ConfigError: The dataset is damaged, or of an older version.
    """
    manifest = read_dataset_manifest(folder)
    file = folder / _FORMAT / "annotations" / f"instances_{split}.json"
    annotations = _read_json(file)
    if annotations.get("images") == []:
        raise UsageError(f"{file}: holds no image; make a dataset of ten whole scenes or more")
    if with_crops:
        check_size(folder, manifest["size"], DOWNSAMPLING)
    try:
        images = _build_images(
            folder / _FORMAT / "images", tuple(manifest["classes"]), annotations, DOWNSAMPLING if with_crops else 1
        )
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise ConfigError(f"{file}: cannot be used ({type(error).__name__}: {error}); make it again") from error
    return images if keep_full or not with_crops else replace(images, full=None)


def check_size(folder: Path, size: Sequence[int], downsampling: int) -> None:
    """Refuse images whose size is unsuitable for the detection network."""
    width, height = size
    unit = BACKBONE_STRIDE * downsampling
    if width % unit or height % unit:
        raise UsageError(f"{folder}: its images have {width}x{height} px; make them with multiples of {unit}")


def read_dataset_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a dataset, and refuse a dataset that is unsuitable for training."""
    manifest = _read_json(folder / MANIFEST_FILE)
    if _FORMAT not in manifest.get("formats", ()):
        raise UsageError(f"{folder}: perception is trained on COCO; make the dataset with --format {_FORMAT}")
    if not manifest.get("finished"):
        raise UsageError(f"{folder}: is not finished; run the command that makes it once more")
    check_size(folder, manifest["size"], 1)
    return manifest


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = parse_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}); name the folder of a dataset") from error
    except ValueError as error:
        raise ConfigError(f"{file}: is damaged ({error}); run the command that made the dataset once more") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: is not a JSON object; run the command that made the dataset once more")
    return content


def _build_images(
    folder: Path, class_names: tuple[str, ...], content: dict[str, Any], downsampling: int
) -> LabelledImages:
    entries = content["images"]
    annotations: dict[int, list[dict[str, Any]]] = {entry["id"]: [] for entry in entries}
    for annotation in content["annotations"]:
        annotations[annotation["image_id"]].append(annotation)
    objects = [annotations[entry["id"]][:MAX_OBJECTS] for entry in entries]
    cameras = [entry["nominal_camera"] for entry in entries]
    intrinsics = np.array([np.array(camera["intrinsics"])[[0, 2, 5]] for camera in cameras]).reshape(-1, 3)
    world_to_camera = np.array([camera["world_to_camera"] for camera in cameras]).reshape(-1, 4, 4)
    camera_batch = CameraBatch(intrinsics / downsampling, world_to_camera)
    owners, masks = zip(
        *(_assign_cells(*pair, downsampling) for pair in zip(entries, objects, strict=True)), strict=True
    )
    full, is_full = _read_images(folder, entries), downsampling == 1
    cell_owners = np.array(owners)
    return LabelledImages(
        class_names=class_names,
        rgb=full if is_full else np.array([downsample(image) for image in full]),
        camera_batch=camera_batch,
        cell_owners=cell_owners,
        packed_masks=np.array(masks),
        objects=_build_object_targets(class_names, camera_batch, objects),
        moments=_number_moments(entries),
        cameras=tuple(entry["camera"] for entry in entries),
        full=None if is_full else full,
        crops=None
        if is_full
        else build_object_crops(full, cell_owners, camera_batch, _list_crop_objects(class_names, objects), _CROP_SEED),
    )


def _list_crop_objects(
    class_names: tuple[str, ...], objects: Sequence[Sequence[dict[str, Any]]]
) -> list[tuple[int, CropObject]]:
    """List the objects of all images, each with its number in its image."""
    return [
        (
            number,
            CropObject(
                row,
                annotation["category_id"],
                class_names[annotation["category_id"] - 1],
                tuple(annotation["pose"]["robot_position"]),
                tuple(annotation["pose"]["robot_rotation"]),
            ),
        )
        for row, image_objects in enumerate(objects)
        for number, annotation in enumerate(image_objects, start=1)
    ]


def _read_images(folder: Path, entries: Sequence[dict[str, Any]]) -> NDArray[np.uint8]:
    width, height = entries[0]["width"], entries[0]["height"]
    images = np.empty((len(entries), height, width, 3), np.uint8)
    for image, entry in zip(images, entries, strict=True):
        file = folder / entry["file_name"]
        bgr = read_image(file)
        if bgr is None or bgr.shape != image.shape:
            raise ConfigError(f"{file}: is damaged; run the command that made the dataset again")
        image[:] = bgr[..., ::-1]
    return images


def _assign_cells(
    entry: dict[str, Any], objects: Sequence[dict[str, Any]], downsampling: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the owner of each cell, the object that covers most of it, and the packed mask of all objects."""
    height, width = entry["height"], entry["width"]
    pitch, min_px = STRIDE * downsampling, _MIN_CELL_PX * downsampling**2
    cells = np.zeros((1 + len(objects), height // pitch, width // pitch), np.int64)
    cells[0] = min_px - 1
    union = np.zeros((height, width), np.bool_)
    for number, annotation in enumerate(objects, start=1):
        mask = decode_rle(annotation["segmentation"]["counts"], height, width)
        union |= mask
        cells[number] = mask.reshape(height // pitch, pitch, width // pitch, pitch).sum((1, 3))
        cells[number].flat[cells[number].argmax()] += min_px  # so that small objects own a cell, too
    blocks = union.reshape(height // downsampling, downsampling, width // downsampling, downsampling)
    return cells.argmax(axis=0).astype(np.uint8), np.packbits(2 * blocks.sum((1, 3)) >= downsampling**2)


def _build_object_targets(
    class_names: tuple[str, ...], camera_batch: CameraBatch, objects: Sequence[Sequence[dict[str, Any]]]
) -> ObjectTargets:
    n = len(objects)
    folds = {name: count_folds(name) for name in class_names}
    targets = ObjectTargets(
        classes=np.zeros((n, MAX_OBJECTS), np.uint8),
        image_points=np.zeros((n, MAX_OBJECTS, 3), np.float32),
        position=np.zeros((n, MAX_OBJECTS, 3), np.float32),
        yaw=np.full((n, MAX_OBJECTS, 2), np.nan, np.float32),
        instance=np.zeros((n, MAX_OBJECTS), np.uint8),
    )
    for row, image_objects in enumerate(objects):
        for column, annotation in enumerate(image_objects):
            name, pose = class_names[annotation["category_id"] - 1], annotation["pose"]
            targets.classes[row, column] = annotation["category_id"]
            targets.position[row, column] = pose["robot_position"]
            targets.instance[row, column] = _hash_name(annotation["name"])
            yaw = compute_yaw(name, pose["robot_rotation"]) if folds[name] else None
            if yaw is not None:
                targets.yaw[row, column] = yaw - camera_batch.headings[row], yaw
    targets.image_points[:] = camera_batch.project(targets.position.astype(np.float64))
    return targets


def _hash_name(name: str) -> int:
    """Hash an object's name to a number that is the same in every image."""
    return sum(name.encode()) % 251 + 1


def _number_moments(entries: Sequence[dict[str, Any]]) -> NDArray[np.int64]:
    """Assign moments to images, which are ordered by moment and camera: a repeated camera starts the next one."""
    moment, scene, cameras = -1, None, set[str]()
    moments: list[int] = []
    for entry in entries:
        if entry["scene"] != scene or entry["camera"] in cameras:
            moment, scene, cameras = moment + 1, entry["scene"], set()
        cameras.add(entry["camera"])
        moments.append(moment)
    return np.array(moments, np.int64)
