"""Reads COCO back: structure, masks, boxes, keypoints, and whether scenes keep to their split."""

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
_OF_IMAGE, _OF_ANNOTATION = ("id", "file_name", "width", "height"), ("id", "image_id", "category_id", "bbox", "area")


def check_coco(folder: Path) -> CheckFindings:
    """Check all splits."""
    findings = CheckFindings(folder)
    split_of: dict[int, str] = {}
    for split in SPLITS:
        tables = {kind: _read(folder / "annotations" / f"{kind}_{split}.json", findings) for kind in ANNOTATION_FILES}
        file = folder / "annotations" / f"instances_{split}.json"
        images, names = _images(file, split, tables["instances"], findings), _names(tables["instances"])
        for entry in images.values():
            home = split_of.setdefault(entry.get("scene", -1 - entry["id"]), split)
            findings.require(
                home == split, file, f"image {entry['id']}", f"scene {entry.get('scene')} is in {home} too"
            )
        for annotation in _annotations(file, tables["instances"], images, findings):
            _check_mask(file, annotation, images[annotation["image_id"]], findings)
            box = (names.get(annotation["category_id"], "?"), *annotation["bbox"])
            findings.boxes.setdefault(annotation["image_id"], []).append(box)
        _check_keypoints(folder / "annotations" / f"keypoints_{split}.json", tables, images, findings)
        findings.objects += _seen(split, tables["instances"])
    return findings


def _read(file: Path, findings: CheckFindings) -> Entry:
    table: Entry = findings.read_json(file)
    for key in _KEYS:
        if not findings.require(isinstance(table.get(key), list), file, key, "is no list"):
            table[key] = []
    return table


def _images(file: Path, split: str, table: Entry, findings: CheckFindings) -> dict[int, Entry]:
    """The entries of pictures by their id, those that have one."""
    found: dict[int, Entry] = {}
    for place, entry in enumerate(table["images"]):
        missing = [key for key in _OF_IMAGE if key not in entry]
        if not findings.require(not missing, file, f"images[{place}]", f"has no {', '.join(missing)}"):
            continue
        findings.require(entry["id"] not in found, file, f"image {entry['id']}", "is there twice")
        found[entry["id"]] = entry
        picture = file.parent.parent / "images" / entry["file_name"]
        findings.check_image(picture, split, entry["id"], (entry["width"], entry["height"]))
    return found


def _annotations(file: Path, table: Entry, images: dict[int, Entry], findings: CheckFindings) -> Iterator[Entry]:
    """Those whose picture and class exist; ids are there once, and begin at 1 since tools take 0 for none."""
    classes, known = {entry.get("id") for entry in table["categories"]}, set()
    for place, entry in enumerate(table["annotations"]):
        missing = [key for key in _OF_ANNOTATION if key not in entry]
        if not findings.require(not missing, file, f"annotations[{place}]", f"has no {', '.join(missing)}"):
            continue
        key = f"annotation {entry['id']}"
        findings.require(entry["id"] > 0 and entry["id"] not in known, file, key, "is there twice, or below 1")
        known.add(entry["id"])
        findings.require(entry["category_id"] in classes, file, key, f"no category {entry['category_id']}")
        if findings.require(entry["image_id"] in images, file, key, f"no image {entry['image_id']}"):
            yield entry


def _check_mask(file: Path, entry: Entry, image: Entry, findings: CheckFindings) -> None:
    """The mask is as large as the picture, as its area and box say, and inside the whole silhouette."""
    key, size = f"annotation {entry['id']}", (image["height"], image["width"])
    mask = _mask(file, f"{key}: segmentation", entry.get("segmentation"), size, findings)
    if mask is None:
        return
    area = int(np.count_nonzero(mask))
    findings.require(area == entry["area"], file, f"{key}: area", f"is {entry['area']}, the mask has {area} px")
    box = compute_box(mask)
    findings.require(box == entry["bbox"], file, f"{key}: bbox", f"is {entry['bbox']}, the mask's is {box}")
    if "segmentation_whole" in entry:
        whole = _mask(file, f"{key}: segmentation_whole", entry["segmentation_whole"], size, findings)
        outside = 0 if whole is None else int(np.count_nonzero(mask & ~whole))
        findings.require(not outside, file, f"{key}: segmentation", f"{outside} px outside of segmentation_whole")


def _mask(file: Path, key: str, value: Any, size: tuple[int, int], findings: CheckFindings) -> Mask | None:
    try:
        if tuple(value["size"]) != size:
            raise ValueError(f"is for {value['size']}, the picture is {list(size)}")
        return decode_rle(value["counts"], *size)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        findings.add_error(file, key, str(error) if isinstance(error, ValueError) else "is no compressed mask")
        return None


def compute_box(mask: Mask) -> list[int] | None:
    """Left, top, width and height of what a mask holds, px."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return None
    left, right, top, bottom = (int(edge) for edge in (columns[0], columns[-1], rows[0], rows[-1]))
    return [left, top, right - left + 1, bottom - top + 1]


def _check_keypoints(file: Path, tables: dict[str, Entry], images: dict[int, Entry], findings: CheckFindings) -> None:
    """They lie in their picture, and belong to the same objects as the instances."""
    objects = [[[a.get(key) for key in _OF_ANNOTATION] for a in table["annotations"]] for table in tables.values()]
    findings.require(objects[0] == objects[1], file, "annotations", "are not those of the instances")
    for entry in tables["keypoints"]["annotations"]:
        image, points = images.get(entry.get("image_id")), entry.get("keypoints", [])
        key = f"annotation {entry.get('id')}: keypoints"
        if image is None or not findings.require(
            len(points) == 3 * len(KEYPOINTS), file, key, f"are {len(points)} numbers, not {3 * len(KEYPOINTS)}"
        ):
            continue
        u, v, flag = np.array(points, dtype=float).reshape(-1, 3).T
        named = flag > 0
        inside = (u >= 0) & (u <= image["width"]) & (v >= 0) & (v <= image["height"])
        findings.require(bool(inside[named].all()), file, key, "lie outside of the picture")
        count = int(np.count_nonzero(named))
        findings.require(count == entry.get("num_keypoints"), file, f"{key[:-9]}num_keypoints", f"is not {count}")


def _names(table: Entry) -> dict[int, str]:
    return {entry["id"]: entry.get("name", "?") for entry in table["categories"] if "id" in entry}


def _seen(split: str, table: Entry) -> Iterator[ObjectEntry]:
    names = _names(table)
    for entry in (*table["annotations"], *table.get("unseen", [])):
        flags = tuple(flag for flag in _FLAGS if entry.get(flag))
        model = names.get(entry.get("category_id"), "?")
        yield ObjectEntry(split, model, entry.get("area", 0), entry.get("visible_fraction"), flags)
