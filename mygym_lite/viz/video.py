"""Files that take pictures: a VP9 film that browsers play, or a sheet of moments, one row an episode."""

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

_MOMENTS = 6  # pictures of an episode on a sheet
_KEPT = 48  # pictures that a sheet remembers of an episode, from which it chooses these
_STILL_SECONDS = 0.8  # how long the outcome stays on screen


class VideoWriter(Protocol):
    """Takes the pictures of one episode after the other, all of one size."""

    def add(self, image: Image) -> None:
        """The next moment, (height, width, 3) in RGB."""

    def end_episode(self) -> None:
        """The picture added last is how it ended."""

    def close(self) -> None:
        """Finish the file."""


@contextmanager
def open_video(path: Path, fps: float = 20.0) -> Iterator[VideoWriter]:
    """A file that takes episodes; it is there, whole, once this ends well, and not touched otherwise.

    Args:
        path: `.webm` is a film, `.png` a sheet of moments.
        fps: Pictures of a film per second.
    """
    kinds: dict[str, Callable[[Path], VideoWriter]] = {".webm": partial(WebmWriter, fps=fps), ".png": StoryboardWriter}
    require_video_suffix(path)
    with write_atomically(path) as part:
        film = kinds[path.suffix](part)
        try:
            yield film
        finally:
            film.close()


def require_video_suffix(path: Path) -> None:
    """Refuse a file that is neither a film nor a sheet, or where a film cannot be."""
    if path.suffix not in (".webm", ".png"):
        raise ConfigError(f"{path}: pictures are written as .webm (a film) or .png (a sheet); use one of these endings")
    if path.suffix == ".webm" and escape_unencodable(str(path.absolute())) != str(path.absolute()):
        raise ConfigError(f"{path}: a film needs a path in UTF-8; choose another, or write a sheet, .png")


class WebmWriter:
    """A VP9 film, encoded beside what draws it: a frame takes the encoder as long as it takes the renderer."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._hertz = path, fps
        self._writer: Any = None
        self._last: Image | None = None
        self._encoder = ThreadPoolExecutor(max_workers=1)
        self._encoded: Future[None] | None = None

    def add(self, image: Image) -> None:
        """Append a frame, once the one before it is done."""
        self._last = image
        frame = cv2.cvtColor(_even(image), cv2.COLOR_RGB2BGR)
        if self._writer is None:
            self._writer = self._opened(frame.shape[1], frame.shape[0])
        if self._encoded is not None:
            self._encoded.result()
        self._encoded = self._encoder.submit(self._writer.write, frame)

    def _opened(self, width: int, height: int) -> Any:
        codec = cv2.VideoWriter.fourcc(*"VP90")
        writer = cv2.VideoWriter(str(self._path), codec, self._hertz, (width, height))
        if not writer.isOpened():
            raise UsageError(f"film: OpenCV here opens no VP9 encoder for {width} x {height} px; write a sheet, .png")
        return writer

    def end_episode(self) -> None:
        """Let the outcome be read."""
        if self._last is not None:
            for _ in range(round(_STILL_SECONDS * self._hertz)):
                self.add(self._last)

    def close(self) -> None:
        """Write the index, without which browsers cannot seek."""
        self._encoder.shutdown()
        if self._writer is not None:
            self._writer.release()


def _even(picture: Image) -> Image:
    """The codec wants even sizes: an odd one gains a dark line."""
    height, width = picture.shape[0] % 2, picture.shape[1] % 2
    return np.pad(picture, ((0, height), (0, width), (0, 0))) if height or width else picture


class StoryboardWriter:
    """Moments spread evenly over each episode, the last one included."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[Image] = []
        self._begin()

    def _begin(self) -> None:
        self._frames: list[Image] = []
        self._seen, self._every = 0, 1
        self._last: Image | None = None

    def add(self, image: Image) -> None:
        """Keep a moment; of a long episode, every second, fourth and so on."""
        if self._seen % self._every == 0:
            self._frames.append(image)
        if len(self._frames) > _KEPT:
            self._frames, self._every = self._frames[::2], 2 * self._every
        self._seen, self._last = self._seen + 1, image

    def end_episode(self) -> None:
        """Lay out the row of this episode."""
        if self._last is not None:
            chosen = np.linspace(0, len(self._frames) - 1, _MOMENTS).round().astype(int)
            self._rows.append(np.hstack([*(self._frames[i] for i in chosen[:-1]), self._last]))
        self._begin()

    def close(self) -> None:
        """Write the rows below each other."""
        if self._rows:
            write_png(self._path, np.vstack(self._rows))
