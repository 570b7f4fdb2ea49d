"""Reads YOLO back: lines, numbers, files, and whether the three kinds speak of the same objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.datasets.checks.dataset_statistics import ObjectEntry
from mygym_lite.datasets.checks.findings import CheckFindings
from mygym_lite.datasets.formats.polygon import fill_polygon
from mygym_lite.datasets.formats.yolo import KINDS, Kind
from mygym_lite.datasets.frame import KEYPOINTS, SPLITS
from mygym_lite.schema import parse_json

_BOX = 5  # numbers of a class and a box
_NUMBERS = {"detect": _BOX, "pose": _BOX + 3 * len(KEYPOINTS)}
_ROUNDED = 2e-6  # of an edge of the picture: six digits are written
Lines = list[list[float]]


def check_yolo(folder: Path) -> CheckFindings:
    """Check all kinds and splits."""
    findings = CheckFindings(folder)
    classes = {kind: _classes(folder / kind / "data.yaml", findings) for kind in KINDS}
    for split in SPLITS:
        stems = {kind: _stems(folder / kind / "images" / split) for kind in KINDS}
        for kind in KINDS:
            missing = len(set(stems["detect"]) ^ set(stems[kind]))
            findings.require(not missing, folder / kind / "images" / split, "", f"{missing} pictures unlike detect's")
            strays = set(_stems(folder / kind / "labels" / split)) - set(stems[kind])
            findings.require(not strays, folder / kind / "labels" / split, "", f"{len(strays)} labels of no picture")
        for stem in stems["detect"]:
            _check_picture(folder, split, stem, classes["detect"], findings)
    return findings


def _stems(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.iterdir()) if folder.is_dir() else []


def _classes(file: Path, findings: CheckFindings) -> list[str]:
    """The names that come last in the description of a kind."""
    try:
        _, names = file.read_text(encoding="utf-8").split("names:\n")
        return [parse_json(line.split(":", 1)[1]) for line in names.splitlines()]
    except (OSError, ValueError, IndexError):
        findings.add_error(file, "names", "cannot be read")
        return []


def _check_picture(folder: Path, split: str, stem: str, classes: list[str], findings: CheckFindings) -> None:
    picture = folder / "detect" / "images" / split / f"{stem}.png"
    size = findings.check_image(picture, split, int(stem) if stem.isdecimal() else -1, None)
    files = {kind: folder / kind / "labels" / split / f"{stem}.txt" for kind in KINDS}
    lines = {kind: _lines(kind, file, len(classes), findings) for kind, file in files.items()}
    for kind in KINDS:
        heads = [[row[0] for row in lines[other]] for other in ("detect", kind)]
        findings.require(heads[0] == heads[1], files[kind], "", "has other objects than detect")
    if size is None or len({len(rows) for rows in lines.values()}) > 1:
        return
    for number, (box, points, joints) in enumerate(zip(*(lines[kind] for kind in KINDS), strict=True), start=1):
        _check_agreement(number, box, points, joints, files, findings)
        pixels = np.count_nonzero(_fill(points, size)) if len(points) > _BOX else 0
        name = _name(classes, box)
        findings.objects.append(ObjectEntry(split, name, float(pixels), None, ()))
        findings.boxes.setdefault(int(stem), []).append((name, *_box(box, size)))


def _name(classes: list[str], row: list[float]) -> str:
    return classes[int(row[0])] if int(row[0]) < len(classes) else "?"


def _box(row: list[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, width and height, px."""
    (x, y, width, height), (across, down) = row[1:_BOX], size
    return (
        round((x - width / 2) * across), round((y - height / 2) * down), round(width * across), round(height * down),
    )  # fmt: skip


def _fill(row: list[float], size: tuple[int, int]) -> Any:
    return fill_polygon(np.array(row[1:]).reshape(-1, 2) * size, size[1], size[0])


def _lines(kind: str, file: Path, classes: int, findings: CheckFindings) -> Lines:
    """Rows of numbers; a picture without objects has no file."""
    try:
        rows = [[float(word) for word in line.split()] for line in file.read_text(encoding="ascii").splitlines()]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        findings.add_error(file, "", f"cannot be read ({error})")
        return []
    return [row for number, row in enumerate(rows, start=1) if _right(kind, file, number, row, classes, findings)]


def _right(kind: str, file: Path, number: int, row: list[float], classes: int, findings: CheckFindings) -> bool:
    key, wanted = f"line {number}", _NUMBERS.get(kind)
    fits = len(row) == wanted if wanted else len(row) > _BOX + 1 and len(row) % 2 == 1
    if not findings.require(fits, file, key, f"has {len(row)} numbers"):
        return False
    findings.require(row[0] in range(classes), file, key, f"no class {row[0]:g}")
    values = np.array(row[1:])
    if kind == "pose":
        values = np.delete(values, np.s_[_BOX + 1 :: 3])
        findings.require(set(row[_BOX + 2 :: 3]) <= {0.0, 1.0, 2.0}, file, key, "has a flag that is not 0, 1 or 2")
    findings.require(bool(((values >= 0) & (values <= 1)).all()), file, key, "leaves the range from 0 to 1")
    return True


def _check_agreement(
    number: int,
    box: list[float],
    points: list[float],
    joints: list[float],
    files: dict[Kind, Path],
    findings: CheckFindings,
) -> None:
    """The outline keeps within the box, and the keypoints' box is that of detect."""
    findings.require(box[:_BOX] == joints[:_BOX], files["pose"], f"line {number}", "has another box than detect")
    x, y, width, height = box[1:]
    corners = np.array(points[1:]).reshape(-1, 2)
    over = np.abs(corners - (x, y)) - np.array([width, height]) / 2
    findings.require(bool((over <= _ROUNDED).all()), files["segment"], f"line {number}", "leaves the box of detect")
