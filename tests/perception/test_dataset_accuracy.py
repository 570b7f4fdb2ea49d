"""Perception on the images of datasets: the shipped path-traced one, and datasets of one's own."""

import json

import numpy as np
import pytest

from mygym_lite.datasets.checks.check import check_dataset
from mygym_lite.datasets.formats.rle import decode_rle
from mygym_lite.datasets.frame import SPLITS
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.perception.evaluation.dataset_accuracy import (
    find_dataset,
    list_datasets,
    measure_on_datasets,
    select_known_classes,
)
from mygym_lite.perception.training.coco_reader import read_dataset_manifest, read_labelled_images
from mygym_lite.render.image_file import read_image

PATH_TRACED = "path_traced"
MAX_BYTES = 6 * 2**20


@pytest.fixture(scope="module")
def folder():
    return find_dataset(PATH_TRACED)


@pytest.fixture(scope="module")
def annotations(folder):
    files = [folder / "coco" / "annotations" / f"instances_{split}.json" for split in SPLITS]
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def test_the_shipped_dataset_is_valid_and_small(folder):
    assert list_datasets() == (PATH_TRACED,)
    report = check_dataset(folder)
    assert report.ok, report.as_text()
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) <= MAX_BYTES


def test_the_manifest_names_renderer_samples_and_licence(folder):
    manifest = read_dataset_manifest(folder)
    assert manifest["rendering"]["renderer"].startswith("mitsuba ")
    assert manifest["rendering"]["samples_per_pixel"] >= 16
    assert manifest["licence"].startswith("CC BY 4.0")
    assert manifest["command"].startswith("mygym-lite dataset grasp_any")


def test_the_shipped_images_are_read_for_training(folder):
    sizes = [read_labelled_images(folder, split).inputs.shape[1:] for split in SPLITS]
    assert sizes == [(256, 256, 3)] * 3


def test_the_scenes_hold_nearly_all_objects(annotations):
    shown = {annotation["category_id"] for table in annotations for annotation in table["annotations"]}
    assert len(shown) >= 31
    assert {image["camera"] for table in annotations for image in table["images"]} == {"front", "head", "wrist", "side"}


def test_poses_project_into_the_silhouettes(annotations):
    for table in annotations:
        images = {image["id"]: image for image in table["images"]}
        for entry in table["annotations"]:
            image = images[entry["image_id"]]
            to_camera = np.array(image["world_to_camera"]).reshape(4, 4)
            point = to_camera[:3, :3] @ entry["pose"]["robot_position"] + to_camera[:3, 3]
            assert np.allclose(point, entry["pose"]["translation"], atol=1e-5)
            u, v, depth = np.array(image["intrinsics"]).reshape(3, 3) @ point
            left, top, width, height = entry["bbox_whole"]
            assert left - 1 <= u / depth <= left + width + 1
            assert top - 1 <= v / depth <= top + height + 1


def test_the_path_traced_objects_stand_out_from_their_surroundings_where_the_masks_say(folder, annotations):
    """The mean colour of a mask differs from that beside it by more than between two halves of its pixels."""
    distances = []
    for table in annotations:
        for entry in (entry for entry in table["annotations"] if entry["area"] >= 150):
            image = read_image(folder / "coco" / "images" / f"{entry['image_id']:06d}.png").astype(float)
            mask = decode_rle(entry["segmentation"]["counts"], *image.shape[:2])
            shifted = np.roll(mask, 12, axis=1) & ~mask
            noise = np.linalg.norm(image[mask][::2].mean(axis=0) - image[mask][1::2].mean(axis=0))
            distances.append(np.linalg.norm(image[mask].mean(axis=0) - image[shifted].mean(axis=0)) > 5.0 * noise)
    assert np.mean(distances) > 0.8


def test_the_command_measures_shipped_perception_on_the_shipped_images(run):
    code, printed, errors = run("evaluate-perception", "grasp", "--data", PATH_TRACED, "--json")
    assert (code, errors) == (0, "")
    (result,) = json.loads(printed)["results"]
    assert (result["weights"], result["data"], result["splits"]) == ("grasp", PATH_TRACED, ["test"])
    assert result["images"] == 8
    assert result["classes"] == 10
    assert 0.0 <= result["metrics"]["recall"] <= 1.0


def test_the_command_prints_one_line_for_each_dataset_and_estimator(run):
    words = ("--data", PATH_TRACED, "--splits", "val", "--data", str(find_dataset(PATH_TRACED)))
    code, printed, errors = run("evaluate-perception", "grasp", "again=grasp", *words)
    assert (code, errors) == (0, "")
    head, *rows = printed.splitlines()
    assert head.split()[:4] == ["data", "weights", "images", "classes"]
    assert [row.split()[1] for row in rows if row.strip("- ")] == ["grasp", "again"] * 2


def test_objects_of_unknown_classes_do_not_count(folder):
    images = read_labelled_images(folder, "test")
    known = images.class_names[1::2]
    selected = select_known_classes(images, known)
    assert selected.class_names == known
    for row in range(len(images)):
        for column in range(images.objects.classes.shape[1]):
            number = images.objects.classes[row, column]
            name = images.class_names[number - 1] if number else ""
            expected = known.index(name) + 1 if name in known else 0
            assert selected.objects.classes[row, column] == expected
            cells = images.cell_owners[row] == column + 1
            assert (selected.cell_owners[row][cells] == (column + 1 if expected else 0)).all()
    assert np.array_equal(selected.packed_masks, images.packed_masks)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--data", "path_tracd"), "data path_tracd: no such folder, and no dataset of that name is shipped; did you"),
        (("--data", PATH_TRACED, "--splits", "tset"), "splits: no 'tset'; did you mean 'test'?"),
        (("--splits", "val"), "--splits selects images of a dataset; name one with --data"),
        (("--data", PATH_TRACED, "--axes", "light_dimmer"), "--axes has no effect with --data; leave it out"),
        (("--data", PATH_TRACED, "--scenes", "3"), "--scenes has no effect with --data; leave it out"),
    ],
)
def test_unsuitable_options_are_refused_in_one_line(run, words, message):
    code, printed, errors = run("evaluate-perception", "grasp", *words)
    assert (code, printed) == (2, "")
    assert message in errors
    assert len(errors.splitlines()) == 1


def test_images_of_another_size_are_refused(tmp_path, folder):
    for name in ("coco", "dataset.json"):
        (tmp_path / name).symlink_to(folder / name)
    manifest = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    (tmp_path / "dataset.json").unlink()
    (tmp_path / "dataset.json").write_text(json.dumps(manifest | {"size": [192, 192]}), encoding="utf-8")
    with pytest.raises(UsageError, match="192x192 px; perception grasp needs 128x128 px or 2 times as many"):
        measure_on_datasets(["grasp"], [tmp_path])


def test_a_missing_dataset_is_refused():
    with pytest.raises(ConfigError, match="no such folder"):
        find_dataset("nowhere")
