"""Checkpoints: everything that learning needs to go on, in a folder that is whole or not there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.save_util import load_from_zip_file, recursive_setattr

from mygym_lite.errors import UsageError
from mygym_lite.learning.reinforcement.replay_buffers import DemonstrationBuffer, get_arrays, restore_arrays
from mygym_lite.schema import parse_json

CHECKPOINT_FOLDER = "checkpoint"
_MODEL, _STATE = "model.zip", "state.json"


def save_checkpoint(folder: Path, model: Any, state: dict[str, Any]) -> None:
    """Write a checkpoint; when it is there, the one before it goes.

    Args:
        folder: Of the policy.
        model: Weights, optimizers, and what it remembers.
        state: Everything else, as plain data.
    """
    home = folder / CHECKPOINT_FOLDER
    part, whole = home / ".part", home / str(model.num_timesteps)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    model.save(part / _MODEL, exclude=["logger"])
    for name, buffer in _buffers(model).items():
        np.savez(part / f"{name}.npz", **get_arrays(buffer))  # type: ignore[arg-type]
    (part / _STATE).write_text(json.dumps(state), encoding="utf-8")
    shutil.rmtree(whole, ignore_errors=True)
    part.rename(whole)
    for other in home.iterdir():
        if other != whole:
            shutil.rmtree(other)


def find_latest_checkpoint(folder: Path) -> Path:
    """The checkpoint of a policy's folder.

    Raises:
        UsageError: There is none.
    """
    found = [
        path for path in (folder / CHECKPOINT_FOLDER).glob("*") if path.name.isdecimal() and (path / _STATE).is_file()
    ]
    if not found:
        raise UsageError(f"{folder}: holds no checkpoint to go on from; leave --resume out to begin")
    return max(found, key=lambda path: int(path.name))


def read_state(checkpoint: Path) -> dict[str, Any]:
    """What was written beside the model."""
    try:
        state: dict[str, Any] = parse_json((checkpoint / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{checkpoint / _STATE}: damaged ({error}); begin again in another folder") from error
    return state


def load_checkpoint(model: Any, checkpoint: Path) -> None:
    """Go on where a checkpoint was written; only tensors and arrays are read of it, nothing that could be a program."""
    try:
        _, weights, variables = load_from_zip_file(checkpoint / _MODEL, device="cpu", load_data=False)
        model.set_parameters(weights, exact_match=True, device="cpu")
        for name, value in (variables or {}).items():
            recursive_setattr(model, f"{name}.data", value.data)
        for name, buffer in _buffers(model).items():
            with np.load(checkpoint / f"{name}.npz", allow_pickle=False) as arrays:
                restore_arrays(buffer, arrays)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"{checkpoint}: cannot be gone on from ({reason}); use the same command as before") from error
    if hasattr(getattr(model, "replay_buffer", None), "truncate_last_trajectory"):
        _end_last_episode(model.replay_buffer)


def _buffers(model: Any) -> dict[str, Any]:
    """What is remembered, by name of a file."""
    own = getattr(model, "replay_buffer", None)
    if own is None:
        return {}
    return {
        "replay_buffer": own,
        **({"demonstrations": own.demonstrations} if isinstance(own.demonstrations, DemonstrationBuffer) else {}),
    }


def _end_last_episode(buffer: Any) -> None:
    """What was under way is over: new episodes begin."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        buffer.truncate_last_trajectory()
