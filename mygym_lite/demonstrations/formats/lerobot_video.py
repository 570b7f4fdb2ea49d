"""LeRobot's films: the pictures of one camera, episode after episode, in h264."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mygym_lite.demonstrations.demonstration import Array
from mygym_lite.demonstrations.formats.lerobot_keys import import_package

_CODEC, _PIXELS = "h264", "yuv420p"
_OPTIONS = {"crf": "18", "g": "2", "bf": "0"}  # every second picture stands alone, so that any is found quickly


class VideoWriters:
    """Writes films side by side, one for each camera.

    Args:
        folder: Of the dataset.
        path_template: Of a film, with its key and the numbers of chunk and file to be filled in.
        max_megabytes: After which a film is followed by another.
        files_per_chunk: Films of a folder.
        fps: Pictures in a second.
    """

    def __init__(
        self, folder: Path, path_template: str, max_megabytes: float, files_per_chunk: int, fps: float
    ) -> None:
        self._folder, self._path, self._most, self._chunk, self._hertz = (
            folder,
            path_template,
            1e6 * max_megabytes,
            files_per_chunk,
            fps,
        )
        self._open: dict[str, _Film] = {}

    def __enter__(self) -> VideoWriters:
        """Nothing is open yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every film."""
        for film in self._open.values():
            film.close()

    def add(self, images: Mapping[str, Array]) -> dict[str, Any]:
        """The pictures of one more episode, and where they are then."""
        places: dict[str, Any] = {}
        for key, seen in images.items():
            film = self._film(key, seen)
            first = film.pictures / self._hertz
            film.add(seen)
            places |= {
                f"videos/{key}/chunk_index": film.number // self._chunk,
                f"videos/{key}/file_index": film.number % self._chunk,
                f"videos/{key}/from_timestamp": first,
                f"videos/{key}/to_timestamp": film.pictures / self._hertz,
            }
        return places

    def _film(self, key: str, seen: Array) -> _Film:
        """The one that is open, or the next one."""
        film = self._open.get(key)
        if film is not None and film.file.stat().st_size < self._most:
            return film
        number = 0
        if film is not None:
            film.close()
            number = film.number + 1
        place = {"video_key": key, "chunk_index": number // self._chunk, "file_index": number % self._chunk}
        self._open[key] = _Film(self._folder / self._path.format(**place), number, seen.shape[1:3], self._hertz)
        return self._open[key]


class _Film:
    """One file that is being written."""

    def __init__(self, file: Path, number: int, size: tuple[int, ...], hertz: float) -> None:
        self.file, self.number, self.pictures = file, number, 0
        file.parent.mkdir(parents=True, exist_ok=True)
        self._av = import_package("av")
        self._container = self._av.open(str(file), "w")
        self._stream = self._container.add_stream(_CODEC, rate=round(hertz), options=_OPTIONS)
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = _PIXELS
        self._stream.codec_context.thread_count = 1  # the same bytes wherever it is written

    def add(self, pictures: Array) -> None:
        """More of them."""
        for picture in pictures:
            self._container.mux(self._stream.encode(self._av.VideoFrame.from_ndarray(picture, format="rgb24")))
        self.pictures += len(pictures)

    def close(self) -> None:
        """Write the rest."""
        self._container.mux(self._stream.encode())
        self._container.close()


def describe_videos(images: Mapping[str, Array], fps: float) -> dict[str, Any]:
    """What ``info.json`` says of films."""
    return {
        key: {
            "dtype": "video", "shape": list(seen.shape[1:]), "names": ["height", "width", "channels"],
            "info": {
                "video.height": seen.shape[1], "video.width": seen.shape[2], "video.codec": _CODEC,
                "video.pix_fmt": _PIXELS, "video.is_depth_map": False, "video.fps": fps,
                "video.channels": seen.shape[3], "has_audio": False,
            },
        }
        for key, seen in images.items()
    }  # fmt: skip


def read_video(file: Path, first: int, count: int) -> Array:
    """Some of a film's pictures: (count, height, width, 3)."""
    import numpy as np

    with import_package("av").open(str(file)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(frames[first : first + count])
