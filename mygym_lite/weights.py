"""Folders of trained weights: a JSON file with metadata, and ``weights.safetensors``."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mygym_lite.documents import parse_json
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.files import lock_folder, write_files
from mygym_lite.schema import Location, build, require_schema

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

WEIGHTS = "weights.safetensors"
_SCHEMA = 1
_Metadata = TypeVar("_Metadata", bound="DataclassInstance")


@dataclass(frozen=True)
class WeightsFolder:
    """A kind of weights folder, such as that of policies.

    Args:
        metadata_file: Name of the JSON file.
        missing_hint: Remedy for a folder without this file.
        damaged_hint: Remedy for a damaged file.
    """

    metadata_file: str
    missing_hint: str
    damaged_hint: str

    def read_metadata(self, folder: Path, kind: type[_Metadata]) -> _Metadata:
        """Read the metadata of a folder."""
        file = folder / self.metadata_file
        where = Location(str(file))
        try:
            table = parse_json(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise where.error(f"cannot be read ({error.strerror}); {self.missing_hint}") from error
        except ValueError as error:
            raise where.error(f"not valid JSON, {error}; {self.damaged_hint}") from error
        if not isinstance(table, dict):
            raise where.error(f"is not an object with keys; {self.damaged_hint}")
        return build(kind, require_schema(table, where, _SCHEMA), where)

    def read_weights(self, folder: Path) -> dict[str, NDArray[Any]]:
        """Read all tensors by name."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        file = folder / WEIGHTS
        try:
            return load(file.read_bytes())
        except OSError as error:
            raise ConfigError(f"{file}: cannot be read ({error.strerror}); {self.damaged_hint}") from error
        except (SafetensorError, KeyError, ValueError) as error:
            raise ConfigError(f"{file}: damaged ({error}); {self.damaged_hint}") from error

    def write(self, folder: Path, metadata: DataclassInstance, tensors: Mapping[str, NDArray[Any]]) -> Path:
        """Write both files; the old ones stay intact until both new ones are complete.

        Raises:
            UsageError: The disk is full; the message names the folder where the files were rescued.
        """
        from safetensors.numpy import save

        text = json.dumps({"schema": _SCHEMA, **dataclasses.asdict(metadata)}, indent=2, allow_nan=False)
        contents = {
            self.metadata_file: f"{text}\n".encode(),
            WEIGHTS: save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}),
        }
        try:
            write_files(folder, contents)
        except OSError as error:
            raise UsageError(f"{folder}: cannot be written ({error.strerror}); {_rescue(contents)}") from error
        return folder


@contextmanager
def lock_training_folder(folder: Path) -> Iterator[None]:
    """Create the output folder of a training run and lock it; remove it again if it stays empty.

    Raises:
        UsageError: The folder cannot be created, or another training run holds the lock.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error
    try:
        with lock_folder(folder, "another training is writing to it; wait for its end, or choose another --out"):
            yield
    finally:
        with suppress(OSError):
            folder.rmdir()


def _rescue(contents: Mapping[str, bytes]) -> str:
    """Write the files to any folder with free space, and return a message that names it."""
    for parent in (tempfile.gettempdir(), Path.cwd(), Path.home()):
        with suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="mygym_lite_trained_", dir=parent))
            write_files(folder, contents)
            return f"the trained weights are in {folder}: make room, and move them"
    return "no other folder has room either, and the trained weights are lost: make room, and train again"
