"""Check of YOLO: lines, numbers, files, and agreement of the three kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mygym_lite.datasets.checks.dataset_statistics import ObjectEntry
from mygym_lite.datasets.checks.findings import CheckFindings
from mygym_lite.datasets.formats.polygon import compute_area
from mygym_lite.datasets.formats.yolo import KINDS
from mygym_lite.datasets.frame import KEYPOINTS, SPLITS
from mygym_lite.documents import parse_json

_BOX = 5  # numbers of a class and a box
_NUMBERS = {"detect": _BOX, "pose": _BOX + 3 * len(KEYPOINTS)}
_ROUNDING = 2e-6  # of an image edge; six decimals are written
Rows = list[list[float]]


def check_yolo(folder: Path) -> CheckFindings:
    """Check all kinds and splits."""
    findings = CheckFindings(folder)
    classes = {kind: _read_classes(folder / kind / "data.yaml", findings) for kind in KINDS}
    for split in SPLITS:
        stems = {kind: _list_stems(folder / kind / "images" / split) for kind in KINDS}
        for kind in KINDS:
            missing = len(set(stems["detect"]) ^ set(stems[kind]))
            findings.require(
                not missing, folder / kind / "images" / split, "", f"{missing} images differ from detect's"
            )
            orphans = set(_list_stems(folder / kind / "labels" / split)) - set(stems[kind])
            findings.require(
                not orphans, folder / kind / "labels" / split, "", f"{len(orphans)} labels without an image"
            )
        for stem in stems["detect"]:
            _check_image(folder, split, stem, classes["detect"], findings)
    return findings


def _list_stems(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.iterdir()) if folder.is_dir() else []


def _read_classes(file: Path, findings: CheckFindings) -> list[str]:
    """Read the class names at the end of ``data.yaml``."""
    try:
        _, names = file.read_text(encoding="utf-8").split("names:\n")
        return [parse_json(line.split(":", 1)[1]) for line in names.splitlines()]
    except (OSError, ValueError, IndexError):
        findings.add_error(file, "names", "cannot be read")
        return []


def _check_image(folder: Path, split: str, stem: str, classes: list[str], findings: CheckFindings) -> None:
    image = folder / "detect" / "images" / split / f"{stem}.png"
    size = findings.check_image(image, split, int(stem) if stem.isdecimal() else -1, None)
    files = {kind: folder / kind / "labels" / split / f"{stem}.txt" for kind in KINDS}
    rows = {kind: _read_rows(kind, file, len(classes), findings) for kind, file in files.items()}
    for kind in KINDS:
        classes_by_kind = [[row[0] for row in rows[other]] for other in ("detect", kind)]
        findings.require(classes_by_kind[0] == classes_by_kind[1], files[kind], "", "has other objects than detect")
    if size is None or len({len(rows[kind]) for kind in KINDS}) > 1:
        return
    for number, (box, outline, keypoints) in enumerate(zip(*(rows[kind] for kind in KINDS), strict=True), start=1):
        same = box[:_BOX] == keypoints[:_BOX]
        findings.require(same, files["pose"], f"line {number}", "has a different box than detect")
        spans = _spans_box(box, outline)
        findings.require(spans, files["segment"], f"line {number}", "does not span the box of detect")
        pixels = round(compute_area(np.array(outline[1:]).reshape(-1, 2) * size))
        name = classes[int(box[0])] if int(box[0]) < len(classes) else "?"
        findings.objects.append(ObjectEntry(split, name, float(pixels), None, ()))
        findings.boxes.setdefault(int(stem), []).append((name, *_scale_box(box, size)))


def _spans_box(box: list[float], outline: list[float]) -> bool:
    """Return True if a box is the bounding box of an outline."""
    x, y, width, height = box[1:]
    points, half = np.array(outline[1:]).reshape(-1, 2) - (x, y), np.array([width, height]) / 2
    return np.allclose([points.min(axis=0), points.max(axis=0)], [-half, half], rtol=0.0, atol=_ROUNDING)


def _scale_box(row: list[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, top, width and height, px."""
    x, y, width, height = row[1:_BOX]
    left, top = round((x - width / 2) * size[0]), round((y - height / 2) * size[1])
    return left, top, round(width * size[0]), round(height * size[1])


def _read_rows(kind: str, file: Path, classes: int, findings: CheckFindings) -> Rows:
    """Read rows of numbers; an image without objects has no file."""
    try:
        rows = [[float(word) for word in line.split()] for line in file.read_text(encoding="ascii").splitlines()]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        findings.add_error(file, "", f"cannot be read ({error})")
        return []
    valid = []
    for number, row in enumerate(rows, start=1):
        expected = _NUMBERS.get(kind)
        fits = len(row) == expected if expected else len(row) > _BOX + 1 and len(row) % 2 == 1
        if findings.require(fits, file, f"line {number}", f"has {len(row)} numbers"):
            valid.append(row)
            for problem in _check_row(kind, row, classes):
                findings.add_error(file, f"line {number}", problem)
    return valid


def _check_row(kind: str, row: list[float], classes: int) -> Iterator[str]:
    if row[0] not in range(classes):
        yield f"no class {row[0]:g}"
    values = np.array(row[1:])
    if kind == "pose":
        values = np.delete(values, np.s_[_BOX + 1 :: 3])
        if not set(row[_BOX + 2 :: 3]) <= {0.0, 1.0, 2.0}:
            yield "has a flag that is not 0, 1 or 2"
    if not ((values >= 0) & (values <= 1)).all():
        yield "leaves the range from 0 to 1"
