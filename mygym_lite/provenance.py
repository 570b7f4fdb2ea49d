"""Where numbers come from: versions, revision and machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from mygym_lite import paths

_PACKAGES = ("gymnasium", "mygym_lite", "numba", "numpy", "pybullet", "scipy", "stable-baselines3", "torch")
JsonObject = dict[str, Any]


def read_versions() -> JsonObject:
    """Of Python and the packages that decide what numbers come out."""
    return {"python": platform.python_version(), **{name: read_version(name) for name in _PACKAGES}}


def describe_machine() -> JsonObject:
    """What it ran on."""
    return {"platform": platform.platform(), "processor": _processor(), "cores": os.cpu_count()}


def read_version(package: str) -> str | None:
    """The installed version, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def read_git_revision() -> JsonObject | None:
    """The revision of this checkout; None where there is none."""
    folder = Path(__file__).resolve().parent

    def ask(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    head, root = ask("rev-parse", "HEAD"), ask("rev-parse", "--show-toplevel")
    if not head or not root or Path(root) != paths.find_data_root():
        return None
    return {"revision": head, "dirty": bool(ask("status", "--porcelain"))}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
