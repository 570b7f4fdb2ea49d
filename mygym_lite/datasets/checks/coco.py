"""Check of COCO: structure, masks, boxes, keypoints, and one split per scene."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.checks.dataset_statistics import ObjectEntry
from mygym_lite.datasets.checks.findings import CheckFindings
from mygym_lite.datasets.formats.coco import ANNOTATION_FILES
from mygym_lite.datasets.formats.rle import decode_rle
from mygym_lite.datasets.frame import KEYPOINTS, SPLITS

Entry = dict[str, Any]
Mask = NDArray[np.bool_]
_FLAGS = ("small", "hidden", "truncated")
_KEYS = ("images", "annotations", "categories")
_IMAGE_KEYS, _ANNOTATION_KEYS = (
    ("id", "file_name", "width", "height"),
    ("id", "image_id", "category_id", "bbox", "area"),
)


def check_coco(folder: Path) -> CheckFindings:
    """Check all splits."""
    findings = CheckFindings(folder)
    scene_splits: dict[int, str] = {}
    for split in SPLITS:
        tables = {
            kind: _read_tables(folder / "annotations" / f"{kind}_{split}.json", findings) for kind in ANNOTATION_FILES
        }
        file = folder / "annotations" / f"instances_{split}.json"
        images, names = _check_images(file, split, tables["instances"], findings), _map_categories(tables["instances"])
        for entry in images.values():
            first = scene_splits.setdefault(entry.get("scene", -1 - entry["id"]), split)
            problem = f"scene {entry.get('scene')} is in {first} too"
            findings.require(first == split, file, f"image {entry['id']}", problem)
        for annotation in _check_annotations(file, tables["instances"], images, findings):
            _check_mask(file, annotation, images[annotation["image_id"]], findings)
            box = (names.get(annotation["category_id"], "?"), *annotation["bbox"])
            findings.boxes.setdefault(annotation["image_id"], []).append(box)
        _check_keypoints(folder / "annotations" / f"keypoints_{split}.json", tables, images, findings)
        findings.objects += _list_objects(split, tables["instances"])
    return findings


def _read_tables(file: Path, findings: CheckFindings) -> Entry:
    table: Entry = findings.read_json(file)
    for key in _KEYS:
        if not findings.require(isinstance(table.get(key), list), file, key, "is not a list"):
            table[key] = []
    return table


def _check_images(file: Path, split: str, table: Entry, findings: CheckFindings) -> dict[int, Entry]:
    """Check the entries of images, and return them by id."""
    images: dict[int, Entry] = {}
    for index, entry in enumerate(table["images"]):
        missing = [key for key in _IMAGE_KEYS if key not in entry]
        if not findings.require(not missing, file, f"images[{index}]", f"has no {', '.join(missing)}"):
            continue
        findings.require(entry["id"] not in images, file, f"image {entry['id']}", "is a duplicate")
        images[entry["id"]] = entry
        path = file.parent.parent / "images" / entry["file_name"]
        findings.check_image(path, split, entry["id"], (entry["width"], entry["height"]))
    return images


def _check_annotations(file: Path, table: Entry, images: dict[int, Entry], findings: CheckFindings) -> Iterator[Entry]:
    """Yield the annotations of known images; ids are unique and start at 1, since tools read 0 as none."""
    categories, ids = {entry.get("id") for entry in table["categories"]}, set()
    for index, entry in enumerate(table["annotations"]):
        missing = [key for key in _ANNOTATION_KEYS if key not in entry]
        if not findings.require(not missing, file, f"annotations[{index}]", f"has no {', '.join(missing)}"):
            continue
        key = f"annotation {entry['id']}"
        findings.require(entry["id"] > 0 and entry["id"] not in ids, file, key, "is a duplicate, or below 1")
        ids.add(entry["id"])
        findings.require(entry["category_id"] in categories, file, key, f"no category {entry['category_id']}")
        if findings.require(entry["image_id"] in images, file, key, f"no image {entry['image_id']}"):
            yield entry


def _check_mask(file: Path, entry: Entry, image: Entry, findings: CheckFindings) -> None:
    """Check that a mask has the size of its image, its area and box, and lies in the amodal silhouette."""
    key, size = f"annotation {entry['id']}", (image["height"], image["width"])
    mask = _decode_mask(file, f"{key}: segmentation", entry.get("segmentation"), size, findings)
    if mask is None:
        return
    area = int(np.count_nonzero(mask))
    findings.require(area == entry["area"], file, f"{key}: area", f"is {entry['area']}, the mask has {area} px")
    box = compute_box(mask)
    findings.require(box == entry["bbox"], file, f"{key}: bbox", f"is {entry['bbox']}, the mask's is {box}")
    if "segmentation_whole" in entry:
        amodal = _decode_mask(file, f"{key}: segmentation_whole", entry["segmentation_whole"], size, findings)
        outside = 0 if amodal is None else int(np.count_nonzero(mask & ~amodal))
        findings.require(not outside, file, f"{key}: segmentation", f"{outside} px outside of segmentation_whole")


def _decode_mask(file: Path, key: str, value: Any, size: tuple[int, int], findings: CheckFindings) -> Mask | None:
    try:
        if tuple(value["size"]) != size:
            raise ValueError(f"is for {value['size']}, the image is {list(size)}")
        return decode_rle(value["counts"], *size)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        findings.add_error(file, key, str(error) if isinstance(error, ValueError) else "is not a compressed mask")
        return None


def compute_box(mask: Mask) -> list[int] | None:
    """Return left, top, width and height of a mask's bounding box, px; None if it is empty."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return None
    left, right, top, bottom = (int(edge) for edge in (columns[0], columns[-1], rows[0], rows[-1]))
    return [left, top, right - left + 1, bottom - top + 1]


def _check_keypoints(file: Path, tables: dict[str, Entry], images: dict[int, Entry], findings: CheckFindings) -> None:
    """Check that keypoints lie in their image and belong to the objects of the instances."""
    objects = [[[a.get(key) for key in _ANNOTATION_KEYS] for a in table["annotations"]] for table in tables.values()]
    findings.require(objects[0] == objects[1], file, "annotations", "differ from those of the instances")
    for entry in tables["keypoints"]["annotations"]:
        image, points = images.get(entry.get("image_id")), entry.get("keypoints", [])
        key = f"annotation {entry.get('id')}: keypoints"
        problem = f"are {len(points)} numbers, not {3 * len(KEYPOINTS)}"
        if image is None or not findings.require(len(points) == 3 * len(KEYPOINTS), file, key, problem):
            continue
        u, v, flag = np.array(points, dtype=float).reshape(-1, 3).T
        labelled = flag > 0
        inside = (u >= 0) & (u <= image["width"]) & (v >= 0) & (v <= image["height"])
        findings.require(bool(inside[labelled].all()), file, key, "lie outside the image")
        count = int(np.count_nonzero(labelled))
        findings.require(count == entry.get("num_keypoints"), file, f"{key[:-9]}num_keypoints", f"is not {count}")


def _map_categories(table: Entry) -> dict[int, str]:
    return {entry["id"]: entry.get("name", "?") for entry in table["categories"] if "id" in entry}


def _list_objects(split: str, table: Entry) -> Iterator[ObjectEntry]:
    names = _map_categories(table)
    for entry in (*table["annotations"], *table.get("unseen", [])):
        flags = tuple(flag for flag in _FLAGS if entry.get(flag))
        model = names.get(entry.get("category_id"), "?")
        yield ObjectEntry(split, model, entry.get("area", 0), entry.get("visible_fraction"), flags)
