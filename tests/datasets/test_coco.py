"""COCO, read back with COCO's own tools."""

import contextlib
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from frames import CLASSES, make_frames, write_dataset
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mygym_lite.datasets.formats.coco import KEYPOINT_SIGMA
from mygym_lite.datasets.formats.rle import decode_rle, encode_rle
from mygym_lite.datasets.frame import KEYPOINTS, SPLITS


@pytest.fixture(scope="module")
def frames():
    return make_frames(12)


@pytest.fixture(scope="module")
def folder(frames, tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("coco"), frames, "coco") / "coco"


def load(folder: Path, name: str) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(folder / "annotations" / f"{name}.json")


def masks(height: int, width: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    return {
        "empty": np.zeros((height, width), bool),
        "full": np.ones((height, width), bool),
        "noise": rng.random((height, width)) < 0.5,
        "first": (rows + columns) == 0,
        "last": (rows == height - 1) & (columns == width - 1),
        "disc": np.hypot(rows - height / 2, columns - width / 2) < height / 3,
    }


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (72, 96), (640, 480)], ids=str)
def test_encoded_masks_match_pycocotools(size):
    for mask in masks(*size).values():
        text = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"].decode()
        assert encode_rle(mask) == text
        assert (decode_rle(text, *size) == mask).all()


@given(st.lists(st.booleans(), min_size=12, max_size=12))
def test_any_small_mask_survives_a_round_trip(pixels):
    mask = np.array(pixels).reshape(3, 4)
    theirs = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"].decode()
    assert encode_rle(mask) == theirs
    assert (decode_rle(theirs, 3, 4) == mask).all()


@pytest.mark.parametrize("text", ["", "o", "~~~", "é", "11"])
def test_invalid_masks_are_refused(text):
    with pytest.raises(ValueError, match=r"not a compressed mask|runs of"):
        decode_rle(text, 3, 4)


def test_every_frame_is_in_its_split(folder, frames):
    for split in SPLITS:
        coco = load(folder, f"instances_{split}")
        assert sorted(coco.getImgIds()) == [frame.number for frame in frames if frame.split == split]


def test_images_match_the_frames(folder, frames):
    for frame in frames:
        (entry,) = load(folder, f"instances_{frame.split}").loadImgs([frame.number])
        assert (cv2.imread(folder / "images" / entry["file_name"])[..., ::-1] == frame.rgb).all()
        assert (entry["height"], entry["width"]) == frame.mask.shape


def test_masks_areas_and_boxes_match_the_rendered_objects(folder, frames):
    for frame in frames:
        coco = load(folder, f"instances_{frame.split}")
        annotations = coco.loadAnns(coco.getAnnIds([frame.number]))
        seen = [thing for thing in frame.objects if thing.px_visible]
        assert [coco.cats[a["category_id"]]["name"] for a in annotations] == [thing.model for thing in seen]
        for annotation, thing in zip(annotations, seen, strict=True):
            assert (coco.annToMask(annotation) == (frame.mask == thing.instance)).all()
            assert coco_mask.area(annotation["segmentation"]) == annotation["area"] == thing.px_visible
            assert coco_mask.toBbox(annotation["segmentation"]).tolist() == annotation["bbox"]
            assert (coco_mask.decode(annotation["segmentation_whole"]) == thing.whole_mask).all()
            assert annotation["ignore"] == (thing.small or thing.hidden)


def test_invisible_objects_are_listed_separately(folder, frames):
    unseen = [thing for frame in frames for thing in frame.objects if not thing.px_visible]
    kept = [
        one
        for split in SPLITS
        for one in json.loads((folder / f"annotations/instances_{split}.json").read_text())["unseen"]
    ]
    assert len(kept) == len(unseen) > 0
    assert all(one["hidden"] and one["visible_fraction"] == 0.0 for one in kept)


@pytest.mark.parametrize("kind", ["bbox", "segm", "keypoints"])
def test_labels_as_detections_have_perfect_precision(folder, kind):
    truth = load(folder, f"{'keypoints' if kind == 'keypoints' else 'instances'}_train")
    with contextlib.redirect_stdout(io.StringIO()):
        found = truth.loadRes([{**annotation, "score": 1.0} for annotation in truth.dataset["annotations"]])
        scores = COCOeval(truth, found, kind)
        scores.params.kpt_oks_sigmas = np.full(len(KEYPOINTS), KEYPOINT_SIGMA)
        scores.evaluate()
        scores.accumulate()
    precision = scores.eval["precision"][..., -1]  # with as many detections as are allowed
    assert precision[precision > -1].min() == pytest.approx(1.0)


def test_keypoints_project_from_the_pose(folder, frames):
    from mygym_lite.datasets.labels import compute_keypoints

    coco = load(folder, "keypoints_train")
    poses = {one["id"]: one["pose"] for one in load(folder, "instances_train").dataset["annotations"]}
    for annotation in coco.dataset["annotations"]:
        pose, image = poses[annotation["id"]], coco.imgs[annotation["image_id"]]
        model = pose["size"] * compute_keypoints(coco.cats[annotation["category_id"]]["name"])
        local = model @ np.reshape(pose["rotation"], (3, 3)).T + pose["translation"]
        pixels = local @ np.reshape(image["intrinsics"], (3, 3)).T / local[:, 2:]
        told = np.reshape(annotation["keypoints"], (-1, 3))
        named = told[:, 2] > 0
        assert named.sum() == annotation["num_keypoints"]
        assert told[named, :2] == pytest.approx(pixels[named, :2], abs=0.01)
        assert not told[~named].any()


def test_the_skeleton_has_the_edges_of_a_box(folder):
    (category,) = load(folder, "keypoints_train").loadCats([1])
    assert category["name"] == CLASSES.names[0]
    assert len(category["skeleton"]) == 12
    ends = np.bincount(np.ravel(category["skeleton"]))
    assert ends[2:].tolist() == [3] * 8  # each corner but not the centre


def test_the_same_frames_give_the_same_bytes(folder, frames, tmp_path):
    again = write_dataset(tmp_path, frames, "coco") / "coco"
    for file in sorted(path.relative_to(folder) for path in folder.rglob("*.*")):
        assert (again / file).read_bytes() == (folder / file).read_bytes()
