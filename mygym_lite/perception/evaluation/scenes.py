"""Files of evaluated scenes, from which an interrupted evaluation continues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mygym_lite.jobs.parts import read_part, write_part
from mygym_lite.perception.evaluation.records import (
    DetectionRecord,
    EstimateRecord,
    EstimatorOutput,
    MomentRecord,
    VisibleObject,
)

SCENES_FOLDER = "scenes"


def locate_scene(folder: Path, number: int) -> Path:
    """Return the file of a scene."""
    return folder / SCENES_FOLDER / f"{number:06d}.jsonl"


def write_scene(folder: Path, number: int, moments: Sequence[MomentRecord]) -> None:
    """Write the records of a scene atomically."""
    write_part(locate_scene(folder, number), [asdict(moment) for moment in moments], scene=number)


def read_scene(folder: Path, number: int) -> tuple[MomentRecord, ...]:
    """Read the records of a scene.

    Raises:
        UsageError: The file is missing or damaged.
    """
    return tuple(map(_parse_moment, read_part(locate_scene(folder, number))))


def _parse_moment(table: dict[str, Any]) -> MomentRecord:
    pictures = (tuple(VisibleObject(**entry) for entry in picture) for picture in table["visible_objects"])
    outputs = (
        EstimatorOutput(
            tuple(tuple(DetectionRecord(**entry) for entry in picture) for picture in output["detections"]),
            tuple(EstimateRecord(**entry) for entry in output["estimates"]),
        )
        for output in table["outputs"]
    )
    return MomentRecord(table["condition"], table["moment"], tuple(pictures), tuple(outputs))
