"""YOLO, parsed by hand against the COCO of the same frames."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from frames import CLASSES, make_frames, write_dataset

from mygym_lite.datasets.checks.check import check_dataset
from mygym_lite.datasets.formats.polygon import fill_polygon, trace_outline
from mygym_lite.datasets.formats.rle import decode_rle
from mygym_lite.datasets.formats.yolo import build_flip_indices
from mygym_lite.datasets.frame import KEYPOINTS, SPLITS


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("yolo"), make_frames(8), "coco", "yolo")


def rows(dataset: Path, kind: str, split: str, number: int) -> list[list[float]]:
    text = (dataset / "yolo" / kind / "labels" / split / f"{number:06d}.txt").read_text()
    return [[float(word) for word in line.split()] for line in text.splitlines()]


def both(dataset: Path, kind: str):
    """Rows of numbers beside the annotations of COCO, and the size of the picture."""
    for split in SPLITS:
        coco = json.loads(
            (dataset / f"coco/annotations/{'keypoints' if kind == 'pose' else 'instances'}_{split}.json").read_text()
        )
        for image in coco["images"]:
            annotations = [one for one in coco["annotations"] if one["image_id"] == image["id"]]
            for row, one in zip(rows(dataset, kind, split, image["id"]), annotations, strict=True):
                yield row, one, np.array([image["width"], image["height"]])


def test_boxes_and_classes_match_coco(dataset):
    for (number, *box), annotation, size in both(dataset, "detect"):
        middle, edges = np.reshape(box, (2, 2)) * size
        assert number + 1 == annotation["category_id"]
        assert [*(middle - edges / 2), *edges] == pytest.approx(annotation["bbox"], abs=1e-3)


def test_filled_outlines_match_the_masks_of_coco(dataset):
    for (number, *points), annotation, (width, height) in both(dataset, "segment"):
        mask = decode_rle(annotation["segmentation"]["counts"], height, width)
        drawn = fill_polygon(np.reshape(points, (-1, 2)) * (width, height), height, width)
        assert number + 1 == annotation["category_id"]
        assert not (mask & ~drawn).any()
        in_one_piece = cv2.connectedComponents(mask.astype(np.uint8))[0] == 2
        assert mask.sum() >= (0.95 if in_one_piece else 0.7) * drawn.sum()  # bridges cover what lies between parts


def test_keypoints_match_coco(dataset):
    for row, annotation, size in both(dataset, "pose"):
        points, theirs = np.reshape(row[5:], (-1, 3)), np.reshape(annotation["keypoints"], (-1, 3))
        assert points.shape == (len(KEYPOINTS), 3)
        assert (points[:, 2] == theirs[:, 2]).all()
        assert points[:, :2] * size == pytest.approx(theirs[:, :2], abs=0.01)


def test_each_kind_is_a_separate_dataset(dataset):
    for kind in ("detect", "segment", "pose"):
        folder = dataset / "yolo" / kind
        lines = (folder / "data.yaml").read_text().splitlines()
        for split in SPLITS:
            assert f"{split}: images/{split}" in lines
            pictures = {file.stem for file in (folder / "images" / split).iterdir()}
            assert {file.stem for file in (folder / "labels" / split).iterdir()} <= pictures != set()
        assert lines[-len(CLASSES.names) :] == [f'  {i}: "{name}"' for i, name in enumerate(CLASSES.names)]


def test_flip_indices_swap_left_and_right(dataset):
    swapped = build_flip_indices()
    assert [swapped[i] for i in swapped] == list(range(len(KEYPOINTS)))
    assert [KEYPOINTS[i] for i in swapped[:2]] == ["centre", "x0_y1_z0"]
    assert f"flip_idx: {swapped}" in (dataset / "yolo/pose/data.yaml").read_text()


def test_parts_and_holes_survive_as_one_polygon():
    mask = np.zeros((40, 60), bool)
    mask[5:25, 5:30], mask[10:20, 10:20] = True, False  # a frame
    mask[30:38, 40:55] = True  # and something apart
    drawn = fill_polygon(trace_outline(mask) + 0.5, *mask.shape)
    assert not (mask & ~drawn).any()
    assert (drawn & ~mask).sum() <= 25  # the bridge


@pytest.mark.parametrize("pixels", [[(3, 4)], [(3, 4), (3, 5)]], ids=["one", "two"])
def test_a_single_pixel_has_an_outline(pixels):
    mask = np.zeros((8, 9), bool)
    mask[tuple(zip(*pixels, strict=True))] = True
    assert len(trace_outline(mask)) >= 3
    assert (fill_polygon(trace_outline(mask) + 0.5, *mask.shape) == mask).all()


def test_a_written_dataset_passes_the_check(dataset):
    report = check_dataset(dataset)
    assert report.errors == ()
    assert report.formats == ("coco", "yolo")


def test_images_are_stored_once(dataset):
    files = [dataset / f"yolo/{kind}/images/train/000000.png" for kind in ("detect", "segment", "pose")]
    assert len({cv2.imread(file).tobytes() for file in files}) == 1
