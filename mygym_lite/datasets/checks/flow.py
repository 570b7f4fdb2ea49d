"""Check of optical flow: one file for each pair of frames, of the size of the image, and the list of videos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.checks.findings import CheckFindings
from mygym_lite.datasets.formats.flow import VIDEOS_FILE, read_flow
from mygym_lite.datasets.formats.png import read_png
from mygym_lite.datasets.frame import SPLITS

Entry = dict[str, Any]
Mask = NDArray[np.bool_]
_KEYS = ("id", "split", "images", "flow")


def check_flow(folder: Path) -> CheckFindings:
    """Check all videos."""
    findings, file = CheckFindings(folder, has_objects=False), folder / VIDEOS_FILE
    for index, video in enumerate(findings.read_json(file, list)):
        missing = [key for key in _KEYS if key not in video]
        if not findings.require(not missing, file, f"[{index}]", f"has no {', '.join(missing)}"):
            continue
        key = f"video {video['id']}"
        if not findings.require(video["split"] in SPLITS, file, f"{key}: split", f"is {video['split']}"):
            continue
        complete = video["flow"] == video["images"][:-1]
        findings.require(complete, file, f"{key}: flow", "is not that of every image but the last")
        _check_video(folder, video, findings)
    return findings


def _check_video(folder: Path, video: Entry, findings: CheckFindings) -> None:
    sizes: dict[int, tuple[int, int] | None] = {}
    for number in video["images"]:
        file = folder / "images" / f"{number:06d}.png"
        sizes[number] = findings.check_image(file, video["split"], number, None)
    same = len(set(sizes.values())) <= 1
    findings.require(same, folder / VIDEOS_FILE, f"video {video['id']}: images", "differ in size")
    for number in video["flow"]:
        _check_pair(folder, f"{number:06d}.png", sizes.get(number), findings)


def _check_pair(folder: Path, name: str, size: tuple[int, int] | None, findings: CheckFindings) -> None:
    """Check the flow of one frame, and that points without flow are occluded."""
    valid = _read_mask(folder / "flow" / name, lambda file: read_flow(file)[1], size, findings)
    occluded = _read_mask(folder / "occluded" / name, lambda file: read_png(file) > 0, size, findings)
    if valid is not None and occluded is not None:
        shown = int(np.count_nonzero(~valid & ~occluded))
        findings.require(not shown, folder / "occluded" / name, "", f"shows {shown} points that have no flow")


def _read_mask(
    file: Path, read: Callable[[Path], Mask], size: tuple[int, int] | None, findings: CheckFindings
) -> Mask | None:
    """Read a mask that is as large as its image."""
    try:
        mask = read(file)
    except ValueError as error:
        findings.add_error(file, "", str(error))
        return None
    fits = size is not None and mask.shape == size[::-1]
    return mask if findings.require(fits, file, "", f"is {mask.shape}, not as large as its image") else None
