"""The network that sees: what it learns from, what is read from its answers, and how it is kept."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mygym_lite as mg
from mygym_lite.config.rotation import quaternion_from_rpy
from mygym_lite.config.scenery import Camera
from mygym_lite.errors import MyGymError
from mygym_lite.perception.camera_encoding import CameraBatch
from mygym_lite.perception.detection import decode_outputs
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.metadata import EstimatorMetadata
from mygym_lite.perception.network import PoseNetwork
from mygym_lite.perception.training import detection_problem, validation
from mygym_lite.perception.training.coco_reader import read_labelled_images
from mygym_lite.perception.training.data import LabelledImages, concatenate
from mygym_lite.perception.training.losses import build_targets
from mygym_lite.perception.training.train import train_perception
from mygym_lite.perception.training.trainer import Trainer, TrainingConfig
from mygym_lite.perception.yaw import compute_yaw, compute_yaw_difference, count_folds
from mygym_lite.render.camera import compute_view

SIZE = (64, 64)
QUICK = TrainingConfig(epochs=2, batch_size=16)


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Ten scenes of the task of grasping, in two small pictures a moment."""
    folder = tmp_path_factory.mktemp("data") / "grasp"
    mg.make_dataset("grasp", folder, 160, size=SIZE, randomization="none", cameras=["front", "side"], workers=1,
                    moments=8)  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def trained(data, tmp_path_factory):
    return train_perception(data, tmp_path_factory.mktemp("weights") / "eyes", training=QUICK)


class Seer(PoseEstimator):
    """Says of the pictures of some examples what is so."""

    def __init__(self, examples: LabelledImages) -> None:
        super().__init__(
            PoseNetwork(len(examples.class_names), SIZE),
            EstimatorMetadata(examples.class_names, SIZE, ("front", "side"), ("grasp",)),
        )
        self.examples = examples

    def predict(self, images, camera_batch):
        rows = np.array([next(n for n, rgb in enumerate(self.examples.rgb) if (rgb == one).all()) for one in images])
        guides = detection_problem.compute_ray_channels(self.examples, rows)
        folds = np.array([0, *map(count_folds, self.examples.class_names)])
        goals = [part.numpy() for part in build_targets(self.examples, rows, guides, folds)]
        return [self._said(*one) for one in zip(*goals, guides, strict=True)]

    def _said(self, classes, place, yaw, weight, mask, guides):
        logits = np.full((1 + len(self.examples.class_names), *classes.shape), -20.0, np.float32)
        np.put_along_axis(logits, classes[None], 0.0, 0)
        yaw, sure = np.nan_to_num(yaw)[None], np.ones((1, *classes.shape))
        numbers = np.concatenate([place, np.cos(yaw), np.sin(yaw), -4 * sure, -4 * sure, 4 * sure])
        return decode_outputs(logits, numbers.astype(np.float32), 20 * mask - 10, guides)


def test_decoding_perfect_network_outputs_gives_the_true_poses(data):
    examples = read_labelled_images(data, "train")
    seer = Seer(examples)
    for one in validation.compare_with_ground_truth(seer, examples):
        assert one.position_error < 1e-6
        assert one.estimate.confidence > 0.99
        assert math.isnan(one.yaw_error) or one.yaw_error < 1e-5
    found = seer.detect(
        examples.rgb[:32],
        seer.predict(examples.rgb[:32], examples.camera_batch),
        examples.camera_batch.take(np.arange(32)),
    )
    shown = sum(len(np.unique(owners[owners > 0])) for owners in examples.cell_owners[:32])
    assert len(found) == shown, "each object once"


def test_images_of_one_moment_stay_together(data):
    examples = read_labelled_images(data, "train")
    for moment in np.unique(examples.moments):
        assert [examples.cameras[row] for row in np.flatnonzero(examples.moments == moment)] == ["front", "side"]
    assert sum(len(read_labelled_images(data, split)) for split in ("train", "val", "test")) == 160


@given(st.tuples(*[st.floats(-0.3, 0.3)] * 3), st.tuples(st.floats(0.6, 1.2), st.floats(-1, 1), st.floats(0.3, 1)))
def test_lifting_a_projected_point_recovers_it(point, place):
    view = compute_view("any", Camera(position=place, fov=50.0, size=(128, 96)), None, (0.0, 0.0, 0.1))
    optics, points = CameraBatch.from_views([view]), np.array([[point]])
    seen = optics.project(points)
    assert np.allclose(seen[0, 0, :2], view.project(points[0])[0, :2])
    assert np.allclose(optics.unproject(seen), points, atol=1e-9)


def test_cells_hold_the_depth_of_the_surface():
    view = compute_view("any", Camera(position=(1.0, 0.2, 0.6), fov=50.0, size=(64, 64)), None, (0.4, 0.0, 0.0))
    optics = CameraBatch.from_views([view])
    depth = optics.compute_ray_channels(16, 16)[0, 3]
    v, u = np.mgrid[:16, :16] * 4 + 2.0
    points = optics.unproject(np.stack([u, v, depth], -1).reshape(1, -1, 3))[0]
    below = optics.compute_ray_channels(16, 16)[0, 2].ravel() < -0.2
    assert np.allclose(points[below][:, 2], 0.0, atol=1e-6)


def test_deviations_are_across_and_along_the_line_of_sight():
    view = compute_view("any", Camera(position=(1.0, 0.0, 0.0), fov=90.0, size=(100, 100)), None, (0.0, 0.0, 0.0))
    spread = CameraBatch.from_views([view]).compute_covariances(
        np.array([[[50.0, 50.0, 0.0]]]), np.full((1, 1), 0.5), np.full((1, 1), 0.02)
    )
    assert np.allclose(np.sqrt(np.diag(spread[0, 0])), [0.02, 0.01, 0.01]), "1 m away, 50 px a metre"


@pytest.mark.parametrize(
    ("model", "rpy", "yaw"),
    [
        ("cube", (0.0, 0.0, 0.3), 0.3),
        ("cube", (math.pi / 2, 0.0, 0.3), 0.3),
        ("box", (math.pi, 0.0, 0.3), 0.3),
        ("box", (math.pi / 2, 0.0, 0.3), None),
        ("cylinder", (0.0, 0.0, 0.3), None),
        ("mug", (0.1, 0.0, -2.0), -2.0),
    ],
)
def test_yaw_is_reduced_by_the_symmetry_of_a_shape(model, rpy, yaw):
    found = compute_yaw(model, quaternion_from_rpy(rpy))
    assert found is None if yaw is None else compute_yaw_difference(found, yaw, count_folds(model)) < 1e-2


def test_the_same_command_trains_the_same_weights(trained, data, tmp_path):
    again = train_perception(data, tmp_path / "again", training=QUICK)
    weights = [folder / "weights.safetensors" for folder in (trained.folder, again.folder)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert trained.curve[-1].val_loss < trained.curve[0].val_loss


def test_loaded_weights_give_the_same_estimates(trained, data):
    eyes, examples = PoseEstimator.load(trained.folder), read_labelled_images(data, "test")
    assert eyes.metadata == trained.estimator.metadata
    assert eyes.metadata.provenance["test"]["objects"] == trained.test_metrics.objects
    with_halves = PoseEstimator.load(trained.folder).predict(examples.rgb[:2], examples.camera_batch.take(np.arange(2)))
    before = trained.estimator.predict(examples.rgb[:2], examples.camera_batch.take(np.arange(2)))
    assert np.abs(with_halves[0].classes - before[0].classes).max() < 0.01
    assert "<svg" in (trained.folder / "curve.svg").read_text(encoding="utf-8")


def test_calibration_corrects_the_standard_deviations(data):
    examples = read_labelled_images(data, "train")
    seer = Seer(examples)
    rng = np.random.default_rng(0)
    examples = replace(examples, objects=replace(
        examples.objects, position=examples.objects.position + rng.normal(0, 0.01, examples.objects.position.shape)
    ))  # fmt: skip
    scale = validation.calibrate(seer, examples).metadata.calibration.position
    inside = [
        one.squared_mahalanobis / scale**2 < 2.366 for one in validation.compare_with_ground_truth(seer, examples)
    ]
    assert abs(np.mean(inside) - 0.5) < 0.02


def _said(call) -> str:
    with pytest.raises(MyGymError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_unsuitable_datasets_are_refused(data, trained, tmp_path):
    assert "holds weights already" in _said(lambda: train_perception(data, trained.folder, training=QUICK))
    assert "cannot be read" in _said(lambda: train_perception(tmp_path / "none", tmp_path / "x"))
    assert "no dataset" in _said(lambda: train_perception([], tmp_path / "x"))
    examples = read_labelled_images(data, "val")
    larger = replace(examples, rgb=np.zeros((1, 32, 32, 3), np.uint8))
    assert "32x32" in _said(lambda: concatenate([examples, larger], [data, tmp_path]))


def test_the_classes_of_datasets_are_joined(data):
    examples = read_labelled_images(data, "val")
    other = replace(examples, class_names=tuple("arch" if name == "ball" else name for name in examples.class_names))
    joined = concatenate([examples, other], [data, data])
    assert joined.class_names == tuple(sorted({*examples.class_names, "arch"}))
    for images, start in ((examples, 0), (other, len(examples))):
        for number, name in enumerate(images.class_names, start=1):
            rows, columns = np.nonzero(images.objects.classes == number)
            assert (joined.objects.classes[start + rows, columns] == 1 + joined.class_names.index(name)).all()


def test_a_non_finite_loss_ends_training_in_one_line(data):
    problem = detection_problem.DetectionProblem(*(read_labelled_images(data, split) for split in ("train", "val")), 0)
    bad = Trainer(problem, replace(QUICK, learning_rate=1e30))
    assert "smaller --learning-rate" in _said(lambda: bad.run(lambda *_: None))


@pytest.mark.slow
def test_an_interrupt_keeps_the_best_weights(data, tmp_path):
    def interrupt(step, steps, curve):
        if len(curve) == 1 and step > steps // 2:
            raise KeyboardInterrupt

    trained = train_perception(data, tmp_path / "eyes", training=QUICK, progress=interrupt)
    assert len(trained.curve) == 1
    assert PoseEstimator.load(tmp_path / "eyes").metadata.classes == trained.estimator.metadata.classes


def test_damaged_weights_and_wrong_images_are_errors_of_one_line(trained, tmp_path):
    assert "cannot be read" in _said(lambda: PoseEstimator.load(tmp_path))
    card = json.loads((trained.folder / "perception.json").read_text())
    weights = (trained.folder / "weights.safetensors").read_bytes()
    for name, text, data in (
        ("json", "{", weights),
        ("classes", json.dumps({**card, "classes": ["cube"]}), weights),
        ("short", json.dumps(card), weights[:-10]),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "perception.json").write_text(text)
        (folder / "weights.safetensors").write_bytes(data)
        assert name in _said(lambda folder=folder: PoseEstimator.load(folder))
    optics = CameraBatch.from_views([compute_view("any", Camera(position=(1.0, 0.2, 0.6)), None, (0.0, 0.0, 0.0))])
    assert "64x64 px" in _said(lambda: trained.estimator.predict([np.zeros((32, 32, 3), np.uint8)], optics))
    assert "trained on cameras front, side" in _said(
        lambda: trained.estimator.metadata.require_compatible("grasp", ["cube"], ["wrist"], "eyes")
    )
    assert "needs hammer" in _said(
        lambda: trained.estimator.metadata.require_compatible("mine", ["hammer"], ["front"], "eyes")
    )
