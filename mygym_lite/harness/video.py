"""Episodes as pictures: a VP9 film that browsers play, or a sheet of moments, one row an episode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError, UsageError

Image = NDArray[np.uint8]
FRAME_HZ = 10.0  # pictures per simulated second; drawing them is slower than the physics
_MOMENTS = 6  # pictures of an episode on a sheet
_STILL_SECONDS = 0.8  # how long the outcome stays on screen
_BAR = 28  # px, the strip with the caption
_INK = (235, 235, 235)


class Film(Protocol):
    """Takes the pictures of one episode after the other."""

    def add(self, picture: Image) -> None:
        """The next moment, (height, width, 3) in RGB."""

    def end_episode(self) -> None:
        """The picture added last is how it ended."""

    def close(self) -> None:
        """Finish the file."""


def open_film(path: Path) -> Film:
    """Start a file: `.webm` is a film, `.png` a sheet of moments."""
    kinds: dict[str, Callable[[Path], Film]] = {".webm": Webm, ".png": Sheet}
    if path.suffix not in kinds:
        raise SpecError(f"{path}: pictures are written as .webm (a film) or .png (a sheet); use one of these endings")
    if not path.parent.is_dir():
        raise SpecError(f"{path}: there is no folder {path.parent}; make it first")
    return kinds[path.suffix](path)


def save_picture(path: Path, picture: Image) -> None:
    """Write one picture in RGB as PNG."""
    if path.suffix != ".png" or not path.parent.is_dir():
        raise SpecError(f"{path}: a picture is a .png in a folder that exists")
    if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        raise UsageError(f"{path}: cannot be written; check the folder's permissions")


class Webm:
    """A VP9 film."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        self._last: Image | None = None

    def add(self, picture: Image) -> None:
        """Append a frame; the codec wants even sizes."""
        frame = cv2.cvtColor(picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2], cv2.COLOR_RGB2BGR)
        if self._writer is None:
            size = frame.shape[1], frame.shape[0]
            self._writer = cv2.VideoWriter(str(self._path), cv2.VideoWriter.fourcc(*"VP90"), FRAME_HZ, size)
            if not self._writer.isOpened():
                raise UsageError(f"{self._path}: no film can be written there; check permissions, or write a .png")
        self._writer.write(frame)
        self._last = picture

    def end_episode(self) -> None:
        """Let the outcome be read."""
        if self._last is not None:
            for _ in range(round(_STILL_SECONDS * FRAME_HZ)):
                self.add(self._last)

    def close(self) -> None:
        """Write the index, without which browsers cannot seek."""
        if self._writer is not None:
            self._writer.release()


class Sheet:
    """Moments spread evenly over each episode, the last one included."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[Image] = []
        self._frames: list[Image] = []

    def add(self, picture: Image) -> None:
        """Keep a moment."""
        self._frames.append(picture)

    def end_episode(self) -> None:
        """Lay out the row of this episode."""
        if self._frames:
            chosen = np.linspace(0, len(self._frames) - 1, _MOMENTS).round().astype(int)
            self._rows.append(np.hstack([self._frames[i] for i in chosen]))
        self._frames = []

    def close(self) -> None:
        """Write the rows below each other."""
        if self._rows:
            save_picture(self._path, np.vstack(self._rows))


class Camera:
    """Films an environment's episodes: give ``on_step`` to ``run_episode``."""

    def __init__(self, env: TaskEnv, film: Film) -> None:
        self._env, self._film = env, film
        self._every = max(1, round(env.task.episode.control_hz / FRAME_HZ))

    def on_step(self, info: dict[str, Any]) -> None:
        """Draw the moment, if one is due."""
        memory = self._env.memory
        if memory.over or memory.steps % self._every == 0:
            self._film.add(_captioned(self._env.render(), self._caption(info)))
        if memory.over:
            self._film.end_episode()

    def _caption(self, info: dict[str, Any]) -> str:
        memory = self._env.memory
        seconds = memory.steps / self._env.task.episode.control_hz
        outcome = (info["failure"] or "success") if memory.over else ""
        return f"{self._env.task.name}  seed {memory.seed}  {seconds:.1f} s  {outcome}"


def _captioned(picture: Image, text: str) -> Image:
    """The picture with a strip of text below."""
    bar: Image = np.full((_BAR, picture.shape[1], 3), 30, np.uint8)
    cv2.putText(bar, text, (8, _BAR - 9), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)
    return np.vstack([picture, bar])
