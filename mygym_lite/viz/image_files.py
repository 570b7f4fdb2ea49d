"""PNG files, written atomically."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import cv2

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.files import write_atomically
from mygym_lite.viz.text import Image


@contextmanager
def open_png(path: Path) -> Iterator[Callable[[Image], None]]:
    """Open a PNG file that takes one image in RGB; an unsuitable path is refused at once."""
    if path.suffix != ".png":
        raise ConfigError(f"{path}: an image is written as .png; use this suffix")
    with write_atomically(path) as part:
        yield partial(write_png, part)


def write_png(path: Path, image: Image) -> None:
    """Write an image in RGB."""
    success, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not success:
        raise UsageError(f"{path.name}: an image of {image.shape[1]} x {image.shape[0]} px cannot be encoded")
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); make room") from error
