"""Evaluating perception: every number against one made by hand, and a whole evaluation from pictures to page."""

import json
import math
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import COMMAND

import mygym_lite as mg
from mygym_lite.config.rotation import quaternion_from_rpy
from mygym_lite.config.state import Pose
from mygym_lite.datasets.formats.rle import decode_rle, encode_rle
from mygym_lite.datasets.labels import Thresholds
from mygym_lite.envs.cameras import list_cameras
from mygym_lite.errors import MyGymError
from mygym_lite.perception.detection import CellOutputs, Detection
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.evaluation.average_precision import compute_average_precision
from mygym_lite.perception.evaluation.calibration import bin_by_confidence, compute_calibration_error, compute_coverage
from mygym_lite.perception.evaluation.conditions import select_conditions
from mygym_lite.perception.evaluation.metrics import METRIC_BY_NAME
from mygym_lite.perception.evaluation.plan import plan_perception_evaluation
from mygym_lite.perception.evaluation.records import (
    DetectionRecord,
    EstimateRecord,
    EstimatorOutput,
    MomentRecord,
    VisibleObject,
    compare_estimate,
)
from mygym_lite.perception.evaluation.worker import PerceptionWorker
from mygym_lite.perception.fusion import LOST, PoseEstimate
from mygym_lite.perception.masks import compute_instance_masks
from mygym_lite.perception.metadata import EstimatorMetadata
from mygym_lite.perception.network import PoseNetwork
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.stats import quantiles
from mygym_lite.terms import load_task

SIZE = (48, 48)
SQUARE = np.zeros((48, 48), np.bool_)
SQUARE[8:24, 8:24] = True
CLASSES = ("ball", "cube")
CAMERAS = ("front", "head", "wrist", "side")


def make_eyes(folder: Path, seed: int, **card) -> Path:
    """Eyes that have learned nothing yet; the first ones see nothing at all."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = PoseNetwork(2, SIZE)
    with torch.no_grad():
        network.class_head.bias[0] += 0.0 if seed else 50.0
    told = {"classes": CLASSES, "size": SIZE, "cameras": CAMERAS, "tasks": ("grasp",)} | card
    return PoseEstimator(network, EstimatorMetadata(**told)).save(folder)


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("weights")
    return [make_eyes(folder / "blind", 0), make_eyes(folder / "untrained", 1)]


HOW = dict(suite="quick", scenes=2, cameras=["front"], axes=["image_noise"])


@pytest.fixture(scope="module")
def evaluated(weights, tmp_path_factory):
    return mg.evaluate_perception(weights, workers=2, out=tmp_path_factory.mktemp("evaluated"), **HOW)


def there(name: str = "target", mask=SQUARE, visible: bool = True) -> VisibleObject:
    return VisibleObject(name, "cube", encode_rle(mask), int(mask.sum()), visible)


def seen(
    of: int | None = 0, confidence: float = 0.9, model: str = "cube", overlap: float = 1.0, mask=SQUARE
) -> DetectionRecord:
    return DetectionRecord(model, confidence, confidence, encode_rle(mask), of, overlap if of is not None else 0.0)


def sight(
    error: float, deviations: float = 1.0, turned: float = 0.0, visible: bool = True, **alone: float
) -> EstimateRecord:
    return EstimateRecord("target", visible, error, deviations, 0.02, turned, turned, alone)


def told(pictures, found_in, *sightings: EstimateRecord) -> MomentRecord:
    return MomentRecord(0, 0, pictures, (EstimatorOutput(found_in, sightings),))


def moments(*sightings: EstimateRecord) -> list[list[MomentRecord]]:
    """A scene for each."""
    return [[told(((there(),),), ((seen(),),), one)] for one in sightings]


def value(name: str, scenes: list[list[MomentRecord]]) -> float | None:
    return METRIC_BY_NAME[name].estimate([scenes], 0).value


def test_errors_cover_visible_objects_and_missed_ones_rank_last():
    scenes = moments(sight(0.01, turned=0.1), sight(0.03, turned=0.3), sight(9.0, visible=False),
                     sight(math.inf, math.nan, math.inf))  # fmt: skip
    assert value("position_median", scenes) == 0.03
    assert value("position_median", scenes[:3]) == pytest.approx(0.02)
    assert value("position_95", scenes) is None, "it is lost that often"
    assert value("yaw_median", scenes) == 0.3
    assert value("rotation_median", scenes) == 0.3
    assert value("lost", scenes) == pytest.approx(1 / 3)
    assert value("deviation", scenes) == pytest.approx(0.02)


def test_the_interval_of_a_median_is_clustered_by_scene():
    alike = [[[0.01] * 50, [0.03] * 50]]
    estimate = quantiles.estimate_quantile(alike, 0.5)
    assert (estimate.low, estimate.high) == (0.01, 0.03)
    shifted = [[[x + 0.005 for x in scene] for scene in alike[0]]]
    assert quantiles.estimate_quantile(shifted, 0.5, alike) == pytest.approx((0.005, 0.005, 0.005)), "paired by scene"


def test_detection_metrics_count_objects_visible_in_any_image():
    hidden = there("hidden", visible=False)
    pictures = ((there(), hidden), (there("other"),), ())
    found_in = ((seen(0, model="ball", overlap=0.5), seen(1)), (), (seen(None, 0.4),))
    scenes = [[told(pictures, found_in, sight(0.01))]]
    assert value("recall", scenes) == 0.5, "the target is found, the other is not, the hidden one does not count"
    assert value("false_detections", scenes) == pytest.approx(1 / 3), "one in three pictures"
    assert value("accuracy", scenes) == 0.0
    assert value("mask_iou", scenes) == 0.5


def test_calibration_is_the_share_of_errors_within_the_interval():
    inside, outside = 3.0, 9.0  # squared deviations; 68% lie within 3.5 and 95% within 7.8
    scenes = moments(sight(0.01, inside), sight(0.01, inside), sight(0.01, 5.0), sight(0.01, outside))
    assert (value("inside_68", scenes), value("inside_95", scenes)) == (0.5, 0.75)
    shares = compute_coverage([scenes], 0)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    sure = [[told(((there(),),), ((seen(0, 0.95), seen(None, 0.95), seen(None, 0.35)),), sight(0.01))]]
    low, high = bin_by_confidence([sure], 0)
    assert (low.precision, low.detections, high.precision, high.detections) == (0.0, 1, 0.5, 2)
    assert compute_calibration_error([low, high]) == pytest.approx((0.35 + 2 * 0.45) / 3)


def test_average_precision_matches_coco():
    pytest.importorskip("pycocotools")
    half = SQUARE.copy()
    half[8:11] = False  # 13 of 16 rows: an overlap of 0.81, which counts at 7 of 10 thresholds
    perfect, partly = ([[told(((there(),),), ((seen(mask=mask),),), sight(0.0))]] for mask in (SQUARE, half))
    nothing = [[told(((there(),),), ((),), sight(0.0))]]
    assert compute_average_precision(perfect, 0, SIZE) == pytest.approx(1.0)
    assert compute_average_precision(partly, 0, SIZE) == pytest.approx(0.7)
    assert compute_average_precision(nothing, 0, SIZE) == 0.0


def test_estimates_are_compared_with_true_poses():
    pose = Pose((0.4, 0.0, 0.05), quaternion_from_rpy((0.0, 0.0, 0.2)))
    estimate = PoseEstimate(0.9, np.array([0.4, 0.03, 0.09]), 0.01**2 * np.eye(3), 0.3 + math.pi / 2, 0.1)
    one = compare_estimate("target", "cube", pose, estimate, visible=True, estimate_by_camera={"front": LOST})
    assert one.position_error == pytest.approx(0.05)
    assert one.squared_mahalanobis == pytest.approx(25.0)
    assert one.expected_error == pytest.approx(0.01 * math.sqrt(3))
    assert one.yaw_error == pytest.approx(0.1), "a quarter turn brings a cube back"
    assert one.rotation_error == pytest.approx(0.1)
    assert one.error_by_camera == {"front": math.inf}
    lost = compare_estimate("target", "cube", pose, LOST, visible=True, estimate_by_camera={})
    assert lost.position_error == math.inf


def detection(confidence: float, *cells: tuple[slice, slice]) -> Detection:
    own = np.zeros((12, 12), np.bool_)
    for cell in cells:
        own[cell] = True
    return Detection(0, confidence, np.array([0.2, 0.8], np.float32), np.zeros(3), np.eye(3), np.zeros(2), 1.0, own)


def test_pixels_belong_to_the_detection_whose_cells_are_nearest():
    mask = np.where(SQUARE | np.roll(SQUARE, 24, axis=1), 0.9, 0.1).astype(np.float32)
    empty = np.zeros((12, 12), np.float32)
    said = CellOutputs(empty, empty, empty, empty, empty, empty, mask)
    left, right = detection(0.9, np.s_[2:6, 2:6]), detection(0.8, np.s_[3:5, 9:11])
    masks = compute_instance_masks(said, [left, right])
    assert (masks[0] == SQUARE).all(), "all of its cells are sure"
    inner = np.roll(SQUARE, 24, axis=1)
    assert not (masks[1] & ~inner).any(), "nothing that is far from its cells"
    assert masks[1][12:20, 36:44].all(), "all that is near its cells"
    assert compute_instance_masks(said, []).shape == (0, 48, 48)


def test_evaluation_does_not_depend_on_the_number_of_workers(weights, evaluated, tmp_path):
    worker = PerceptionWorker(plan_perception_evaluation(weights, **HOW), tmp_path)
    alone = tuple(worker.evaluate_scene(1))
    worker.close()
    assert repr(alone) == repr(evaluated.results.scenes[1]), "bit by bit; nan is nan"
    whole = json.loads((evaluated.folder / "perception.json").read_text())
    nominal = {(r["weights"], r["metric"]): r["value"] for r in whole["rows"] if r["axis"] == "nominal"}
    assert (nominal["blind", "recall"], nominal["blind", "lost"]) == (0.0, 1.0)
    assert nominal["untrained", "false_detections"] > 1.0
    assert {r["severity"] for r in whole["rows"] if r["axis"] == "image_noise"} == {1, 3, 5}
    page = evaluated.report.read_text()
    assert "blind finds 0% of the objects that show" in page
    assert "http" not in page.replace("http-equiv", "")
    truth = alone[0].visible_objects[0][0]
    assert decode_rle(truth.mask, *SIZE[::-1]).sum() == truth.area > 0


def test_a_killed_evaluation_resumes_to_the_same_bytes(weights, evaluated, tmp_path):
    command = [*COMMAND, "evaluate-perception", *map(str, weights), "--suite", "quick"]
    command += ["--scenes", "2", "--cameras", "front", "--axes", "image_noise", "--workers", "1"]
    command += ["--out", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("scenes/*.jsonl")) and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "perception.json").exists()
    counts = []
    mg.evaluate_perception(weights, workers=2, out=tmp_path, progress=lambda *count: counts.append(count[1:3]), **HOW)
    assert (counts[0], counts[-1]) == ((1, 2), (2, 2))
    for name in ("perception.json", "report.html"):
        assert (tmp_path / name).read_bytes() == (evaluated.folder / name).read_bytes()


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"seed": 5}, "seed was 0, is 5"),
        ({"axes": ["light_dimmer"]}, r'axes was \["image_noise"\], is \["light_dimmer"\]'),
        ({"settings": ["episode.seconds=3"]}, r"settings was \[\], is \[\"episode.seconds=3\"\]"),
    ],
)
def test_another_evaluation_is_refused_with_the_difference(weights, evaluated, changed, difference):
    with pytest.raises(MyGymError, match=f"holds another perception evaluation: {difference}") as caught:
        mg.evaluate_perception(weights, out=evaluated.folder, **HOW | changed)
    assert "\n" not in str(caught.value)


def test_a_damaged_scene_is_named(weights, evaluated, tmp_path):
    (tmp_path / "scenes").mkdir()
    for name in ("manifest.json", "scenes/000000.jsonl", "scenes/000001.jsonl"):
        (tmp_path / name).write_bytes((evaluated.folder / name).read_bytes())
    with open(tmp_path / "scenes" / "000001.jsonl", "a", encoding="utf-8") as file:
        file.write("more\n")
    with pytest.raises(MyGymError, match=r"000001\.jsonl: is damaged .*run the same command to make it again"):
        mg.evaluate_perception(weights, out=tmp_path, **HOW)


def test_only_axes_that_change_images_are_tested():
    task = load_task("grasp")
    chosen = select_conditions(load_suite("sim2real"), task, list_cameras(task))
    axes = {condition.axis for condition in chosen.conditions}
    assert {"nominal", "light_color", "camera_orbit", "image_blur", "joint_bias", "object_color"} <= axes
    assert {"depth_noise", "dropped_frames", "mass", "action_delay"} <= set(chosen.excluded)
    assert "wrist_camera" in select_conditions(load_suite("sim2real"), task, ["front"]).excluded
    assert Thresholds().hidden_fraction == 0.1, "what counts as visible here is what datasets do not flag as hidden"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"weights": "nowhere"}, "no such folder"),
        ({"axes": ["image_nois"]}, "image_noise"),
        ({"suite": "sim2rael"}, "sim2real"),
        ({"suite": "combined"}, "several axes at once"),
        ({"cameras": ["fornt"]}, "front"),
        ({"scenes": 0}, "scenes must be at least 1"),
    ],
)
def test_invalid_arguments_are_refused_in_one_line(weights, changed, words):
    with pytest.raises(MyGymError, match=words) as told_of:
        plan_perception_evaluation(**{"weights": weights[0]} | changed)
    assert "\n" not in str(told_of.value)


def test_incompatible_weights_are_refused(weights, tmp_path):
    few = make_eyes(tmp_path / "few", 1, cameras=("front",))
    other = make_eyes(tmp_path / "other", 1, classes=("ball", "can"))
    broken = make_eyes(tmp_path / "broken", 1)
    (broken / "weights.safetensors").write_bytes(b"no weights")
    for folder, cameras, words in ((few, ["side"], "side"), (other, [], "cube"), (broken, [], "weights.safetensors")):
        with pytest.raises(MyGymError, match=words):
            plan_perception_evaluation(folder, cameras=cameras)
    with pytest.raises(MyGymError, match="two weights are called"):
        plan_perception_evaluation([weights[0], weights[0]])
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("years of work")
    with pytest.raises(MyGymError, match="is not empty and holds no perception evaluation"):
        mg.evaluate_perception(weights[0], scenes=1, out=tmp_path / "taken")
