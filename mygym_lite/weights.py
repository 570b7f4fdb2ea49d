"""A folder with what was trained: a card in JSON, which says what it is for, and ``weights.safetensors``."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.files import lock_folder
from mygym_lite.schema import Location, build, parse_json, require_schema

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

WEIGHTS = "weights.safetensors"
_SCHEMA = 1
_Card = TypeVar("_Card", bound="DataclassInstance")


@dataclass(frozen=True)
class WeightsFolder:
    """One kind of such folders.

    Args:
        metadata_file: The file with the card.
        missing_hint: What somebody should have named who named a folder without one.
        damaged_hint: What to do about a damaged one.
    """

    metadata_file: str
    missing_hint: str
    damaged_hint: str

    def read_metadata(self, folder: Path, kind: type[_Card]) -> _Card:
        """What the card says."""
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
        """All tensors by name."""
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
        """Write both files; what was there before stays whole until the new ones are.

        Raises:
            UsageError: There is no room; they are somewhere else then, and the message says where.
        """
        from safetensors.numpy import save

        text = json.dumps({"schema": _SCHEMA, **dataclasses.asdict(metadata)}, indent=2, allow_nan=False)
        new = {
            WEIGHTS: save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}),
            self.metadata_file: f"{text}\n".encode(),
        }
        try:
            _write_all(folder, new)
        except OSError as error:
            raise UsageError(f"{folder}: cannot be written ({error.strerror}); {_rescue(new)}") from error
        return folder


@contextmanager
def lock_training_folder(folder: Path) -> Iterator[None]:
    """Make the folder of a training, and keep other trainings from writing to it; it goes again if it stays empty.

    Raises:
        UsageError: It cannot be made, or another training is writing to it.
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


def _write_all(folder: Path, new: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name, content in new.items():
            (folder / f".{name}.new").write_bytes(content)
        for name in new:
            os.replace(folder / f".{name}.new", folder / name)
    except OSError:
        for name in new:
            with suppress(OSError):
                (folder / f".{name}.new").unlink(missing_ok=True)
        raise


def _rescue(new: Mapping[str, bytes]) -> str:
    """Keep what took long to train wherever there is room, and say where."""
    for place in (tempfile.gettempdir(), Path.cwd(), Path.home()):
        with suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="mygym_lite_trained_", dir=place))
            _write_all(folder, new)
            return f"what was trained is in {folder}: make room, and move it"
    return "there is no room elsewhere either, and what was trained is lost: make room, and train again"
