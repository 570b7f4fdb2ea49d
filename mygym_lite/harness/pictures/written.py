"""Files that are there whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import cv2

from mygym_lite.errors import SpecError, UsageError
from mygym_lite.harness.pictures.lettering import Image


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A file beside the one that is wanted, which takes its place once everything has gone well."""
    if not path.parent.is_dir():
        raise SpecError(f"{path}: there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise SpecError(f"{path}: is a folder; name a file")
    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        part.touch()
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); choose a folder of yours") from error
    try:
        yield part
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def picture_file(path: Path) -> Iterator[Callable[[Image], None]]:
    """What saves one picture in RGB as PNG; a path that will not do is refused at once."""
    if path.suffix != ".png":
        raise SpecError(f"{path}: a picture is written as .png; use this ending")
    with written_whole(path) as part:
        yield partial(write_png, part)


def write_png(path: Path, picture: Image) -> None:
    """Write a picture in RGB."""
    if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        raise UsageError(f"{path.name}: a picture of {picture.shape[1]} x {picture.shape[0]} px could not be written")
