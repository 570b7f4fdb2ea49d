"""Check of a written dataset in all of its formats, with statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.datasets.checks.bop import check_bop
from mygym_lite.datasets.checks.coco import check_coco
from mygym_lite.datasets.checks.dataset_statistics import compute_statistics, format_statistics
from mygym_lite.datasets.checks.findings import CheckFindings
from mygym_lite.datasets.checks.flow import check_flow
from mygym_lite.datasets.checks.yolo import check_yolo
from mygym_lite.datasets.coverage import list_missing_classes
from mygym_lite.datasets.frame import SPLITS
from mygym_lite.errors import ConfigError

_CHECKS: dict[str, Callable[[Path], CheckFindings]] = {
    "coco": check_coco,
    "bop": check_bop,
    "yolo": check_yolo,
    "flow": check_flow,
}
_MARKERS = {
    "coco": "annotations",
    "bop": "models",
    "yolo": "detect",
    "flow": "occluded",
}  # folders that identify the formats
_MAX_LINES = 20  # errors listed in the text


@dataclass(frozen=True)
class CheckReport:
    """Result of a check."""

    folder: Path
    formats: tuple[str, ...]
    errors: tuple[str, ...]
    """One line each: file, key and problem."""
    notes: tuple[str, ...]
    """Remarks that are not errors."""
    statistics: dict[str, Any]

    @property
    def ok(self) -> bool:
        """True if there are no errors."""
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            "folder": str(self.folder),
            "ok": self.ok,
            "formats": list(self.formats),
            "errors": list(self.errors),
            "notes": list(self.notes),
            "statistics": self.statistics,
        }

    def as_text(self) -> str:
        """Format statistics, notes and errors, the result last."""
        errors = [f"error: {line}" for line in self.errors[:_MAX_LINES]]
        if len(self.errors) > _MAX_LINES:
            errors.append(f"error: and {len(self.errors) - _MAX_LINES} more")
        count = "no errors" if self.ok else f"{len(self.errors)} error{'s' * (len(self.errors) > 1)}"
        notes = [f"note: {line}" for line in self.notes]
        result = f"{self.folder}: {', '.join(self.formats)}: {count}"
        return "\n".join([format_statistics(self.statistics), "", *notes, *errors, result])


def check_dataset(folder: str | Path) -> CheckReport:
    """Check every format in a folder, and that the formats agree with each other.

    Args:
        folder: Folder of a dataset, or of one of its formats.

    Raises:
        ConfigError: The folder holds no dataset.
    """
    folder = Path(folder)
    folders = _find_formats(folder)
    if not folders:
        raise ConfigError(f"{folder}: holds no dataset in {', '.join(_CHECKS)}; give the --out of 'mygym-lite dataset'")
    findings = {name: _CHECKS[name](format_folder) for name, format_folder in folders.items()}
    first = next(iter(findings.values()))
    digests = {split: list(images.values()) for split, images in first.images.items()}
    errors = [f"{name}/{line}" for name, one in findings.items() for line in one.errors]
    notes = [f"{name}: {line}" for name, one in findings.items() for line in one.notes]
    statistics = compute_statistics(first.objects, digests)
    by_split = {split: {name: n[split] for name, n in statistics["classes"].items()} for split in SPLITS}
    return CheckReport(
        folder=folder,
        formats=tuple(findings),
        errors=(*errors, *_compare_formats(findings)),
        notes=(*notes, *list_missing_classes(by_split)),
        statistics=statistics,
    )


def _find_formats(folder: Path) -> dict[str, Path]:
    """Find the folder of each format: a subfolder of its name, or the folder itself."""
    candidates = {name: (folder / name, folder) for name in _MARKERS}
    existing = {name: [path for path in candidates[name] if (path / _MARKERS[name]).is_dir()] for name in _MARKERS}
    return {name: paths[0] for name, paths in existing.items() if paths}


def _compare_formats(findings: dict[str, CheckFindings]) -> Iterator[str]:
    """Yield the differences in images and objects between the first format and the others."""
    (first_name, first), *others = findings.items()
    for name, other in others:
        for split, images in first.images.items():
            differing = len(images.items() ^ other.images[split].items())
            if differing:
                yield f"{name}: {split} holds other images than {first_name}, {differing} of both differ"
        if not other.has_objects:
            continue
        for number in sorted(first.boxes.keys() | other.boxes.keys()):
            if first.boxes.get(number, []) != other.boxes.get(number, []):
                yield f"{name}: image {number} holds other classes or boxes than in {first_name}"
