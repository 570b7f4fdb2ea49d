"""From a dataset's files to arrays to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.formats.rle import decode_rle
from mygym_lite.datasets.frame import Split
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.perception.camera_encoding import BACKBONE_STRIDE, STRIDE, CameraBatch
from mygym_lite.perception.yaw import compute_yaw, count_folds
from mygym_lite.render.image_file import read_image
from mygym_lite.schema import parse_json

MAX_OBJECTS = 16
"""Objects of a picture that are learned from, the first ones that are seen."""


@dataclass(frozen=True)
class ObjectTargets:
    """The objects of n pictures; the rows of a picture that has fewer of them than MOST are zero."""

    classes: NDArray[np.uint8]
    """(n, MOST), from 1; 0 where there is none."""
    image_points: NDArray[np.float32]
    """(n, MOST, 3): u, v, px, and log depth in the camera that is believed in."""
    position: NDArray[np.float32]
    """(n, MOST, 3), m, in the frame of the robot."""
    yaw: NDArray[np.float32]
    """(n, MOST, 2), rad: against the camera that is believed in, and against the robot; nan where there is none."""
    instance: NDArray[np.uint8]
    """(n, MOST): the same object has the same number in all pictures of a moment."""


@dataclass(frozen=True)
class LabelledImages:
    """The pictures of one split, in the order of their numbers."""

    class_names: tuple[str, ...]
    """Of the classes, the first of which is number 1."""
    rgb: NDArray[np.uint8]
    """(n, height, width, 3)."""
    camera_batch: CameraBatch
    cell_owners: NDArray[np.uint8]
    """(n, rows, columns): whose each cell is, 1 for the first of the things; 0 for nobody's."""
    packed_masks: NDArray[np.uint8]
    """(n, height * width / 8): packed bits of whether a pixel is of any object."""
    objects: ObjectTargets
    moments: NDArray[np.int64]
    """(n,): pictures of one moment have one number."""
    cameras: tuple[str, ...]
    """(n,)."""

    def __len__(self) -> int:
        return len(self.rgb)


def concatenate(datasets: Sequence[LabelledImages], folders: Sequence[Path]) -> LabelledImages:
    """The pictures of several datasets as one.

    Raises:
        UsageError: They differ in size or classes.
    """
    first = datasets[0]
    for one, folder in zip(datasets, folders, strict=True):
        if one.class_names != first.class_names:
            raise UsageError(f"{folder}: its classes are {', '.join(one.class_names)}; "
                             f"those of {folders[0]} are {', '.join(first.class_names)}")  # fmt: skip
        if one.rgb.shape[1:] != first.rgb.shape[1:]:
            raise UsageError(f"{folder}: its pictures have {one.rgb.shape[2]}x{one.rgb.shape[1]} px; "
                             f"those of {folders[0]} have {first.rgb.shape[2]}x{first.rgb.shape[1]}")  # fmt: skip
    if len(datasets) == 1:
        return first
    begins = np.cumsum([0, *(int(one.moments.max(initial=-1)) + 1 for one in datasets)])
    return LabelledImages(
        first.class_names, np.concatenate([one.rgb for one in datasets]),
        CameraBatch(*(np.concatenate(part) for part in zip(*(one.camera_batch for one in datasets), strict=True))),
        np.concatenate([one.cell_owners for one in datasets]), np.concatenate([one.packed_masks for one in datasets]),
        ObjectTargets(*(np.concatenate(part) for part in zip(*(_parts(one.objects) for one in datasets), strict=True))),
        np.concatenate([one.moments + begin for one, begin in zip(datasets, begins, strict=False)]),
        tuple(camera for one in datasets for camera in one.cameras),
    )  # fmt: skip


def _parts(things: ObjectTargets) -> tuple[NDArray[Any], ...]:
    return tuple(getattr(things, field.name) for field in fields(things))


def sample_batches(count: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """All pictures in some order, so many at a time; what is left over comes another time."""
    order = rng.permutation(count)
    for first in range(0, count - size + 1, size):
        yield order[first : first + size]


MANIFEST_FILE = "dataset.json"
_FORMAT = "coco"
_LEAST = 4  # px of a cell that an object needs to own it


def read_labelled_images(folder: Path, split: Split) -> LabelledImages:
    """Read one split of a dataset that was written in COCO.

    Raises:
        UsageError: The folder holds no such dataset.
        SpecError: It is damaged, or older than what is learned from it.
    """
    card = read_dataset_manifest(folder)
    file = folder / _FORMAT / "annotations" / f"instances_{split}.json"
    found = _read(file)
    if found.get("images") == []:
        raise UsageError(f"{file}: holds no picture; make a dataset of ten whole scenes or more")
    try:
        return _examples(folder / _FORMAT / "images", tuple(card["classes"]), found)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise ConfigError(f"{file}: cannot be learned from ({type(error).__name__}: {error}); make it again") from error


def read_dataset_manifest(folder: Path) -> dict[str, Any]:
    """What a dataset says of itself, if perception can learn from it."""
    card = _read(folder / MANIFEST_FILE)
    if _FORMAT not in card.get("formats", ()):
        raise UsageError(f"{folder}: perception learns from COCO; make the dataset with --format {_FORMAT}")
    if not card.get("finished"):
        raise UsageError(f"{folder}: is not finished; run the command that makes it once more")
    width, height = card["size"]
    if width % BACKBONE_STRIDE or height % BACKBONE_STRIDE:
        raise UsageError(
            f"{folder}: its pictures have {width}x{height} px; make them with multiples of {BACKBONE_STRIDE}"
        )
    return card


def _read(file: Path) -> dict[str, Any]:
    try:
        found = parse_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}); name the folder of a dataset") from error
    except ValueError as error:
        raise ConfigError(f"{file}: is damaged ({error}); run the command that made the dataset once more") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{file}: is no table of keys; run the command that made the dataset once more")
    return found


def _examples(images: Path, names: tuple[str, ...], found: dict[str, Any]) -> LabelledImages:
    entries = found["images"]
    objects: dict[int, list[dict[str, Any]]] = {entry["id"]: [] for entry in entries}
    for annotation in found["annotations"]:
        objects[annotation["image_id"]].append(annotation)
    believed = [entry["nominal_camera"] for entry in entries]
    lens = np.array([np.array(one["intrinsics"])[[0, 2, 5]] for one in believed]).reshape(-1, 3)
    optics = CameraBatch(lens, np.array([one["world_to_camera"] for one in believed]).reshape(-1, 4, 4))
    each = [objects[entry["id"]][:MAX_OBJECTS] for entry in entries]
    owners, masks = zip(*(_owners(entry, things) for entry, things in zip(entries, each, strict=True)), strict=True)
    return LabelledImages(
        names, _pictures(images, entries), optics, np.array(owners), np.array(masks), _things(names, optics, each),
        _moments(entries), tuple(entry["camera"] for entry in entries),
    )  # fmt: skip


def _pictures(folder: Path, entries: Sequence[dict[str, Any]]) -> NDArray[np.uint8]:
    width, height = entries[0]["width"], entries[0]["height"]
    pictures = np.empty((len(entries), height, width, 3), np.uint8)
    for picture, entry in zip(pictures, entries, strict=True):
        read = read_image(folder / entry["file_name"])
        if read is None or read.shape != picture.shape:
            raise ConfigError(f"{folder / entry['file_name']}: is damaged; run the command that made the dataset again")
        picture[:] = read[..., ::-1]
    return pictures


def _owners(entry: dict[str, Any], things: Sequence[dict[str, Any]]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Whose each cell is, and the packed mask of all objects."""
    height, width = entry["height"], entry["width"]
    cells = np.zeros((1 + len(things), height // STRIDE, width // STRIDE), np.int64)
    cells[0] = _LEAST - 1
    every = np.zeros((height, width), np.bool_)
    for number, thing in enumerate(things, start=1):
        mask = decode_rle(thing["segmentation"]["counts"], height, width)
        every |= mask
        cells[number] = mask.reshape(height // STRIDE, STRIDE, width // STRIDE, STRIDE).sum((1, 3))
        cells[number].flat[cells[number].argmax()] += _LEAST  # everybody has a cell
    return cells.argmax(axis=0).astype(np.uint8), np.packbits(every)


def _things(names: tuple[str, ...], optics: CameraBatch, each: Sequence[Sequence[dict[str, Any]]]) -> ObjectTargets:
    n = len(each)
    folds = {name: count_folds(name) for name in names}
    things = ObjectTargets(
        np.zeros((n, MAX_OBJECTS), np.uint8),
        np.zeros((n, MAX_OBJECTS, 3), np.float32),
        np.zeros((n, MAX_OBJECTS, 3), np.float32),
        np.full((n, MAX_OBJECTS, 2), np.nan, np.float32),
        np.zeros((n, MAX_OBJECTS), np.uint8),
    )
    for row, labels in enumerate(each):
        for place, one in enumerate(labels):
            name, pose = names[one["category_id"] - 1], one["pose"]
            things.classes[row, place] = one["category_id"]
            things.position[row, place] = pose["robot_position"]
            things.instance[row, place] = _instance(one["name"])
            yaw = compute_yaw(name, pose["robot_rotation"]) if folds[name] else None
            if yaw is not None:
                things.yaw[row, place] = yaw - optics.headings[row], yaw
    things.image_points[:] = optics.project(things.position.astype(np.float64))
    return things


def _instance(name: str) -> int:
    """A number for an object's name, the same in every picture."""
    return sum(name.encode()) % 251 + 1


def _moments(entries: Sequence[dict[str, Any]]) -> NDArray[np.int64]:
    """Pictures follow each other camera by camera, moment by moment: a camera that comes again begins another one."""
    moment, scene, seen = -1, None, set[str]()
    moments: list[int] = []
    for entry in entries:
        if entry["scene"] != scene or entry["camera"] in seen:
            moment, scene, seen = moment + 1, entry["scene"], set()
        seen.add(entry["camera"])
        moments.append(moment)
    return np.array(moments, np.int64)
