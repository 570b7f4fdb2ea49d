"""Paths of the shipped robots, objects, tasks and suites, in a wheel or in a checkout."""

from __future__ import annotations

import difflib
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mygym_lite.errors import ConfigError, suggest

T = TypeVar("T")
_SIMILAR = 0.8  # share of common letters, of which the suffix alone makes up much


@functools.cache
def find_data_root() -> Path:
    """Return the folder that holds assets, tasks and evaluation: `_data` in a wheel, else the repository root."""
    package = Path(__file__).resolve().parent
    return package / "_data" if (package / "_data").is_dir() else package.parent


def get_assets_folder() -> Path:
    """Return the folder of robots, objects, workspaces, textures and weights."""
    return find_data_root() / "assets"


def get_tasks_folder() -> Path:
    """Return the folder of the shipped tasks."""
    return find_data_root() / "tasks"


def get_evaluation_folder() -> Path:
    """Return the folder of the shipped suites and reference results."""
    return find_data_root() / "evaluation"


def list_names(folder: Path, suffix: str = ".toml", nested: bool = False) -> tuple[str, ...]:
    """Return the names of the files shipped in a folder, or in its subfolders if nested."""
    return tuple(sorted(_find_shipped(folder, suffix, nested)))


def find_file(folder: Path, name_or_path: str | os.PathLike[str], suffix: str = ".toml", nested: bool = False) -> Path:
    """Return the file that a shipped name (`"grasp"`) or a path (`"mine/grasp.toml"`) denotes.

    A string that ends in the suffix or contains a folder is a path, so a shipped name never depends on the working
    folder.

    Args:
        folder: Folder of the shipped files of this kind.
        name_or_path: Shipped name or path.
        suffix: File name extension of this kind.
        nested: Search of the subfolders of `folder`, since a robot lies beside its URDF.
    """
    text = os.fspath(name_or_path)
    if not nested and Path(text).name == text and os.path.isfile(direct := folder / f"{text}{suffix}"):
        return direct  # called in every episode, so without listing the folder
    is_path = isinstance(name_or_path, Path) or text.endswith(suffix) or Path(text).name != text
    if is_path and os.path.isfile(text):
        return Path(text)  # so are files of one's own
    shipped = _find_shipped(folder, suffix, nested)
    kind = folder.name.removesuffix("s")
    if is_path:
        if similar := _find_similar(Path(text), suffix):
            raise ConfigError(f"{text}: no such file; did you mean '{similar}'?")
        remedy = f"give the path of a {suffix} file or a shipped {kind} by name{suggest(Path(text).stem, shipped)}"
        raise ConfigError(f"{text}: no such file; {remedy}")
    if text not in shipped and Path(f"{text}{suffix}").is_file():
        raise ConfigError(f"{text}: no {kind} of that name is shipped; for the file that is here write {text}{suffix}")
    if text not in shipped:
        raise ConfigError(f"{text}: no {kind} of that name is shipped{suggest(text, shipped)}")
    return shipped[text]


def cache_shipped(load: Callable[[str | os.PathLike[str]], T]) -> Callable[[str | os.PathLike[str]], T]:
    """Cache the results of a loader by shipped name, since every episode loads its models again.

    Files given by path are loaded on each call, since their author may be editing them.
    """
    cache: dict[str, T] = {}

    @functools.wraps(load)
    def load_cached(name_or_path: str | os.PathLike[str]) -> T:
        if isinstance(name_or_path, str) and name_or_path in cache:
            return cache[name_or_path]
        loaded = load(name_or_path)
        if isinstance(name_or_path, str) and name_or_path.isidentifier():
            cache[name_or_path] = loaded
        return loaded

    return load_cached


def _find_similar(path: Path, suffix: str) -> Path | None:
    """Find the file beside a missing one whose name is most similar."""
    siblings = [file.name for file in path.parent.glob(f"*{suffix}")]
    similar = difflib.get_close_matches(path.name, siblings, n=1, cutoff=_SIMILAR)
    return path.with_name(similar[0]) if similar else None


def _find_shipped(folder: Path, suffix: str, nested: bool) -> dict[str, Path]:
    files = folder.glob(f"*/*{suffix}" if nested else f"*{suffix}")
    return {file.name.removesuffix(suffix): file for file in files}
