"""A contact sheet: pictures from all over a dataset with their labels drawn on."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from mygym_lite.datasets.frame import KEYPOINTS, ClassList, Frame, ObjectLabel
from mygym_lite.datasets.generate.shard import SHARDS_FOLDER
from mygym_lite.errors import UsageError
from mygym_lite.render.image_file import read_image
from mygym_lite.viz.image_files import open_png, write_png
from mygym_lite.viz.text import MEDIUM, Color, Image, draw_label, draw_text, measure_text

PREVIEW_FILE = "preview.png"
_TILES, _COLUMNS = 20, 5
_WIDE = 288  # px of a tile
_SEAM = 4
_PAPER: Color = (24, 26, 30)
_INK: Color = (255, 255, 255)
_LETTERS = 13  # px
_GOLDEN = 0.618034  # turns between the hues of classes that follow one another
_TINT = 0.35
_EDGES = [
    (a, b) for a, b in combinations(range(1, len(KEYPOINTS)), 2)
    if sum(p != q for p, q in zip(KEYPOINTS[a], KEYPOINTS[b], strict=True)) == 1
]  # fmt: skip


def select_preview_frames(images: int) -> frozenset[int]:
    """The numbers of the frames that are on the sheet, evenly from all."""
    return frozenset(np.linspace(0, images - 1, min(images, _TILES)).round().astype(int).tolist())


def write_tile(folder: Path, frame: Frame, classes: ClassList) -> None:
    """Keep one picture of the sheet until it is laid out."""
    write_png(_tile(folder, frame.number), draw_labels(frame, classes))


def write_preview(folder: Path, images: int) -> None:
    """Lay out the sheet."""
    tiles = [_read(_tile(folder, number)) for number in sorted(select_preview_frames(images))]
    with open_png(folder / PREVIEW_FILE) as save:
        save(_sheet(tiles))


def _tile(folder: Path, number: int) -> Path:
    return folder / SHARDS_FOLDER / f"preview_{number:06d}.png"


def _read(file: Path) -> Image:
    picture = read_image(file)
    if picture is None:
        raise UsageError(
            f"{file}: is missing or damaged; delete the {SHARDS_FOLDER} folder's .jsonl files, and the same command makes it"
        )
    return np.ascontiguousarray(picture[..., ::-1]).astype(np.uint8)


def _sheet(tiles: Sequence[Image]) -> Image:
    high, wide = tiles[0].shape[0] + _SEAM, tiles[0].shape[1] + _SEAM
    columns = min(_COLUMNS, math.ceil(math.sqrt(len(tiles))))
    rows = math.ceil(len(tiles) / columns)
    sheet: Image = np.full((rows * high + _SEAM, columns * wide + _SEAM, 3), _PAPER, np.uint8)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        top, left = row * high + _SEAM, column * wide + _SEAM
        sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return sheet


def draw_labels(frame: Frame, classes: ClassList) -> Image:
    """A picture with the masks, boxes, keypoints and classes of its objects."""
    scale = _WIDE / frame.rgb.shape[1]
    picture: Image = cv2.resize(frame.rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    mask = cv2.resize(frame.mask.astype(np.float32), picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    for thing in frame.objects:
        _draw(picture, mask == thing.instance, thing, choose_color(thing.model, classes), scale)
    for thing in frame.objects:
        _name(picture, thing, choose_color(thing.model, classes), scale)
    draw_label(picture, f"{frame.number}  {frame.camera}", _LETTERS)
    return picture


def choose_color(model: str, classes: ClassList) -> Color:
    """Each class has its own."""
    red, green, blue = colorsys.hsv_to_rgb(_GOLDEN * classes.get_number(model) % 1.0, 0.75, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def _draw(picture: Image, seen: np.ndarray, thing: ObjectLabel, color: Color, scale: float) -> None:
    picture[seen] = ((1.0 - _TINT) * picture[seen] + _TINT * np.array(color)).astype(np.uint8)
    outline, _ = cv2.findContours(seen.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(picture, outline, -1, color, 1, cv2.LINE_AA)
    _edges(picture, thing, color, scale)
    if thing.box_visible is not None:
        left, top, width, height = (round(scale * edge) for edge in thing.box_visible)
        cv2.rectangle(picture, (left, top, width, height), color, 1)


def _edges(picture: Image, thing: ObjectLabel, color: Color, scale: float) -> None:
    """The box around the model: points that are seen are filled, others hollow."""
    points = [(round(scale * u), round(scale * v), flag) for u, v, flag in thing.keypoints.tolist()]
    for a, b in _EDGES:
        if points[a][2] and points[b][2]:
            cv2.line(picture, points[a][:2], points[b][:2], color, 1, cv2.LINE_AA)
    for u, v, flag in points:
        if flag:
            cv2.circle(picture, (u, v), 2, color if flag == 2.0 else _PAPER, cv2.FILLED, cv2.LINE_AA)


def _name(picture: Image, thing: ObjectLabel, color: Color, scale: float) -> None:
    """Above the box, or below where there is no room."""
    left, top, _, height = (round(scale * edge) for edge in thing.box_visible or thing.box_whole)
    text = thing.model if thing.box_visible else f"({thing.model})"
    base = top - 4 if top > _LETTERS + 4 else top + height + _LETTERS + 2
    left = max(2, min(left, picture.shape[1] - measure_text(text, _LETTERS, MEDIUM) - 4))
    base = max(_LETTERS, min(base, picture.shape[0] - 4))
    for across, down, ink in ((1, 1, _PAPER), (0, 0, color)):
        draw_text(picture, text, (left + across, base + down), _LETTERS, ink, MEDIUM)
