"""Second look at detected objects: crops at full resolution, and the network that refines the detections."""

from contextlib import closing

import numpy as np
import pytest

import mygym_lite as mg
from mygym_lite.errors import MyGymError
from mygym_lite.perception.crops import CROP_SIZE, compute_crop_box, extract_crop
from mygym_lite.perception.training.coco_reader import read_labelled_images
from mygym_lite.perception.training.crop_data import PATCH_SIZE, sample_crops
from mygym_lite.perception.training.train import train_perception
from mygym_lite.perception.training.trainer import TrainingConfig

QUICK = TrainingConfig(epochs=1, refinement_epochs=1, batch_size=32, threads=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("upright") / "data"
    mg.make_dataset("upright", folder, 80, size=(128, 128), cameras=["front", "wrist"], seed=1, workers=1)
    return folder


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    return train_perception(data, tmp_path_factory.mktemp("weights") / "eyes", training=QUICK)


def test_a_crop_surrounds_the_cells_of_an_object():
    cells = np.zeros((16, 16), bool)
    cells[4:6, 8:12] = True  # 16 x 32 px at full resolution, centred at (80, 40)
    u, v, edge = compute_crop_box(cells)
    assert (u, v) == (80.0, 40.0)
    assert edge == pytest.approx(1.4 * 32)
    image = np.zeros((128, 128, 3), np.uint8)
    image[32:48, 64:96] = 255
    crop = extract_crop(image, np.array([u, v, edge]), CROP_SIZE)
    assert crop.mean() == pytest.approx(255 * (16 * 32) / 45**2, rel=0.05)
    assert (crop[::-1] == crop).mean() > 0.95, "the object is in the middle"


def test_targets_lead_back_to_the_true_position(data):
    images = read_labelled_images(data, "train", with_crops=True, keep_full=True)
    assert images.full.shape[1:3] == (128, 128)
    assert images.rgb.shape[1:3] == (64, 64)
    crops, cameras, rng = images.crops, images.input_cameras, np.random.default_rng(0)
    rows = np.arange(len(crops))
    for generator in (None, rng):
        batch = sample_crops(crops, cameras, rows, generator)
        assert batch.crops.shape == (len(crops), CROP_SIZE, CROP_SIZE, 3)
        edges = crops.boxes[:, 2:] * CROP_SIZE / PATCH_SIZE
        shift = 0 if generator is None else (PATCH_SIZE - CROP_SIZE) / 2 / CROP_SIZE
        points = cameras.take(crops.images).project(crops.position.astype(float)[:, None])[:, 0]
        offset = (points[:, :2] - crops.boxes[:, :2]) / edges
        assert np.abs(batch.offset - offset).max() <= shift + 1e-3


def test_training_is_exact_and_a_saved_estimator_is_the_same(data, trained, tmp_path):
    assert trained.estimator.metadata.refines
    assert trained.estimator.metadata.size == (128, 128)
    assert trained.estimator.metadata.provenance["refinement_curve"]
    again = train_perception(data, tmp_path / "again", training=QUICK)
    for name in ("weights.safetensors",):
        assert (again.folder / name).read_bytes() == (trained.folder / name).read_bytes()
    loaded = mg.PoseEstimator.load(trained.folder)
    images = read_labelled_images(data, "test", with_crops=True, keep_full=True)
    cameras = images.input_cameras.take(np.arange(2))
    inputs = list(images.full[:2])
    first, second = (
        estimator.detect(inputs, estimator.predict(inputs, cameras), cameras)
        for estimator in (loaded, mg.PoseEstimator.load(trained.folder))
    )
    assert len(first) == len(second) > 0
    for a, b in zip(first, second, strict=True):
        assert a.axis.tobytes() == b.axis.tobytes()
        assert a.position.tobytes() == b.position.tobytes()
        assert np.linalg.norm(a.axis) == pytest.approx(1.0)


def test_a_lying_object_can_be_estimated(trained):
    with closing(mg.EstimatedPoses(mg.make("upright"), trained.estimator)) as env:
        observation, info = env.reset(seed=0)
        assert observation in env.observation_space
        _, _, _, _, info = env.step(np.zeros(env.action_space.shape, np.float32))
        assert np.isfinite(info["perception"]["target"]["position"]).all()


def test_sizes_that_cannot_be_halved_are_refused(tmp_path):
    mg.make_dataset("reach", tmp_path / "data", 40, size=(48, 48), cameras=["front"], seed=1, workers=1)
    with pytest.raises(MyGymError, match="48x48 px; make them with multiples of 32"):
        train_perception(tmp_path / "data", tmp_path / "out", training=QUICK)
