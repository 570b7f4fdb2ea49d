"""Say what this installation has, and what is wrong with it."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from mygym_lite.cli.options import add_json
from mygym_lite.cli.output import write_json, write_table

_PACKAGES = (
    "pybullet", "gymnasium", "numpy", "torch", "opencv-python-headless", "numba", "scipy", "stable-baselines3",
    "sb3-contrib", "h5py", "safetensors", "jinja2",
)  # fmt: skip
_REBUILD = (
    "pip install numpy setuptools wheel; "
    "pip install --force-reinstall --no-deps --no-cache-dir --no-build-isolation pybullet"
)
_GIB = 2**30
_LEAST_MEMORY = 1.0  # GiB; a world takes a tenth of it, torch the rest


class Finding(NamedTuple):
    """One fact, and what to do where it is a fault."""

    name: str
    value: Any
    ok: bool = True
    remedy: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose but the form."""
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the findings; the exit code says whether there is a fault."""
    findings = [*_python(), *_packages(), _numpy_in_bullet(), *_machine(), *_kernels()]
    healthy = all(finding.ok for finding in findings)
    if arguments.json:
        write_json(out, {"healthy": healthy, "findings": [finding._asdict() for finding in findings]})
    else:
        write_table(out, ("", "found", "good", "remedy"), [(f.name, f.value, f.ok, f.remedy) for f in findings])
    return 0 if healthy else 1


def _python() -> list[Finding]:
    from mygym_lite.provenance import read_version

    new = sys.version_info >= (3, 11)
    return [
        Finding("python", platform.python_version(), new, "" if new else "use Python 3.11 or later"),
        Finding("platform", platform.platform()),
        Finding("mygym_lite", read_version("mygym_lite") or "not installed, imported from its folder"),
        Finding("folder", str(Path(__file__).parent.parent)),
    ]


def _packages() -> list[Finding]:
    from mygym_lite.provenance import read_version

    return [
        Finding(name, f"{found} ({_build(name)})") if found else Finding(name, None, False, f"pip install {name}")
        for name, found in ((name, read_version(name)) for name in _PACKAGES)
    ]


def _build(package: str) -> str:
    """For which platform the wheel was made, or that it was compiled here."""
    from importlib import metadata

    lines = (metadata.distribution(package).read_text("WHEEL") or "").splitlines()
    tags = [line.removeprefix("Tag: ").split("-", 2)[2] for line in lines if line.startswith("Tag: ")]
    return tags[0] if tags else "no wheel"


def _numpy_in_bullet() -> Finding:
    """Without NumPy, PyBullet hands images over as tuples, number by number."""
    try:
        enabled = bool(importlib.import_module("pybullet").isNumpyEnabled())
    except ImportError as error:
        return Finding("pybullet with numpy", str(error), False, _REBUILD)
    remedy = "" if enabled else _REBUILD
    return Finding("pybullet with numpy", enabled, enabled, remedy)


def _machine() -> list[Finding]:
    from mygym_lite.envs.display import has_display

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    window = has_display()
    display = os.environ.get("DISPLAY") if window else os.environ.get("WAYLAND_DISPLAY")
    free = _free_memory()
    enough = free is None or free >= _LEAST_MEMORY
    return [
        Finding("cores", f"{usable} of {os.cpu_count()}"),
        Finding("display", display or ("native" if window else "none, so no --gui; --video works")),
        Finding("free memory GiB", free, enough, "" if enough else "close something, or use fewer workers"),
    ]


def _free_memory() -> float | None:
    try:
        return round(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GIB, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _kernels() -> list[Finding]:
    """Compiled kernels are kept on disk; where that fails, every process compiles them again for many seconds."""
    from mygym_lite.jit import is_compiled
    from mygym_lite.render.shading import shade
    from mygym_lite.sim.kinematics import POSE_KERNEL

    findings = []
    for what, probe, wait in (("physics", POSE_KERNEL, "the first episode"), ("pictures", shade, "the first picture")):
        folder = Path(probe.stats.cache_path)
        writable = os.access(folder if folder.exists() else folder.parent, os.W_OK)
        remedy = "" if writable else "set NUMBA_CACHE_DIR to a folder of yours"
        findings += [
            Finding(f"kernels of {what}", str(folder), writable, remedy),
            Finding(f"kernels of {what} warm", "yes" if is_compiled(probe) else f"no, {wait} compiles"),
        ]
    return findings
