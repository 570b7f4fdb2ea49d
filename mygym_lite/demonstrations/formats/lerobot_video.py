"""LeRobot's videos: the images of one camera, episode after episode, in H.264."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mygym_lite.demonstrations.demonstration import Array
from mygym_lite.demonstrations.formats.lerobot_keys import import_package

_CODEC, _PIXELS = "h264", "yuv420p"
_OPTIONS = {"crf": "18", "g": "2", "bf": "0"}  # every second frame is a key frame, for quick access


class VideoWriters:
    """Writes one video for each camera.

    Args:
        folder: Folder of the dataset.
        path_template: Path of a video, with fields for its key and the numbers of chunk and file.
        max_megabytes: Size at which the next file starts, MB.
        files_per_chunk: Number of files in a folder.
        fps: Frames per second.
    """

    def __init__(
        self, folder: Path, path_template: str, max_megabytes: float, files_per_chunk: int, fps: float
    ) -> None:
        self._folder, self._path = folder, path_template
        self._max_bytes, self._chunk, self._fps = 1e6 * max_megabytes, files_per_chunk, fps
        self._videos: dict[str, _VideoFile] = {}

    def __enter__(self) -> VideoWriters:
        """Return itself; files are opened on demand."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every video."""
        for video in self._videos.values():
            video.close()

    def add(self, images: Mapping[str, Array]) -> dict[str, Any]:
        """Add the images of an episode, and return their location."""
        locations: dict[str, Any] = {}
        for key, frames in images.items():
            video = self._get_video(key, frames)
            start = video.frame_count / self._fps
            video.add(frames)
            locations |= {
                f"videos/{key}/chunk_index": video.number // self._chunk,
                f"videos/{key}/file_index": video.number % self._chunk,
                f"videos/{key}/from_timestamp": start,
                f"videos/{key}/to_timestamp": video.frame_count / self._fps,
            }
        return locations

    def _get_video(self, key: str, frames: Array) -> _VideoFile:
        """Return the open video, or start the next one."""
        video = self._videos.get(key)
        if video is not None and video.file.stat().st_size < self._max_bytes:
            return video
        number = 0
        if video is not None:
            video.close()
            number = video.number + 1
        indices = {"video_key": key, "chunk_index": number // self._chunk, "file_index": number % self._chunk}
        self._videos[key] = _VideoFile(
            self._folder / self._path.format(**indices), number, frames.shape[1:3], self._fps
        )
        return self._videos[key]


class _VideoFile:
    """A video file to write."""

    def __init__(self, file: Path, number: int, size: tuple[int, ...], fps: float) -> None:
        self.file, self.number, self.frame_count = file, number, 0
        file.parent.mkdir(parents=True, exist_ok=True)
        self._av = import_package("av")
        self._container = self._av.open(str(file), "w")
        self._stream = self._container.add_stream(_CODEC, rate=round(fps), options=_OPTIONS)
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = _PIXELS
        self._stream.codec_context.thread_count = 1  # the same bytes on every machine

    def add(self, frames: Array) -> None:
        """Add frames."""
        for frame in frames:
            self._container.mux(self._stream.encode(self._av.VideoFrame.from_ndarray(frame, format="rgb24")))
        self.frame_count += len(frames)

    def close(self) -> None:
        """Write buffered frames and close the file."""
        self._container.mux(self._stream.encode())
        self._container.close()


def describe_videos(images: Mapping[str, Array], fps: float) -> dict[str, Any]:
    """Describe the videos for ``info.json``."""
    return {
        key: {
            "dtype": "video",
            "shape": list(frames.shape[1:]),
            "names": ["height", "width", "channels"],
            "info": {
                "video.height": frames.shape[1],
                "video.width": frames.shape[2],
                "video.codec": _CODEC,
                "video.pix_fmt": _PIXELS,
                "video.is_depth_map": False,
                "video.fps": fps,
                "video.channels": frames.shape[3],
                "has_audio": False,
            },
        }
        for key, frames in images.items()
    }


def read_video(file: Path, first: int, count: int) -> Array:
    """Read some frames of a video: (count, height, width, 3)."""
    import numpy as np

    with import_package("av").open(str(file)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(frames[first : first + count])
