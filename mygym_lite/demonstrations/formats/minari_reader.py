"""Reader of Minari's layout: ``data/main_data.hdf5`` with a group for each episode, and ``data/metadata.json``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mygym_lite.demonstrations.demonstration import Array, Demonstration, StoredEpisodes
from mygym_lite.documents import parse_json
from mygym_lite.errors import UsageError

DATA_FILE, METADATA_FILE = "main_data.hdf5", "metadata.json"
MANIFEST_KEY = "mygym_lite"  # of our manifest in metadata.json
RECORD = "record"
_STEP_ARRAYS = ("actions", "rewards", "terminations", "truncations")
_MAX_COMPRESSION = 1100  # upper bound of gzip's compression ratio


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


def _read_array(dataset: Any) -> Array:
    """Read an array; one that claims more than its file can hold is damaged."""
    if dataset.nbytes > _MAX_COMPRESSION * os.path.getsize(dataset.file.filename):
        raise ValueError(f"{dataset.name} claims {dataset.nbytes:,} bytes, more than its file can hold")
    array: Array = dataset[()]
    return array


def _read_record(group: Any) -> dict[str, Any]:
    """Read the measurements; in files of other programs, an episode that terminated counts as a success."""
    if RECORD in group.attrs:
        record: dict[str, Any] = parse_json(group.attrs[RECORD])
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
        manifest = table.get(MANIFEST_KEY, {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{metadata}: is damaged ({_shorten_message(error)}); copy it again, or record again"
        ) from error
    return manifest if isinstance(manifest, dict) else {}
