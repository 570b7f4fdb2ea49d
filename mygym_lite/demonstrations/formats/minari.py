"""Minari's layout: ``data/main_data.hdf5`` with a group for each episode, and ``data/metadata.json``.

Images are lossless: one chunk for each, compressed by gzip.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from gymnasium import spaces

from mygym_lite.demonstrations.demonstration import Array, Demonstration, StoredEpisodes
from mygym_lite.errors import UsageError
from mygym_lite.files import write_text
from mygym_lite.schema import parse_json

DATA_FILE, METADATA_FILE = "main_data.hdf5", "metadata.json"
MINARI_VERSION = "0.5.4"  # whose layout is written
_GZIP_LEVEL = 2  # higher ones take longer and gain little on these images
_IMAGE_AXES = 3  # of an array of images, at least
_KEY = "mygym_lite"  # of our manifest in metadata.json
_RECORD = "record"
_MAX_COMPRESSION = 1100  # upper bound of gzip's compression ratio
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
    group.attrs.update({"success": demonstration.success, _RECORD: json.dumps(demonstration.record)})
    for path, array in demonstration.collect_arrays().items():
        options: dict[str, Any] = {}
        if array.ndim >= _IMAGE_AXES:
            options = {"chunks": (1, *array.shape[1:]), "compression": "gzip", "compression_opts": _GZIP_LEVEL}
        group.create_dataset(path, data=array, **options)


_REWARD_STATISTICS = ("sum", "mean", "std", "max", "min")


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
        _KEY: dict(manifest),
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


class MinariEpisodes(StoredEpisodes):
    """The episodes of a file, read on access.

    Args:
        file: HDF5 file in Minari's layout.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._open() as data:
            self._count = len(data)
            if any(f"episode_{number}" not in data for number in range(self._count)):
                raise KeyError("its groups are not episode_0, episode_1 and so on")

    def __len__(self) -> int:
        """Return the number of episodes."""
        return self._count

    def _read(self, index: int) -> Demonstration:
        with self._open() as data:
            return _read_episode(data[f"episode_{index}"])

    def read_records(self) -> list[dict[str, Any]]:
        """Read the measurements of each episode, without its arrays."""
        with self._open() as data:
            return [_read_record(data[f"episode_{number}"]) for number in range(self._count)]

    def __iter__(self) -> Iterator[Demonstration]:
        """Iterate over the episodes."""
        with self._open() as data:
            for number in range(self._count):
                yield _read_episode(data[f"episode_{number}"])

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """Open the file; turn any error of a damaged one into one line."""
        try:
            with h5py.File(self.file, "r") as data:
                yield data
        except FileNotFoundError as error:
            raise UsageError(f"{self.file}: there is no such file; name what `mygym-lite record` made") from error
        except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
            if isinstance(error, UsageError):
                raise
            raise UsageError(
                f"{self.file}: is damaged or no demonstrations ({_shorten_message(error)}); copy it again, "
                "or record again"
            ) from error


def _shorten_message(error: Exception) -> str:
    return " ".join(str(error).replace("'", "").split())[:100]


def _read_episode(group: Any) -> Demonstration:
    actions, rewards, terminations, truncations = (_read_array(group[name]) for name in _STEP_ARRAYS)
    infos = _read_arrays(group["infos"]) if "infos" in group else {}
    demonstration = Demonstration(
        observations=_read_arrays(group["observations"]),
        actions=actions,
        rewards=rewards,
        terminations=terminations,
        truncations=truncations,
        infos=infos,
        record=_read_record(group),
    )
    steps = int(group.attrs["total_steps"])
    for name, array in demonstration.collect_arrays().items():
        if len(array) not in (steps, steps + 1):
            raise ValueError(f"{group.name}/{name} has {len(array)} rows in an episode of {steps} steps")
    return demonstration


_STEP_ARRAYS = ("actions", "rewards", "terminations", "truncations")


def _read_array(dataset: Any) -> Array:
    """Read an array; one that claims more than its file can hold is damaged."""
    if dataset.nbytes > _MAX_COMPRESSION * os.path.getsize(dataset.file.filename):
        raise ValueError(f"{dataset.name} claims {dataset.nbytes:,} bytes, more than its file can hold")
    array: Array = dataset[()]
    return array


def _read_record(group: Any) -> dict[str, Any]:
    """Read the measurements; in files of other programs, an episode that terminated counts as a success."""
    if _RECORD in group.attrs:
        record: dict[str, Any] = parse_json(group.attrs[_RECORD])
        return record
    steps, seed = int(group.attrs["total_steps"]), int(group.attrs.get("seed", -1))
    return {"seed": seed, "success": bool(np.any(_read_array(group["terminations"]))), "steps": steps}


def _read_arrays(group: Any, path: str = "") -> dict[str, Array]:
    """Read every array below a group, by its path; a single array is named ``observation``."""
    if isinstance(group, h5py.Dataset):
        return {path.rstrip("/") or "observation": _read_array(group)}
    arrays: dict[str, Array] = {}
    for name, inner in group.items():
        arrays.update(_read_arrays(inner, f"{path}{name}/"))
    return arrays


def read_metadata(file: Path) -> dict[str, Any]:
    """Read our manifest from ``metadata.json``; empty if there is none."""
    metadata = file.parent / METADATA_FILE
    try:
        table = parse_json(metadata.read_text(encoding="utf-8"))
        manifest = table.get(_KEY, {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{metadata}: is damaged ({_shorten_message(error)}); copy it again, or record again"
        ) from error
    return manifest if isinstance(manifest, dict) else {}
