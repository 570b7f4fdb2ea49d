"""Minari's layout: ``data/main_data.hdf5`` with a group an episode, and ``data/metadata.json``.

Images are kept as they were seen, without loss: one chunk a picture, packed by gzip.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, overload

import h5py
import numpy as np
from gymnasium import spaces

from mygym_lite.demonstrations.demonstration import Array, Demonstration
from mygym_lite.errors import UsageError
from mygym_lite.schema import parse_json

DATA_FILE, METADATA_FILE = "main_data.hdf5", "metadata.json"
MINARI_VERSION = "0.5.4"  # of Minari: the version whose layout is written
_PACKED = 2  # of gzip's levels: the next ones take longer and gain little on these pictures
_PICTURES = 3  # axes of several pictures, at least
_KEY = "mygym_lite"  # where metadata.json keeps what is our own
_RECORD = "record"
_MOST_PACKED = 1100  # times that gzip makes an array smaller, at most
_ROOM = 4 * 2**20  # bytes that HDF5 may still need to close a file


def write_episodes(file: Path, demonstrations: Iterable[Demonstration]) -> tuple[int, int]:
    """Write episodes in their order, the same bytes for the same episodes; how many they are, and their steps."""
    episodes = steps = 0
    _require_room(file, 0)
    with h5py.File(file, "w", track_order=True) as data:
        for episodes, shown in enumerate(demonstrations, start=1):
            steps += len(shown)
            _require_room(file, sum(array.nbytes for array in shown.collect_arrays().values()))
            _write(data.create_group(f"episode_{episodes - 1}"), episodes - 1, shown)
    return episodes, steps


def _require_room(file: Path, size: int) -> None:
    """Refuse to write so many bytes to a full disk: HDF5 can neither go on nor close its file after it has tried."""
    if shutil.disk_usage(file.parent).free < size + _ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))


def _write(group: Any, number: int, shown: Demonstration) -> None:
    rewards = {f"rewards_{name}": getattr(shown.rewards, name)() for name in _SUMS if len(shown)}
    group.attrs.update({"id": number, "seed": shown.seed, "total_steps": len(shown), **rewards})
    group.attrs.update({"success": shown.success, _RECORD: json.dumps(shown.record)})
    for place, array in shown.collect_arrays().items():
        images = array.ndim >= _PICTURES
        packed = {"chunks": (1, *array.shape[1:]), "compression": "gzip", "compression_opts": _PACKED} if images else {}
        group.create_dataset(place, data=array, **packed)


_SUMS = ("sum", "mean", "std", "max", "min")


def write_metadata(
    file: Path, name: str, space: spaces.Dict, action: spaces.Box, counts: tuple[int, int], manifest: Mapping[str, Any],
    env_spec: str | None = None,
) -> None:  # fmt: skip
    """Describe the episodes beside them.

    Args:
        file: Where they are.
        name: What Minari calls the set.
        space: What was observed.
        action: What an action is.
        counts: Episodes, and steps of all together.
        manifest: What is known of the set; it is kept whole.
        env_spec: How Gymnasium makes the environment, as JSON, where it can.
    """
    table = {
        "dataset_id": name, "data_format": "hdf5", "minari_version": MINARI_VERSION, "jpeg_encoding": False,
        "total_episodes": counts[0], "total_steps": counts[1], "dataset_size": round(file.stat().st_size / 1e6, 1),
        "observation_space": json.dumps(encode_space(space)), "action_space": json.dumps(encode_space(action)),
        "algorithm_name": manifest.get("policy", {}).get("label", ""), "author": ["mygym_lite"],
        "requirements": [f"mygym_lite=={manifest.get('version')}"], "description": str(manifest.get("about", "")),
        **({} if env_spec is None else {"env_spec": env_spec}),
        _KEY: dict(manifest),
    }  # fmt: skip
    (file.parent / METADATA_FILE).write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def encode_space(space: Any) -> dict[str, Any]:
    """A space as Minari writes it."""
    if isinstance(space, spaces.Dict):
        return {"type": "Dict", "subspaces": {name: encode_space(one) for name, one in space.spaces.items()}}
    return {
        "type": "Box", "dtype": str(space.dtype), "shape": list(space.shape),
        "low": space.low.tolist(), "high": space.high.tolist(),
    }  # fmt: skip


class MinariEpisodes(Sequence[Demonstration]):
    """The episodes of a file, each read when it is asked for.

    Args:
        file: An HDF5 file in Minari's layout.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._opened() as data:
            self._count = len(data)
            if any(f"episode_{number}" not in data for number in range(self._count)):
                raise KeyError("its groups are not episode_0, episode_1 and so on")

    def __len__(self) -> int:
        """How many."""
        return self._count

    @overload
    def __getitem__(self, number: int) -> Demonstration: ...
    @overload
    def __getitem__(self, number: slice) -> list[Demonstration]: ...
    def __getitem__(self, number: int | slice) -> Demonstration | list[Demonstration]:
        """One episode, or several."""
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        place = range(self._count)[number]
        with self._opened() as data:
            return _read(data[f"episode_{place}"])

    def read_records(self) -> list[dict[str, Any]]:
        """What was measured of each episode, without its arrays."""
        with self._opened() as data:
            return [_record(data[f"episode_{number}"]) for number in range(self._count)]

    def __iter__(self) -> Iterator[Demonstration]:
        """Every episode, one after the other."""
        with self._opened() as data:
            for number in range(self._count):
                yield _read(data[f"episode_{number}"])

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """The file; whatever is wrong with it becomes one line."""
        try:
            with h5py.File(self.file, "r") as data:
                yield data
        except FileNotFoundError as error:
            raise UsageError(f"{self.file}: there is no such file; name what `mygym-lite record` made") from error
        except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
            if isinstance(error, UsageError):
                raise
            raise UsageError(
                f"{self.file}: is damaged or no demonstrations ({_said(error)}); copy it again, or record again"
            ) from error


def _said(error: Exception) -> str:
    return " ".join(str(error).replace("'", "").split())[:100]


def _read(group: Any) -> Demonstration:
    actions, rewards, terminations, truncations = (_array(group[name]) for name in _BY_STEP)
    infos = _leaves(group["infos"]) if "infos" in group else {}
    seen = _leaves(group["observations"])
    shown = Demonstration(seen, actions, rewards, terminations, truncations, infos, _record(group))
    steps = int(group.attrs["total_steps"])
    found = {name: len(array) for name, array in shown.collect_arrays().items()}
    wrong = [name for name, rows in found.items() if rows not in (steps, steps + 1)]
    if wrong:
        raise ValueError(f"{group.name}/{wrong[0]} has {found[wrong[0]]} rows in an episode of {steps} steps")
    return shown


_BY_STEP = ("actions", "rewards", "terminations", "truncations")


def _array(dataset: Any) -> Array:
    """Read an array; one that claims more than its file can hold even packed is damaged."""
    if dataset.nbytes > _MOST_PACKED * os.path.getsize(dataset.file.filename):
        raise ValueError(f"{dataset.name} claims {dataset.nbytes:,} bytes, more than its file can hold")
    array: Array = dataset[()]
    return array


def _record(group: Any) -> dict[str, Any]:
    """What was measured; of what somebody else wrote, an episode that ended by itself is taken as a success."""
    if _RECORD in group.attrs:
        record: dict[str, Any] = parse_json(group.attrs[_RECORD])
        return record
    steps, seed = int(group.attrs["total_steps"]), int(group.attrs.get("seed", -1))
    return {"seed": seed, "success": bool(np.any(_array(group["terminations"]))), "steps": steps}


def _leaves(group: Any, before: str = "") -> dict[str, Array]:
    """Every array below a group, by its path; of a single array, of the name it would have as a group."""
    if isinstance(group, h5py.Dataset):
        return {before.rstrip("/") or "observation": _array(group)}
    found: dict[str, Array] = {}
    for name, inner in group.items():
        found.update(_leaves(inner, f"{before}{name}/"))
    return found


def read_metadata(file: Path) -> dict[str, Any]:
    """What is written beside the episodes; nothing where they stand alone."""
    beside = file.parent / METADATA_FILE
    try:
        table = parse_json(beside.read_text(encoding="utf-8"))
        card = table.get(_KEY, {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{beside}: is damaged ({_said(error)}); copy it again, or record again") from error
    return card if isinstance(card, dict) else {}
