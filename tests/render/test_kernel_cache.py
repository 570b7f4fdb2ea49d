"""Compiled kernels of the renderer are cached in the user folder if the package is read-only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

import mygym_lite


@pytest.fixture
def package_copy(tmp_path: Path) -> Path:
    """Copy of the package whose kernels cannot be cached beside their sources."""
    source = Path(mygym_lite.__file__).parent
    copytree(source, tmp_path / "mygym_lite", ignore=ignore_patterns("__pycache__"))
    for name in ("assets", "tasks", "evaluation"):
        (tmp_path / name).symlink_to(source.parent / name)
    for name in ("render", "sim"):
        (tmp_path / "mygym_lite" / name / "__pycache__").touch()  # a file in place of the folder, even for root
    return tmp_path


def run_image_command(folder: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
    environment |= {"PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(cache), "HOME": str(cache)}
    command = [
        sys.executable,
        "-m",
        "mygym_lite",
        "picture",
        "reach",
        "--cameras",
        "head",
        "--out",
        str(folder / "a.png"),
    ]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)


def test_kernels_without_a_writable_cache_are_refused_in_one_line(package_copy: Path) -> None:
    (package_copy / "cache").touch()
    found = run_image_command(package_copy, package_copy / "cache")
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1
    assert (
        "compiled kernels cannot be stored there, nor in the user's cache folder; set NUMBA_CACHE_DIR" in found.stderr
    )
    assert not (package_copy / "a.png").exists()


@pytest.mark.slow
def test_kernels_of_a_read_only_package_are_cached_in_the_user_folder(package_copy: Path) -> None:
    """The first process announces the compilation once; the second compiles nothing."""
    first, second = (run_image_command(package_copy, package_copy / "cache") for _ in range(2))
    assert first.returncode == second.returncode == 0
    assert first.stderr.count("compiling the renderer, once after installation: about") == 1
    assert "compiling" not in second.stderr
    assert (package_copy / "a.png").stat().st_size > 10_000
    assert list((package_copy / "cache").rglob("shading.*.nbc"))
