"""Check this installation, and print a remedy for each fault."""

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
    "gymnasium",
    "numpy",
    "torch",
    "opencv-python-headless",
    "numba",
    "scipy",
    "stable-baselines3",
    "sb3-contrib",
    "h5py",
    "safetensors",
    "jinja2",
)
_PYBULLET = "pybullet" if sys.version_info < (3, 12) else "pybullet-arm64==3.2.8"  # as pyproject.toml has it
_REINSTALL = f"pip install --force-reinstall --no-deps {_PYBULLET}"
_REBUILD = (
    "pip install numpy setuptools wheel; "
    f"pip install --force-reinstall --no-deps --no-cache-dir --no-build-isolation {_PYBULLET}"
)
_GIB = 2**30
_MIN_FREE_MEMORY = 1.0  # GiB; a simulation takes a tenth of it, torch the rest


class Finding(NamedTuple):
    """Result of one check, with a remedy if it failed."""

    name: str
    value: Any
    ok: bool = True
    remedy: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the output format."""
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the findings; return 1 if there is a fault."""
    findings = [
        *_check_python(),
        _check_pybullet(),
        *_check_packages(),
        _check_numpy_in_bullet(),
        *_check_machine(),
        *_check_kernels(),
        *_check_known_episodes(),
        _check_mujoco(),
    ]
    healthy = all(finding.ok for finding in findings)
    if arguments.json:
        write_json(out, {"healthy": healthy, "findings": [finding._asdict() for finding in findings]})
    else:
        write_table(out, ("check", "value", "ok", "remedy"), [(f.name, f.value, f.ok, f.remedy) for f in findings])
    return 0 if healthy else 1


def _check_python() -> list[Finding]:
    from mygym_lite.provenance import read_version

    supported = sys.version_info >= (3, 11)
    return [
        Finding("python", platform.python_version(), supported, "" if supported else "use Python 3.11 or later"),
        Finding("platform", platform.platform()),
        Finding("mygym_lite", read_version("mygym_lite") or "not installed; imported from its folder"),
        Finding("folder", str(Path(__file__).parent.parent)),
    ]


def _check_pybullet() -> Finding:
    """Name the distribution of the module pybullet: the official one or, from Python 3.12 on, a fork."""
    from mygym_lite.provenance import list_pybullet_builds, read_version

    builds = list_pybullet_builds()
    value = " and ".join(f"{name} {read_version(name)} ({_read_wheel_platform(name)})" for name in builds) or None
    if len(builds) == 1:
        return Finding("pybullet", value)
    uninstall = f"pip uninstall --yes {' '.join(builds)}; " if builds else ""
    return Finding("pybullet", value, False, uninstall + _REINSTALL)


def _check_packages() -> list[Finding]:
    from mygym_lite.provenance import read_version

    return [
        Finding(name, f"{version} ({_read_wheel_platform(name)})")
        if version
        else Finding(name, None, False, f"pip install {name}")
        for name, version in ((name, read_version(name)) for name in _PACKAGES)
    ]


def _read_wheel_platform(package: str) -> str:
    """Read the platform tag of the installed wheel."""
    from importlib import metadata

    lines = (metadata.distribution(package).read_text("WHEEL") or "").splitlines()
    tags = [line.removeprefix("Tag: ").split("-", 2)[2] for line in lines if line.startswith("Tag: ")]
    return tags[0] if tags else "no wheel"


def _check_numpy_in_bullet() -> Finding:
    """Check that PyBullet returns images as arrays; compiled without NumPy it returns slow tuples."""
    from mygym_lite.provenance import list_pybullet_builds

    try:
        enabled = bool(importlib.import_module("pybullet").isNumpyEnabled())
    except ImportError as error:
        return Finding("pybullet with numpy", str(error), False, _REBUILD)
    if not enabled and list_pybullet_builds() == ["pybullet-arm64"]:  # its Linux wheels are built without NumPy
        value = "no, so renderer='tiny' is slow; the default renderer is not affected"
        return Finding("pybullet with numpy", value, True, _REBUILD)
    return Finding("pybullet with numpy", enabled, enabled, "" if enabled else _REBUILD)


def _check_mujoco() -> Finding:
    """Name the version of MuJoCo, which is optional, and play an episode with a known digest."""
    from mygym_lite.harness import known_episode as known
    from mygym_lite.provenance import read_version

    if read_version("mujoco-core") is None:
        return Finding("mujoco", "not installed; pip install 'mygym_lite[mujoco]' for the second physics engine")
    remedy = "pip install --force-reinstall --no-deps mujoco-core"
    try:
        digest = known.compute_physics_digest("mujoco")
    except Exception as error:  # whatever a broken installation raises
        return Finding("mujoco", f"{type(error).__name__}: {error}", False, remedy)
    same = digest == known.MUJOCO_DIGEST
    value = f"{read_version('mujoco-core')}, known episode {_compare_digest(digest, known.MUJOCO_DIGEST)}"
    return Finding("mujoco", value, same, "" if same else remedy)


def _check_known_episodes() -> list[Finding]:
    """Run two episodes with known digests.

    The first must agree. The second may differ: the linear algebra library chooses its kernels by processor.
    """
    try:
        from mygym_lite.harness import known_episode as known

        physics, expert = known.compute_physics_digest(), known.compute_expert_digest()
    except Exception as error:  # whatever a broken installation raises
        return [Finding("known episode", f"{type(error).__name__}: {error}", False, _REINSTALL)]
    same = physics == known.PHYSICS_DIGEST
    rounding = "" if expert == known.EXPERT_DIGEST else "; linear algebra rounds differently on this processor"
    return [
        Finding("known episode", _compare_digest(physics, known.PHYSICS_DIGEST), same, "" if same else _REINSTALL),
        Finding("known episode of the expert", _compare_digest(expert, known.EXPERT_DIGEST) + rounding),
    ]


def _compare_digest(digest: str, published: str) -> str:
    return f"{digest}, as published" if digest == published else f"{digest}, published was {published}"


def _check_machine() -> list[Finding]:
    from mygym_lite.envs.display import has_display

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    window = has_display()
    display = os.environ.get("DISPLAY") if window else os.environ.get("WAYLAND_DISPLAY")
    free = _measure_free_memory()
    enough = free is None or free >= _MIN_FREE_MEMORY
    return [
        Finding("cores", f"{usable} of {os.cpu_count()}"),
        Finding("display", display or ("native" if window else "none; use --video instead of --gui")),
        Finding("free memory GiB", free, enough, "" if enough else "close other programs, or use fewer workers"),
    ]


def _measure_free_memory() -> float | None:
    try:
        return round(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GIB, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _check_kernels() -> list[Finding]:
    """Check the on-disk cache of compiled kernels; without it, every process compiles them for many seconds."""
    from mygym_lite.jit import is_compiled
    from mygym_lite.render.shading import shade
    from mygym_lite.sim.kinematics import POSE_KERNEL

    findings = []
    for name, probe, trigger in (
        ("physics", POSE_KERNEL, "the first episode"),
        ("rendering", shade, "the first image"),
    ):
        folder = Path(probe.stats.cache_path)
        writable = os.access(folder if folder.exists() else folder.parent, os.W_OK)
        remedy = "" if writable else "set NUMBA_CACHE_DIR to a writable folder"
        findings += [
            Finding(f"{name} kernels", str(folder), writable, remedy),
            Finding(f"{name} kernels compiled", "yes" if is_compiled(probe) else f"no, {trigger} compiles them"),
        ]
    return findings
