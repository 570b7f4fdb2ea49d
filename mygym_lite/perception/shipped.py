"""Trained perception by name: what is shipped, and what lies anywhere else."""

from __future__ import annotations

import os
from pathlib import Path

from mygym_lite import paths
from mygym_lite.errors import SpecError, nearest
from mygym_lite.perception.card import CARD


def eyes_names() -> tuple[str, ...]:
    """The trained perception that is shipped."""
    return tuple(sorted(file.parent.name for file in _home().glob(f"*/{CARD}")))


def find_eyes(name_or_path: str | os.PathLike[str]) -> Path:
    """The folder meant by a shipped name, which does not depend on the working folder, or by a path."""
    text = os.fspath(name_or_path)
    if text in eyes_names() and not isinstance(name_or_path, Path):
        return _home() / text
    if text and Path(text).is_dir():
        return Path(text)
    known = eyes_names()
    remedy = nearest(Path(text).name, known) if known else "; name a folder with trained perception"
    raise SpecError(f"perception {text}: no such folder, and none of that name is shipped{remedy}")


def _home() -> Path:
    return paths.assets() / "perception"
