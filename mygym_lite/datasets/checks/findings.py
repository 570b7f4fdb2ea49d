"""What reading a dataset back has brought to light."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mygym_lite.datasets.checks.dataset_statistics import ObjectEntry
from mygym_lite.datasets.formats.png import parse_size, read_bytes
from mygym_lite.datasets.frame import SPLITS
from mygym_lite.schema import parse_json


@dataclass
class CheckFindings:
    """Mistakes of one format, one line each, and what its files hold."""

    root: Path
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    objects: list[ObjectEntry] = field(default_factory=list)
    images: dict[str, dict[int, str]] = field(default_factory=lambda: {split: {} for split in SPLITS})
    """Digest of each picture by its number, for each split."""
    boxes: dict[int, list[tuple[str, int, int, int, int]]] = field(default_factory=dict)
    """Class, left, top, width, height of what is visible in each picture, px."""

    def add_error(self, path: Path, key: str, problem: str) -> None:
        """A mistake, at a place in a file."""
        self.errors.append(f"{path.relative_to(self.root)}: {key}{': ' if key else ''}{problem}")

    def require(self, ok: bool, path: Path, key: str, problem: str) -> bool:
        """Say what is wrong unless it is right."""
        if not ok:
            self.add_error(path, key, problem)
        return ok

    def check_image(self, path: Path, split: str, number: int, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """Look at a picture's file, and remember its digest; its width and height if it is whole."""
        try:
            data = read_bytes(path)
            found = parse_size(data)
        except ValueError as error:
            self.add_error(path, "", str(error))
            return None
        self.images[split][number] = hashlib.blake2b(data, digest_size=16).hexdigest()
        if size is not None and found != size:
            self.add_error(path, "", f"is {found[0]} x {found[1]} px, its labels are for {size[0]} x {size[1]}")
        return found

    def read_json(self, path: Path, kind: type[dict[str, Any]] | type[list[Any]] = dict) -> Any:
        """What a JSON file holds; empty if that cannot be read."""
        try:
            value = parse_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            self.add_error(path, "", f"cannot be read ({getattr(error, 'strerror', None) or error})")
            return kind()
        return value if self.require(isinstance(value, kind), path, "", f"is no {kind.__name__}") else kind()
