"""Provenance of results: package versions, git revision and machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from mygym_lite import paths

_PACKAGES = (
    "gymnasium",
    "mujoco-core",
    "mygym_lite",
    "numba",
    "numpy",
    "pybullet",
    "scipy",
    "stable-baselines3",
    "torch",
)
_PYBULLET_BUILDS = {"pybullet": "", "pybullet-arm64": " (pybullet-arm64)"}  # distributions of the module pybullet
JsonObject = dict[str, Any]


def read_versions() -> JsonObject:
    """Return the versions of Python and of the packages that affect results."""
    versions = {"python": platform.python_version(), **{name: read_version(name) for name in _PACKAGES}}
    builds = [f"{read_version(name)}{_PYBULLET_BUILDS[name]}" for name in list_pybullet_builds()]
    return versions | {"pybullet": " and ".join(builds) or None}


def describe_machine() -> JsonObject:
    """Return platform, processor and number of cores."""
    return {"platform": platform.platform(), "processor": _read_processor_name(), "cores": os.cpu_count()}


def read_version(package: str) -> str | None:
    """Return the installed version of a package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def list_pybullet_builds() -> list[str]:
    """List the installed distributions of the module pybullet; two of them overwrite each other."""
    return [name for name in _PYBULLET_BUILDS if read_version(name)]


def read_git_revision() -> JsonObject | None:
    """Return the git revision of this checkout, or None outside one."""
    head, root = _run_git("rev-parse", "HEAD"), _run_git("rev-parse", "--show-toplevel")
    if not head or not root or Path(root) != paths.find_data_root():
        return None
    return {"revision": head, "dirty": bool(_run_git("status", "--porcelain"))}


def _run_git(*words: str) -> str | None:
    """Return the output of a git command in the folder of this package, or None if it fails."""
    folder = Path(__file__).resolve().parent
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _read_processor_name() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
