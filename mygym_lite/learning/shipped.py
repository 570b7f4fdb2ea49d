"""Trained policies by name: what is shipped, and what lies anywhere else."""

from __future__ import annotations

import os
from pathlib import Path

from mygym_lite import paths
from mygym_lite.learning.description import DESCRIPTION


def policy_names() -> tuple[str, ...]:
    """The trained policies that are shipped."""
    return tuple(sorted(file.parent.name for file in policies().glob(f"*/{DESCRIPTION}")))


def policy_folder(name_or_path: str | os.PathLike[str]) -> Path:
    """The folder meant by a shipped name, which does not depend on the working folder, or by a path."""
    text = os.fspath(name_or_path)
    shipped = not isinstance(name_or_path, Path) and Path(text).name == text
    return policies() / text if shipped and text in policy_names() else Path(text)


def policies() -> Path:
    """Where they are, each in a folder of its name."""
    return paths.assets() / "policies"
