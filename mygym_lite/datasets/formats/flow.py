"""Writer of optical flow: the images of videos, KITTI's flow files, occlusions, and a list of the videos."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.formats.png import encode_mask, encode_samples, read_png
from mygym_lite.datasets.frame import ClassList, Frame
from mygym_lite.datasets.optical_flow import Flow
from mygym_lite.files import write_bytes, write_json

STEPS_PER_PIXEL, ZERO = 64.0, 32768.0
"""KITTI's encoding: a component of the flow is (sample - ZERO) / STEPS_PER_PIXEL, px."""
_MAX_SAMPLE = 65535
_CHANNELS = 3
VIDEOS_FILE = "videos.json"
Record = dict[str, Any]


class FlowWriter:
    """Writes optical flow from each frame of a video to the next."""

    def list_image_paths(self, frame: Frame) -> list[str]:
        """Return the path of the image."""
        return [f"images/{frame.number:06d}.png"]

    def write_frame(self, folder: Path, frame: Frame, _classes: ClassList) -> Record:
        """Write the flow to the next frame and its occlusions, unless this is the last one of its video."""
        assert frame.video is not None
        name, flow = f"{frame.number:06d}.png", frame.video.flow
        if flow is not None:
            write_bytes(folder / "flow" / name, encode_flow(flow))
            write_bytes(folder / "occluded" / name, encode_mask(flow.occluded))
        return {
            "number": frame.number,
            "has_flow": flow is not None,
            "scene": frame.scene,
            "camera": frame.camera,
            "split": frame.split,
            "frame_rate": frame.video.frame_rate,
        }

    def merge(self, folder: Path, records: Iterable[Record], _manifest: Record) -> None:
        """Write the list of the videos."""
        videos = [
            _describe_video(list(frames))
            for _, scene in groupby(records, key=lambda record: record["scene"])
            for _, frames in groupby(sorted(scene, key=_get_camera), key=_get_camera)
        ]
        ordered = sorted(videos, key=lambda video: video["images"][0])
        write_json(folder / VIDEOS_FILE, [{"id": number, **video} for number, video in enumerate(ordered, start=1)])


def encode_flow(flow: Flow) -> bytes:
    """Encode flow as KITTI does: 16-bit red and green for its components, blue for its validity.

    A vector that 16 bits do not hold, 512 px or longer, counts as invalid.
    """
    samples = np.rint(STEPS_PER_PIXEL * flow.vectors + ZERO)
    valid = flow.valid & ((samples >= 0) & (samples <= _MAX_SAMPLE)).all(axis=-1)
    return encode_samples(np.dstack([samples * valid[..., None], valid]).astype(np.uint16))


def read_flow(path: Path) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read the vectors of a flow file, px, and where they are valid.

    Raises:
        ValueError: The file is missing, damaged, or no flow; the message does not name it.
    """
    samples = read_png(path)
    if samples.dtype != np.uint16 or samples.ndim != _CHANNELS or samples[..., 0].max(initial=0) > 1:
        raise ValueError("is not a flow: 16-bit red and green for its components, 0 or 1 in blue")
    valid = samples[..., 0] == 1
    return (samples[..., :0:-1] - ZERO) / STEPS_PER_PIXEL * valid[..., None], valid


def _get_camera(record: Record) -> str:
    return str(record["camera"])


def _describe_video(frames: list[Record]) -> Record:
    first = frames[0]
    return {key: first[key] for key in ("scene", "camera", "split", "frame_rate")} | {
        "images": [frame["number"] for frame in frames],
        "flow": [frame["number"] for frame in frames if frame["has_flow"]],
    }
