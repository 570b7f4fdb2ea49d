"""A folder with what was trained: a card in JSON, which says what it is for, and ``weights.safetensors``."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import SpecError
from mygym_lite.strict import Where, build, parse_json, require_schema

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

WEIGHTS = "weights.safetensors"
_SCHEMA = 1
_Card = TypeVar("_Card", bound="DataclassInstance")


@dataclass(frozen=True)
class Trained:
    """One kind of such folders.

    Args:
        card: The file with the card.
        meant: What somebody should have named who named a folder without one.
        remedy: What to do about a damaged one.
    """

    card: str
    meant: str
    remedy: str

    def read_card(self, folder: Path, kind: type[_Card]) -> _Card:
        """What the card says."""
        file = folder / self.card
        where = Where(str(file))
        try:
            table = parse_json(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise where.error(f"cannot be read ({error.strerror}); {self.meant}") from error
        except ValueError as error:
            raise where.error(f"not valid JSON, {error}; {self.remedy}") from error
        if not isinstance(table, dict):
            raise where.error(f"is not an object with keys; {self.remedy}")
        return build(kind, require_schema(table, where, _SCHEMA), where)

    def read_weights(self, folder: Path) -> dict[str, NDArray[Any]]:
        """All tensors by name."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        file = folder / WEIGHTS
        try:
            return load(file.read_bytes())
        except OSError as error:
            raise SpecError(f"{file}: cannot be read ({error.strerror}); {self.remedy}") from error
        except (SafetensorError, KeyError, ValueError) as error:
            raise SpecError(f"{file}: damaged ({error}); {self.remedy}") from error

    def write(self, folder: Path, card: DataclassInstance, tensors: Mapping[str, NDArray[Any]]) -> Path:
        """Write both files; what was there before stays whole until the new ones are."""
        from safetensors.numpy import save

        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"schema": _SCHEMA, **dataclasses.asdict(card)}, indent=2, allow_nan=False)
        new = {
            folder / WEIGHTS: save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}),
            folder / self.card: f"{text}\n".encode(),
        }
        for file, content in new.items():
            _beside(file).write_bytes(content)
        for file in new:
            os.replace(_beside(file), file)
        return folder


def _beside(file: Path) -> Path:
    return file.with_name(f".{file.name}.new")
