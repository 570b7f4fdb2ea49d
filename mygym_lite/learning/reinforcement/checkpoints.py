"""Checkpoints: model, replay buffers and learning curve, in a folder that is renamed into place when complete."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.buffers import DictReplayBuffer
from stable_baselines3.common.save_util import load_from_zip_file, recursive_setattr
from stable_baselines3.her.her_replay_buffer import HerReplayBuffer

from mygym_lite.documents import parse_json
from mygym_lite.errors import UsageError
from mygym_lite.learning.reinforcement.replay_buffers import MixedReplayBuffer, get_arrays, restore_arrays

CHECKPOINT_FOLDER = "checkpoint"
_MODEL, _STATE = "model.zip", "state.json"


def save_checkpoint(folder: Path, model: Any, state: dict[str, Any]) -> None:
    """Write a checkpoint, then remove the previous one.

    Args:
        folder: Folder of the policy.
        model: Model, with its optimizers and replay buffers.
        state: Other state, as plain data.
    """
    parent = folder / CHECKPOINT_FOLDER
    partial, final = parent / ".part", parent / str(model.num_timesteps)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    model.save(partial / _MODEL, exclude=["logger"])
    for name, buffer in _get_buffers(model).items():
        np.savez(partial / f"{name}.npz", **get_arrays(buffer))  # type: ignore[arg-type]
    (partial / _STATE).write_text(json.dumps(state), encoding="utf-8")
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)
    for other in parent.iterdir():
        if other != final:
            shutil.rmtree(other)


def find_latest_checkpoint(folder: Path) -> Path:
    """Find the checkpoint in the folder of a policy.

    Raises:
        UsageError: There is none.
    """
    checkpoints = [
        path for path in (folder / CHECKPOINT_FOLDER).glob("*") if path.name.isdecimal() and (path / _STATE).is_file()
    ]
    if not checkpoints:
        raise UsageError(f"{folder}: holds no checkpoint to go on from; leave --resume out to begin")
    return max(checkpoints, key=lambda path: int(path.name))


def read_state(checkpoint: Path) -> dict[str, Any]:
    """Read the state that was saved with the model."""
    try:
        state: dict[str, Any] = parse_json((checkpoint / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{checkpoint / _STATE}: damaged ({error}); begin again in another folder") from error
    return state


def load_checkpoint(model: Any, checkpoint: Path) -> None:
    """Restore a model; only tensors and arrays are read, never pickled objects."""
    try:
        _, weights, variables = load_from_zip_file(checkpoint / _MODEL, device="cpu", load_data=False)
        model.set_parameters(weights, exact_match=True, device="cpu")
        for name, value in (variables or {}).items():
            recursive_setattr(model, f"{name}.data", value.data)
        for name, buffer in _get_buffers(model).items():
            with np.load(checkpoint / f"{name}.npz", allow_pickle=False) as arrays:
                restore_arrays(buffer, arrays)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"{checkpoint}: cannot be resumed ({reason}); use the same command as before") from error
    if isinstance(getattr(model, "replay_buffer", None), HerReplayBuffer):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.replay_buffer.truncate_last_trajectory()  # the interrupted episode does not continue


def _get_buffers(model: Any) -> dict[str, DictReplayBuffer]:
    """Return the replay buffers, by the name of their file."""
    buffer = getattr(model, "replay_buffer", None)
    if not isinstance(buffer, MixedReplayBuffer):
        return {}
    return {
        "replay_buffer": buffer,
        **({"demonstrations": buffer.demonstrations} if buffer.demonstrations is not None else {}),
    }
