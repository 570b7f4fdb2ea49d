"""The check of a dataset: what it says of mistakes, and what it counts."""

import json
import shutil
from pathlib import Path

import pytest
from frames import make_frames, write_dataset

from mygym_lite.datasets.checks.check import check_dataset
from mygym_lite.errors import ConfigError


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("dataset"), make_frames(6), "coco", "bop", "yolo")


@pytest.fixture
def copy(dataset, tmp_path):
    return Path(shutil.copytree(dataset, tmp_path / "dataset"))


def edit(file: Path, **changes: object) -> None:
    """Change the first annotation of a file."""
    table = json.loads(file.read_text())
    table["annotations"][0] |= changes
    file.write_text(json.dumps(table))


def test_all_formats_agree(dataset):
    report = check_dataset(dataset)
    assert report.ok
    assert report.formats == ("coco", "bop", "yolo")
    assert report.as_text().splitlines()[-1] == f"{dataset}: coco, bop, yolo: no errors"


def test_a_single_format_is_checked_in_its_folder(dataset):
    assert check_dataset(dataset / "yolo").formats == ("yolo",)
    assert check_dataset(dataset / "coco").statistics == check_dataset(dataset).statistics


def test_statistics_count_every_object(dataset):
    found = check_dataset(dataset).statistics
    assert found["images"] == {"train": 2, "val": 2, "test": 2}
    assert sum(sum(by.values()) for by in found["classes"].values()) == found["objects"]
    assert sum(found["visible_px"]["objects"]) == sum(found["visible_fraction"]["objects"]) == found["objects"]
    assert found["flag_counts"]["hidden"] >= found["visible_px"]["objects"][0] > 0
    assert found["duplicates"] == found["in_several_splits"] == 0


def test_a_report_converts_to_json(dataset):
    report = json.loads(json.dumps(check_dataset(dataset).as_json()))
    assert report["ok"] is True
    assert report["formats"] == ["coco", "bop", "yolo"]


def test_formats_count_the_same(dataset):
    coco, bop = (check_dataset(dataset / name).statistics for name in ("coco", "bop"))
    assert {**coco, "flag_counts": bop["flag_counts"]} == bop  # BOP has no flag for what is truncated


COCO = {
    "an area": ({"area": 3}, "area: is 3"),
    "a box": ({"bbox": [1, 2, 3, 4]}, "bbox: is [1, 2, 3, 4]"),
    "a mask": ({"segmentation": {"size": [72, 96], "counts": "11"}}, "runs of"),
    "the size of a mask": ({"segmentation": {"size": [1, 1], "counts": "11"}}, "is for [1, 1]"),
    "a polygon": ({"segmentation": [[1, 2, 3]]}, "not a compressed mask"),
    "an id": ({"id": 0}, "below 1"),
    "a class": ({"category_id": 77}, "no category 77"),
    "a picture": ({"image_id": 77}, "no image 77"),
}


@pytest.mark.parametrize("name", COCO)
def test_an_error_in_coco_is_found(copy, name):
    changes, message = COCO[name]
    edit(copy / "coco/annotations/instances_train.json", **changes)
    assert any(message in line for line in check_dataset(copy / "coco").errors)


def test_a_scene_in_two_splits_is_found(copy):
    file = copy / "coco/annotations/instances_val.json"
    table = json.loads(file.read_text())
    table["images"][0]["scene"] = 0
    file.write_text(json.dumps(table))
    assert any("scene 0 is in train too" in line for line in check_dataset(copy).errors)


def test_duplicate_images_are_counted(copy):
    images = copy / "coco/images"
    shutil.copy(images / "000000.png", images / "000002.png")
    report = check_dataset(copy)
    assert report.statistics["duplicates"] == report.statistics["in_several_splits"] == 1
    assert any("val holds other images than coco" in line for line in report.errors)


YOLO = {
    "a number too large": ("detect", "0 0.5 0.5 1.2 0.1\n", "range from 0 to 1"),
    "a class": ("detect", "17 0.5 0.5 0.1 0.1\n", "no class 17"),
    "too few numbers": ("pose", "0 0.5 0.5 0.1 0.1\n", "has 5 numbers"),
    "a word": ("segment", "cube 0.5 0.5\n", "cannot be read"),
}


@pytest.mark.parametrize("name", YOLO)
def test_an_error_in_yolo_is_found(copy, name):
    kind, text, message = YOLO[name]
    (copy / f"yolo/{kind}/labels/train/000000.txt").write_text(text)
    errors = check_dataset(copy).errors
    assert any(line.startswith(f"yolo/{kind}/labels/train/000000.txt") and message in line for line in errors)


def test_formats_that_disagree_are_found(copy):
    file = copy / "yolo/detect/labels/train/000000.txt"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:-1]))
    assert any("yolo: image 0 holds other classes or boxes" in line for line in check_dataset(copy).errors)


def test_invalid_json_is_an_error_of_one_line(copy):
    (copy / "coco/annotations/keypoints_test.json").write_text("{")
    assert any(
        line.startswith("coco/annotations/keypoints_test.json: cannot be read") for line in check_dataset(copy).errors
    )


def test_a_folder_without_a_dataset_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="holds no dataset"):
        check_dataset(tmp_path)
