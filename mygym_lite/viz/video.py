"""Video files: a VP9 film that browsers play, or a storyboard with one row an episode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.files import write_atomically
from mygym_lite.text import escape_unencodable
from mygym_lite.viz.image_files import write_png
from mygym_lite.viz.text import Image

_STORYBOARD_FRAMES = 6  # frames of an episode on a storyboard
_MAX_BUFFERED = 48  # frames buffered of an episode, from which these are selected
_STILL_SECONDS = 0.8  # s; time that the outcome stays on screen


class VideoWriter(Protocol):
    """Writer of frames of one size, episode by episode."""

    def add(self, image: Image) -> None:
        """Add the next frame, (height, width, 3) in RGB."""

    def end_episode(self) -> None:
        """End an episode with the frame added last."""

    def close(self) -> None:
        """Finish the file."""


@contextmanager
def open_video(path: Path, fps: float = 20.0) -> Iterator[VideoWriter]:
    """Open a video file for episodes; it is written atomically when the context ends without an error.

    Args:
        path: Path with the suffix `.webm` (a film) or `.png` (a storyboard).
        fps: Frames of a film per second.
    """
    writers: dict[str, Callable[[Path], VideoWriter]] = {
        ".webm": partial(WebmWriter, fps=fps),
        ".png": StoryboardWriter,
    }
    require_video_suffix(path)
    with write_atomically(path) as part:
        writer = writers[path.suffix](part)
        try:
            yield writer
        finally:
            writer.close()


def require_video_suffix(path: Path) -> None:
    """Raise if a path is neither a film nor a storyboard, or unsuitable for a film."""
    if path.suffix not in (".webm", ".png"):
        raise ConfigError(
            f"{path}: a video is written as .webm (a film) or .png (a storyboard); use one of these suffixes"
        )
    if path.suffix == ".webm" and escape_unencodable(str(path.absolute())) != str(path.absolute()):
        raise ConfigError(f"{path}: a film needs a path in UTF-8; choose another, or write a storyboard, .png")


class WebmWriter:
    """VP9 film, encoded in a thread: encoding a frame takes as long as rendering it."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._fps = path, fps
        self._writer: Any = None
        self._last: Image | None = None
        self._encoder = ThreadPoolExecutor(max_workers=1)
        self._encoded: Future[None] | None = None

    def add(self, image: Image) -> None:
        """Append a frame, once the previous one is encoded."""
        self._last = image
        frame = cv2.cvtColor(_pad_to_even(image), cv2.COLOR_RGB2BGR)
        if self._writer is None:
            self._writer = self._open_writer(frame.shape[1], frame.shape[0])
        if self._encoded is not None:
            self._encoded.result()
        self._encoded = self._encoder.submit(self._writer.write, frame)

    def _open_writer(self, width: int, height: int) -> Any:
        codec = cv2.VideoWriter.fourcc(*"VP90")
        writer = cv2.VideoWriter(str(self._path), codec, self._fps, (width, height))
        if not writer.isOpened():
            raise UsageError(
                f"film: OpenCV here opens no VP9 encoder for {width} x {height} px; write a storyboard, .png"
            )
        return writer

    def end_episode(self) -> None:
        """Hold the outcome on screen."""
        if self._last is not None:
            for _ in range(round(_STILL_SECONDS * self._fps)):
                self.add(self._last)

    def close(self) -> None:
        """Write the index, which browsers need for seeking."""
        self._encoder.shutdown()
        if self._writer is not None:
            self._writer.release()


def _pad_to_even(image: Image) -> Image:
    """Pad an odd size with a dark line; the codec requires even sizes."""
    height, width = image.shape[0] % 2, image.shape[1] % 2
    return np.pad(image, ((0, height), (0, width), (0, 0))) if height or width else image


class StoryboardWriter:
    """Storyboard: frames spread evenly over each episode, the last one included."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[Image] = []
        self._clear()

    def _clear(self) -> None:
        self._frames: list[Image] = []
        self._num_added, self._stride = 0, 1
        self._last: Image | None = None

    def add(self, image: Image) -> None:
        """Buffer a frame; of a long episode, every second, fourth and so on."""
        if self._num_added % self._stride == 0:
            self._frames.append(image)
        if len(self._frames) > _MAX_BUFFERED:
            self._frames, self._stride = self._frames[::2], 2 * self._stride
        self._num_added, self._last = self._num_added + 1, image

    def end_episode(self) -> None:
        """Lay out the row of this episode."""
        if self._last is not None:
            indices = np.linspace(0, len(self._frames) - 1, _STORYBOARD_FRAMES).round().astype(int)
            self._rows.append(np.hstack([*(self._frames[i] for i in indices[:-1]), self._last]))
        self._clear()

    def close(self) -> None:
        """Write the rows below each other."""
        if self._rows:
            write_png(self._path, np.vstack(self._rows))
