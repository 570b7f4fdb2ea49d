"""A contact sheet: images from the whole dataset, with their labels."""

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
_TILE_WIDTH = 288  # px
_GAP = 4  # px between tiles
_BACKGROUND: Color = (24, 26, 30)
_INK: Color = (255, 255, 255)
_FONT_SIZE = 13  # px
_HUE_STEP = 0.618034  # turns between the hues of consecutive classes: the golden ratio
_MASK_OPACITY = 0.35
_EDGES = [
    (a, b)
    for a, b in combinations(range(1, len(KEYPOINTS)), 2)
    if sum(p != q for p, q in zip(KEYPOINTS[a], KEYPOINTS[b], strict=True)) == 1
]


def select_preview_frames(images: int) -> frozenset[int]:
    """Select frames for the sheet, evenly spaced."""
    return frozenset(np.linspace(0, images - 1, min(images, _TILES)).round().astype(int).tolist())


def write_tile(folder: Path, frame: Frame, classes: ClassList) -> None:
    """Write one tile of the sheet."""
    write_png(_locate_tile(folder, frame.number), draw_labels(frame, classes))


def write_preview(folder: Path, images: int) -> None:
    """Write the sheet from its tiles."""
    tiles = [_read_tile(_locate_tile(folder, number)) for number in sorted(select_preview_frames(images))]
    with open_png(folder / PREVIEW_FILE) as save:
        save(_arrange(tiles))


def _locate_tile(folder: Path, number: int) -> Path:
    return folder / SHARDS_FOLDER / f"preview_{number:06d}.png"


def _read_tile(file: Path) -> Image:
    image = read_image(file)
    if image is None:
        raise UsageError(
            f"{file}: is missing or damaged; delete the {SHARDS_FOLDER} folder's .jsonl files, "
            "and the same command makes it"
        )
    return np.ascontiguousarray(image[..., ::-1]).astype(np.uint8)


def _arrange(tiles: Sequence[Image]) -> Image:
    height, width = tiles[0].shape[0] + _GAP, tiles[0].shape[1] + _GAP
    columns = min(_COLUMNS, math.ceil(math.sqrt(len(tiles))))
    rows = math.ceil(len(tiles) / columns)
    sheet: Image = np.full((rows * height + _GAP, columns * width + _GAP, 3), _BACKGROUND, np.uint8)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        top, left = row * height + _GAP, column * width + _GAP
        sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return sheet


def draw_labels(frame: Frame, classes: ClassList) -> Image:
    """Draw the masks, boxes, keypoints and classes of a frame's objects."""
    scale = _TILE_WIDTH / frame.rgb.shape[1]
    picture: Image = cv2.resize(frame.rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    mask = cv2.resize(frame.mask.astype(np.float32), picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    for label in frame.objects:
        _draw_object(picture, mask == label.instance, label, choose_color(label.model, classes), scale)
    for label in frame.objects:
        _draw_class(picture, label, choose_color(label.model, classes), scale)
    draw_label(picture, f"{frame.number}  {frame.camera}", _FONT_SIZE)
    return picture


def choose_color(model: str, classes: ClassList) -> Color:
    """Choose the colour of a class."""
    red, green, blue = colorsys.hsv_to_rgb(_HUE_STEP * classes.get_number(model) % 1.0, 0.75, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def _draw_object(picture: Image, mask: np.ndarray, label: ObjectLabel, color: Color, scale: float) -> None:
    picture[mask] = ((1.0 - _MASK_OPACITY) * picture[mask] + _MASK_OPACITY * np.array(color)).astype(np.uint8)
    outline, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(picture, outline, -1, color, 1, cv2.LINE_AA)
    _draw_bounding_box(picture, label, color, scale)
    if label.box_visible is not None:
        left, top, width, height = (round(scale * edge) for edge in label.box_visible)
        cv2.rectangle(picture, (left, top, width, height), color, 1)


def _draw_bounding_box(picture: Image, label: ObjectLabel, color: Color, scale: float) -> None:
    """Draw the 3D bounding box; visible corners are filled, others hollow."""
    points = [(round(scale * u), round(scale * v), flag) for u, v, flag in label.keypoints.tolist()]
    for a, b in _EDGES:
        if points[a][2] and points[b][2]:
            cv2.line(picture, points[a][:2], points[b][:2], color, 1, cv2.LINE_AA)
    for u, v, flag in points:
        if flag:
            cv2.circle(picture, (u, v), 2, color if flag == 2.0 else _BACKGROUND, cv2.FILLED, cv2.LINE_AA)


def _draw_class(picture: Image, label: ObjectLabel, color: Color, scale: float) -> None:
    """Draw the class above the box, or below without room above."""
    left, top, _, height = (round(scale * edge) for edge in label.box_visible or label.box_whole)
    text = label.model if label.box_visible else f"({label.model})"
    base = top - 4 if top > _FONT_SIZE + 4 else top + height + _FONT_SIZE + 2
    left = max(2, min(left, picture.shape[1] - measure_text(text, _FONT_SIZE, MEDIUM) - 4))
    base = max(_FONT_SIZE, min(base, picture.shape[0] - 4))
    for dx, dy, ink in ((1, 1, _BACKGROUND), (0, 0, color)):
        draw_text(picture, text, (left + dx, base + dy), _FONT_SIZE, ink, MEDIUM)
