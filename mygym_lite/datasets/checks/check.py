"""Reads a dataset back, whatever formats it is in, and says what is wrong and what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.datasets.checks.bop import check_bop
from mygym_lite.datasets.checks.coco import check_coco
from mygym_lite.datasets.checks.dataset_statistics import compute_statistics, format_statistics
from mygym_lite.datasets.checks.findings import CheckFindings
from mygym_lite.datasets.checks.yolo import check_yolo
from mygym_lite.errors import ConfigError

_CHECKS: dict[str, Callable[[Path], CheckFindings]] = {"coco": check_coco, "bop": check_bop, "yolo": check_yolo}
_MARKS = {"coco": "annotations", "bop": "models", "yolo": "detect"}  # folders that tell the formats apart
_SHOWN = 20  # errors that a text lists


@dataclass(frozen=True)
class CheckReport:
    """What a check has found."""

    folder: Path
    formats: tuple[str, ...]
    errors: tuple[str, ...]
    """A line each: file, key, what is wrong."""
    notes: tuple[str, ...]
    """What is no mistake, and good to know."""
    statistics: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "folder": str(self.folder), "ok": self.ok, "formats": list(self.formats), "errors": list(self.errors),
            "notes": list(self.notes), "statistics": self.statistics,
        }  # fmt: skip

    def as_text(self) -> str:
        """Lines to read, the verdict last."""
        errors = [f"error: {line}" for line in self.errors[:_SHOWN]]
        if len(self.errors) > _SHOWN:
            errors.append(f"error: and {len(self.errors) - _SHOWN} more")
        verdict = "no errors" if self.ok else f"{len(self.errors)} error{'s' * (len(self.errors) > 1)}"
        found = f"{self.folder}: {', '.join(self.formats)}: {verdict}"
        return "\n".join(
            [format_statistics(self.statistics), "", *(f"note: {line}" for line in self.notes), *errors, found]
        )


def check_dataset(folder: str | Path) -> CheckReport:
    """Check every format that a folder holds, and whether they agree with each other.

    Args:
        folder: Of a dataset, or of one of its formats.

    Raises:
        SpecError: It holds none.
    """
    folder = Path(folder)
    places = _places(folder)
    if not places:
        raise ConfigError(f"{folder}: holds no dataset in {', '.join(_CHECKS)}; give the --out of 'mygym-lite dataset'")
    found = {name: _CHECKS[name](place) for name, place in places.items()}
    first = next(iter(found.values()))
    images = {split: list(pictures.values()) for split, pictures in first.images.items()}
    errors = [f"{name}/{line}" for name, one in found.items() for line in one.errors]
    notes = [f"{name}: {line}" for name, one in found.items() for line in one.notes]
    return CheckReport(
        folder, tuple(found), (*errors, *_between(found)), tuple(notes), compute_statistics(first.objects, images)
    )


def _places(folder: Path) -> dict[str, Path]:
    """Where each format is: in a folder of its own, or right here."""
    found = {}
    for name, mark in _MARKS.items():
        for place in (folder / name, folder):
            if (place / mark).is_dir():
                found[name] = place
                break
    return found


def _between(found: dict[str, CheckFindings]) -> Iterator[str]:
    """Formats that do not hold the same pictures, with the same objects in them."""
    (first, one), *others = found.items()
    for name, other in others:
        for split, images in one.images.items():
            differing = len(images.items() ^ other.images[split].items())
            if differing:
                yield f"{name}: {split} holds other pictures than {first}, {differing} of both are not alike"
        for number in sorted(one.boxes.keys() | other.boxes.keys()):
            if one.boxes.get(number, []) != other.boxes.get(number, []):
                yield f"{name}: picture {number} holds other classes or boxes than in {first}"
