"""A sheet of pairs of successive frames with the flow between them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.formats.flow import VIDEOS_FILE, read_flow
from mygym_lite.datasets.formats.png import read_png
from mygym_lite.viz.image_files import open_png
from mygym_lite.viz.text import Image, draw_label

FLOW_PREVIEW_FILE = "preview.png"
_ROWS = 4
_FONT_SIZE = 13  # px
_DEGREES_PER_HUE = 2.0  # of OpenCV's 8-bit hues


def write_flow_preview(folder: Path) -> None:
    """Write the sheet of a folder of flow: each row an image, the next, the flow, and occluded points."""
    videos = json.loads((folder / VIDEOS_FILE).read_text(encoding="utf-8"))
    pairs = [pair for video in videos for pair in zip(video["flow"], video["images"][1:], strict=True)]
    chosen = [pairs[index] for index in np.linspace(0, len(pairs) - 1, min(_ROWS, len(pairs))).round().astype(int)]
    if chosen:
        with open_png(folder / FLOW_PREVIEW_FILE) as save:
            save(np.vstack([_draw_row(folder, *pair) for pair in chosen]))


def _draw_row(folder: Path, number: int, following: int) -> Image:
    images = [np.ascontiguousarray(read_png(folder / f"images/{n:06d}.png")[..., ::-1]) for n in (number, following)]
    vectors, valid = read_flow(folder / f"flow/{number:06d}.png")
    length = float(np.linalg.norm(vectors, axis=-1).max())
    flow = colorize_flow(vectors, valid, length)
    occluded = np.repeat(read_png(folder / f"occluded/{number:06d}.png")[..., None], 3, axis=2)
    labels = f"{number}", f"{following}", f"flow, up to {length:.1f} px", "occluded"
    for image, label in zip((*images, flow, occluded), labels, strict=True):
        draw_label(image, label, _FONT_SIZE)
    return np.hstack([*images, flow, occluded])


def colorize_flow(vectors: NDArray[np.float64], valid: NDArray[np.bool_], length: float) -> Image:
    """Colorize flow: hue for the direction, saturation for the length, white for rest, black where it is invalid.

    Args:
        vectors: Flow (height, width, 2), px.
        valid: Where it is valid (height, width).
        length: Length of full saturation, px.
    """
    degrees = np.degrees(np.arctan2(vectors[..., 1], vectors[..., 0])) % 360.0
    saturation = np.linalg.norm(vectors, axis=-1) / max(length, 1e-9)
    hsv = np.stack([degrees / _DEGREES_PER_HUE, 255.0 * np.minimum(saturation, 1.0), 255.0 * valid], axis=-1)
    return cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.uint8)
