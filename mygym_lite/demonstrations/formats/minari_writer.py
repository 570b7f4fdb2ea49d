"""Writer of Minari's layout: ``data/main_data.hdf5`` with a group for each episode, and ``data/metadata.json``.

Images are lossless: one chunk for each, compressed by gzip.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py
from gymnasium import spaces

from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.formats.minari_reader import MANIFEST_KEY, METADATA_FILE, RECORD
from mygym_lite.files import write_text

MINARI_VERSION = "0.5.4"  # whose layout is written
_REWARD_STATISTICS = ("sum", "mean", "std", "max", "min")
_GZIP_LEVEL = 2  # higher ones take longer and gain little on these images
_IMAGE_AXES = 3  # of an array of images, at least
_SPACE_TO_CLOSE = 4 * 2**20  # bytes that HDF5 may still need to close a file


def write_episodes(file: Path, demonstrations: Iterable[Demonstration]) -> tuple[int, int]:
    """Write episodes in their order, the same bytes for the same episodes; return the numbers of episodes and steps."""
    episodes = steps = 0
    _require_space(file, 0)
    with h5py.File(file, "w", track_order=True) as data:
        for episodes, demonstration in enumerate(demonstrations, start=1):
            steps += len(demonstration)
            _require_space(file, sum(array.nbytes for array in demonstration.collect_arrays().values()))
            _write_episode(data.create_group(f"episode_{episodes - 1}"), episodes - 1, demonstration)
    return episodes, steps


def _require_space(file: Path, size: int) -> None:
    """Refuse to write to a full disk: after a failed write, HDF5 can neither continue nor close its file."""
    if shutil.disk_usage(file.parent).free < size + _SPACE_TO_CLOSE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))


def _write_episode(group: Any, number: int, demonstration: Demonstration) -> None:
    rewards = {
        f"rewards_{name}": getattr(demonstration.rewards, name)() for name in _REWARD_STATISTICS if len(demonstration)
    }
    group.attrs.update({"id": number, "seed": demonstration.seed, "total_steps": len(demonstration), **rewards})
    group.attrs.update({"success": demonstration.success, RECORD: json.dumps(demonstration.record)})
    for path, array in demonstration.collect_arrays().items():
        options: dict[str, Any] = {}
        if array.ndim >= _IMAGE_AXES:
            options = {"chunks": (1, *array.shape[1:]), "compression": "gzip", "compression_opts": _GZIP_LEVEL}
        group.create_dataset(path, data=array, **options)


def write_metadata(
    file: Path,
    name: str,
    space: spaces.Dict,
    action: spaces.Box,
    *,
    counts: tuple[int, int],
    manifest: Mapping[str, Any],
    env_spec: str | None = None,
) -> None:
    """Write ``metadata.json`` beside the episodes.

    Args:
        file: File of the episodes.
        name: Minari's name of the dataset.
        space: Observation space.
        action: Action space.
        counts: Numbers of episodes and of steps.
        manifest: Manifest of the recording, saved completely.
        env_spec: Gymnasium's specification of the environment, as JSON, if there is one.
    """
    table = {
        "dataset_id": name,
        "data_format": "hdf5",
        "minari_version": MINARI_VERSION,
        "jpeg_encoding": False,
        "total_episodes": counts[0],
        "total_steps": counts[1],
        "dataset_size": round(file.stat().st_size / 1e6, 1),
        "observation_space": json.dumps(encode_space(space)),
        "action_space": json.dumps(encode_space(action)),
        "algorithm_name": manifest.get("policy", {}).get("label", ""),
        "author": ["mygym_lite"],
        "requirements": [f"mygym_lite=={manifest.get('version')}"],
        "description": str(manifest.get("about", "")),
        **({} if env_spec is None else {"env_spec": env_spec}),
        MANIFEST_KEY: dict(manifest),
    }
    write_text(file.parent / METADATA_FILE, json.dumps(table, indent=1) + "\n")


def encode_space(space: Any) -> dict[str, Any]:
    """Encode a space as Minari does."""
    if isinstance(space, spaces.Dict):
        return {"type": "Dict", "subspaces": {name: encode_space(inner) for name, inner in space.spaces.items()}}
    if isinstance(space, spaces.MultiDiscrete):
        values = {"nvec": space.nvec.tolist(), "start": space.start.tolist()}
        return {"type": "MultiDiscrete", "dtype": str(space.dtype), **values}
    return {
        "type": "Box",
        "dtype": str(space.dtype),
        "shape": list(space.shape),
        "low": space.low.tolist(),
        "high": space.high.tolist(),
    }
