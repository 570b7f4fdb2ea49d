"""A folder with trained weights: ``perception.json``, which says what they are for, and ``weights.safetensors``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import SpecError
from mygym_lite.strict import Where, build, require_schema

CARD, WEIGHTS = "perception.json", "weights.safetensors"
_SCHEMA = 1
_HALF = np.float16  # as they are kept: half the room, and no estimate is the worse for it
Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Calibration:
    """By how much deviations are larger than the network says, found on scenes that it did not learn from."""

    position: float = 1.0
    yaw: float = 1.0


@dataclass(frozen=True)
class Card:
    """What ``perception.json`` says.

    Args:
        classes: Object models that it knows, number 1 first.
        size: Width and height of its pictures, px.
        cameras: Through which it learned to look.
        tasks: Of which it has seen scenes.
        calibration: Of how sure it is.
        made: How it came to be: command, seed, data, curve, tests.
    """

    classes: tuple[str, ...]
    size: tuple[int, int]
    cameras: tuple[str, ...]
    tasks: tuple[str, ...]
    calibration: Calibration = Calibration()
    made: dict[str, object] = field(default_factory=dict)

    def require_fit(self, task: str, models: Sequence[str], cameras: Sequence[str], eyes: str) -> None:
        """Refuse a task whose objects or cameras these weights do not know."""
        for camera in cameras:
            if camera not in self.cameras:
                raise SpecError(f"perception {eyes}: learned to look through {', '.join(self.cameras)}, not through "
                                f"'{camera}' of {task}")  # fmt: skip
        if models and not set(models) & set(self.classes):
            raise SpecError(f"perception {eyes}: knows {', '.join(self.classes)}; {task} wants "
                            f"{', '.join(sorted(set(models)))}")  # fmt: skip


def read_card(folder: Path) -> Card:
    """Read ``perception.json``."""
    file = folder / CARD
    where = Where(str(file))
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise where.error(f"cannot be read ({error.strerror}); name a folder with trained perception") from error
    except ValueError as error:
        raise where.error(f"not valid JSON, {error}; train again, or copy it again") from error
    if not isinstance(table, dict):
        raise where.error("is not an object with keys; train again, or copy it again")
    return build(Card, require_schema(table, where, _SCHEMA), where)


def read_weights(folder: Path) -> dict[str, NDArray[Any]]:
    """Read ``weights.safetensors``."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    file = folder / WEIGHTS
    try:
        return load(file.read_bytes())
    except OSError as error:
        raise SpecError(f"{file}: cannot be read ({error.strerror}); train again, or copy it again") from error
    except (SafetensorError, KeyError, ValueError) as error:
        raise SpecError(f"{file}: damaged ({error}); train again, or copy it again") from error


def write_card(folder: Path, card: Card, tensors: Tensors) -> Path:
    """Write both files; a folder that holds trained perception already is overwritten."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    halved = {name: one.astype(_HALF) if one.dtype == np.float32 else one for name, one in tensors.items()}
    save_file({name: np.ascontiguousarray(one) for name, one in halved.items()}, folder / WEIGHTS)
    text = json.dumps({"schema": _SCHEMA, **dataclasses.asdict(card)}, indent=2, allow_nan=False)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")
    return folder
