"""YOLO, parsed by hand against the COCO of the same frames."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from frames import CLASSES, make_frames, write_dataset
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco_mask

from mygym_lite.datasets.checks.check import check_dataset
from mygym_lite.datasets.formats.polygon import compute_area, fill_polygon, trace_outline
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
        outline = np.reshape(points, (-1, 2)) * (width, height)
        drawn = fill_polygon(outline, height, width)
        assert number + 1 == annotation["category_id"]
        assert compute_area(outline) == pytest.approx(annotation["area"], abs=0.1)
        assert (fill_with_pycocotools(outline, height, width) == mask).all()
        assert not (mask & ~drawn).any()
        in_one_piece = cv2.connectedComponents(mask.astype(np.uint8))[0] == 2
        assert mask.sum() >= (1.0 if in_one_piece else 0.7) * drawn.sum()  # bridges cover what lies between parts


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


def draw_shape(name: str) -> np.ndarray:
    """Draw a mask of 60 x 90 px."""
    mask = np.zeros((60, 90), np.uint8)
    if name in ("disc", "ring"):
        cv2.circle(mask, (40, 30), 20, color=1, thickness=-1)
    if name == "ring":
        cv2.circle(mask, (42, 29), 9, color=0, thickness=-1)
    if name == "thin ring":
        cv2.circle(mask, (40, 30), 20, color=1, thickness=1)
    if name == "diagonal":
        cv2.line(mask, (3, 4), (80, 50), color=1, thickness=1)
    if name == "border":
        mask[:, :] = 1
        mask[1:-1, 1:-1] = 0
    if name in ("pixel", "pixels"):
        mask[7, 9], mask[8, 10] = 1, name == "pixels"
    if name == "parts":
        mask[5:25, 5:30], mask[10:20, 10:20], mask[30:38, 40:55] = 1, 0, 1
    if name == "noise":
        mask[:] = np.random.default_rng(0).random(mask.shape) < 0.5
    return mask.astype(bool)


SHAPES = ("disc", "ring", "thin ring", "diagonal", "border", "pixel", "pixels", "parts", "noise")


def fill_with_pycocotools(points: np.ndarray, height: int, width: int) -> np.ndarray:
    [encoded] = coco_mask.frPyObjects([points.ravel().tolist()], height, width)
    return coco_mask.decode(encoded).astype(bool)


@pytest.mark.parametrize("name", SHAPES)
def test_an_outline_has_the_area_of_its_mask(name):
    mask = draw_shape(name)
    assert compute_area(trace_outline(mask)) == pytest.approx(mask.sum(), abs=0.1)


@pytest.mark.parametrize("name", SHAPES)
def test_pycocotools_fills_an_outline_to_the_mask(name):
    """Parts, holes and single pixels too, which a COCO segmentation of one polygon would hold as well."""
    mask = draw_shape(name)
    assert (fill_with_pycocotools(trace_outline(mask), *mask.shape) == mask).all()


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9)).filter(np.any))
def test_any_small_mask_is_exact(mask):
    outline = trace_outline(mask)
    assert compute_area(outline) == pytest.approx(mask.sum(), abs=0.1)
    assert (fill_with_pycocotools(outline, *mask.shape) == mask).all()
    assert not (mask & ~fill_polygon(outline, *mask.shape)).any()


@pytest.mark.parametrize("width", [96, 640, 1280])
@pytest.mark.parametrize("name", ["disc", "ring", "thin ring", "diagonal", "border", "pixel", "pixels"])
def test_whole_coordinates_in_single_precision_fill_to_the_mask(name, width):
    """As tools for YOLO draw it: labels in single precision, cut off to pixels, filled with the border."""
    height = 2 * width // 3
    mask = cv2.resize(draw_shape(name).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    words = [f"{number:.8f}" for number in (trace_outline(mask) / [width, height]).ravel()]
    labels = np.array(words, np.float32).reshape(-1, 2)
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [(labels * np.float32([width, height])).astype(np.int32)], 1)
    assert ((canvas > 0) == mask).all()


def test_the_fill_of_separate_parts_adds_only_their_bridge():
    mask = draw_shape("parts")
    drawn = fill_polygon(trace_outline(mask), *mask.shape)
    assert not (mask & ~drawn).any()
    assert (drawn & ~mask).sum() <= 25


def test_a_written_dataset_passes_the_check(dataset):
    report = check_dataset(dataset)
    assert report.errors == ()
    assert report.formats == ("coco", "yolo")


def test_images_are_stored_once(dataset):
    files = [dataset / f"yolo/{kind}/images/train/000000.png" for kind in ("detect", "segment", "pose")]
    assert len({cv2.imread(file).tobytes() for file in files}) == 1
