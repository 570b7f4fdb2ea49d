"""Findings of a check: errors, notes and entries of one format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mygym_lite.datasets.checks.dataset_statistics import ObjectEntry
from mygym_lite.datasets.formats.png import parse_size, read_bytes
from mygym_lite.datasets.frame import SPLITS
from mygym_lite.documents import parse_json


@dataclass
class CheckFindings:
    """Errors of one format, one line each, and the entries of its files."""

    root: Path
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    objects: list[ObjectEntry] = field(default_factory=list)
    images: dict[str, dict[int, str]] = field(default_factory=lambda: {split: {} for split in SPLITS})
    """Digest of each image by its number, for each split."""
    has_objects: bool = True
    """Whether the format lists objects."""
    boxes: dict[int, list[tuple[str, int, int, int, int]]] = field(default_factory=dict)
    """Class and visible box of each object by image: left, top, width, height, px."""

    def add_error(self, path: Path, key: str, problem: str) -> None:
        """Add an error at a key of a file."""
        self.errors.append(f"{path.relative_to(self.root)}: {key}{': ' if key else ''}{problem}")

    def require(self, ok: bool, path: Path, key: str, problem: str) -> bool:
        """Add an error unless a condition holds, and return the condition."""
        if not ok:
            self.add_error(path, key, problem)
        return ok

    def check_image(self, path: Path, split: str, number: int, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """Check an image file and record its digest; return its width and height, None if it is damaged."""
        try:
            data = read_bytes(path)
            actual = parse_size(data)
        except ValueError as error:
            self.add_error(path, "", str(error))
            return None
        self.images[split][number] = hashlib.blake2b(data, digest_size=16).hexdigest()
        if size is not None and actual != size:
            self.add_error(path, "", f"is {actual[0]} x {actual[1]} px, its labels are for {size[0]} x {size[1]}")
        return actual

    def read_json(self, path: Path, kind: type[dict[str, Any]] | type[list[Any]] = dict) -> Any:
        """Read a JSON file; return an empty value if it is invalid."""
        try:
            value = parse_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            self.add_error(path, "", f"cannot be read ({getattr(error, 'strerror', None) or error})")
            return kind()
        return value if self.require(isinstance(value, kind), path, "", f"is not a {kind.__name__}") else kind()
