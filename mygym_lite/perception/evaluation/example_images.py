"""Example images with their estimates: the worst ones, and some near the median."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice

import cv2
import numpy as np

from mygym_lite.perception.camera_encoding import CameraBatch
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.evaluation.charts import MEDIUM_SEVERITY
from mygym_lite.perception.evaluation.expert_moments import ExpertEpisodes
from mygym_lite.perception.evaluation.metrics import SceneMoments
from mygym_lite.perception.evaluation.plan import PerceptionPlan
from mygym_lite.perception.evaluation.records import MomentRecord
from mygym_lite.perception.evaluation.rerender import Image, MomentRenderer, RenderedMoment
from mygym_lite.perception.evaluation.results import OVERALL, ResultTable
from mygym_lite.perception.evaluation.worker import list_scene_targets
from mygym_lite.perception.fusion import PoseEstimate
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.render.camera import View
from mygym_lite.reports.formatting import format_name

EXAMPLES_PER_KIND = 4
_HEIGHT = 384  # px of a displayed image, about
_COLORS = ((86, 170, 255), (255, 150, 70), (90, 220, 185), (205, 150, 240), (225, 200, 70), (170, 180, 195))
_TRUTH_COLOR = (255, 255, 255)
_ELLIPSE_95 = 2.448  # standard deviations of the ellipse that contains 95% in the plane
_QUALITY = 88


@dataclass(frozen=True)
class ExampleChoice:
    """An object at a moment, selected for display."""

    scene: int
    moment: MomentRecord
    name: str
    error: float
    kind: str = ""


@dataclass(frozen=True)
class ExampleImage:
    """An image with its caption."""

    title: str
    caption: str
    jpeg: str
    """JPEG file in base64."""


def draw_examples(results: ResultTable) -> list[ExampleImage]:
    """Draw the example images, the worst first."""
    choices = choose_examples(results)
    plan, estimators = results.plan, results.plan.load_estimators() if choices else []
    with closing(ExpertEpisodes(plan.task)) as episodes:
        renderer = MomentRenderer(plan.task, episodes.world, plan.cameras, plan.size)
        return [_draw_example(plan, estimators, episodes, renderer, choice) for choice in choices]


def choose_examples(results: ResultTable) -> list[ExampleChoice]:
    """Choose for the first estimator: the worst case of the worst axes, and the median case of others.

    Each axis gives one example, at medium severity, so that they differ in kind.
    """
    by_axis: dict[str, list[ExampleChoice]] = {}
    for (axis, severity), conditions in results.moments_by_condition.items():
        if axis != OVERALL and severity in (0, MEDIUM_SEVERITY):
            candidates = sorted(_list_candidates(conditions[0]), key=lambda choice: choice.error)
            if candidates:
                by_axis[axis] = candidates
    worst = sorted(by_axis, key=lambda axis: -by_axis[axis][-1].error)[:EXAMPLES_PER_KIND]
    others = [axis for axis in by_axis if axis not in worst] or list(by_axis)
    others = sorted(others, key=lambda axis: axis != NOMINAL)
    steps = range(min(EXAMPLES_PER_KIND, len(others)))
    typical = [others[round(n * (len(others) - 1) / max(1, EXAMPLES_PER_KIND - 1))] for n in steps]
    return [
        *(replace(by_axis[axis][-1], kind="worst") for axis in worst),
        *(replace(by_axis[axis][(len(by_axis[axis]) - 1) // 2], kind="median") for axis in dict.fromkeys(typical)),
    ]


def _list_candidates(scenes: SceneMoments) -> Iterator[ExampleChoice]:
    for scene, moments in enumerate(scenes):
        for moment in moments:
            for estimate in moment.outputs[0].estimates:
                if estimate.visible and math.isfinite(estimate.position_error):
                    yield ExampleChoice(scene, moment, estimate.name, estimate.position_error)


def _draw_example(
    plan: PerceptionPlan,
    estimators: Sequence[PoseEstimator],
    episodes: ExpertEpisodes,
    renderer: MomentRenderer,
    choice: ExampleChoice,
) -> ExampleImage:
    seed, number, name = plan.get_scene_seed(choice.scene), choice.moment.moment, choice.name
    *_, scene = islice(episodes.iterate_moments(seed), number + 1)
    poses = renderer.set_scene(scene, seed)
    condition = plan.selection.conditions[choice.moment.condition]
    rendered, targets = renderer.render(condition), list_scene_targets(plan.task, scene)
    areas = [
        max((entry.area for entry in image if entry.name == name), default=0) for image in choice.moment.visible_objects
    ]
    camera = plan.cameras[int(np.argmax(areas))]
    cameras = CameraBatch.from_views(list(rendered.nominal_views.values()))
    images, estimates = list(rendered.images.values()), []
    for estimator in estimators:
        detections = estimator.detect(images, estimator.predict(images, cameras), cameras)
        estimates.append(estimator.assign_detections(detections, targets, cameras.headings, rendered.colors)[name])
    truth = np.array(poses[name].position)
    title = f"{choice.kind.capitalize()}: {format_name(condition.axis)}"
    results = "; ".join(_describe(label, entry, truth) for label, entry in zip(plan.labels, estimates, strict=True))
    return ExampleImage(
        f"{title}, severity {condition.severity}" if condition.severity else title,
        f"{name} ({targets[name]}), camera {camera}, seed {seed}, moment {number + 1}. {results}.",
        _encode_jpeg(_draw_estimates(rendered, camera, name, estimates)),
    )


def _describe(label: str, estimate: PoseEstimate, truth: np.ndarray) -> str:
    error = 1000.0 * float(np.linalg.norm(estimate.position - truth))
    if not math.isfinite(error):
        return f"{label} does not find it"
    expected = 1000.0 * math.sqrt(float(np.trace(estimate.covariance)))
    return f"{label} is off by {error:.1f} mm, expected {expected:.1f} mm, confidence {estimate.confidence:.0%}"


def _draw_estimates(rendered: RenderedMoment, camera: str, name: str, estimates: Sequence[PoseEstimate]) -> Image:
    """Draw the object's outline in white, and each estimate's position and 95% ellipse in colour."""
    image, view, label = rendered.images[camera], rendered.views[camera], rendered.labels[camera]
    factor = max(1, round(_HEIGHT / image.shape[0]))
    size = (factor * image.shape[1], factor * image.shape[0])
    picture: Image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    for entry in label.objects:
        if entry.name == name:
            mask = cv2.resize((label.mask == entry.instance).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
            outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(picture, outlines, -1, _TRUTH_COLOR, 1, cv2.LINE_AA)
    for number, estimate in enumerate(estimates):
        if np.isfinite(estimate.position).all():
            _draw_estimate(picture, view, estimate, factor, _COLORS[number % len(_COLORS)])
    return picture


def _draw_estimate(
    picture: Image, view: View, estimate: PoseEstimate, factor: int, color: tuple[int, int, int]
) -> None:
    """Draw a cross with its ellipse, by the true camera pose."""
    rotation = view.world_to_camera[:3, :3]
    x, y, z = rotation @ estimate.position + view.world_to_camera[:3, 3]
    if z < view.near:
        return
    center = factor * np.array(
        [view.focal_length * x / z + view.width / 2, view.focal_length * y / z + view.height / 2]
    )
    jacobian = factor * view.focal_length / z * np.array([[1.0, 0.0, -x / z], [0.0, 1.0, -y / z]]) @ rotation
    values, axes = np.linalg.eigh(jacobian @ estimate.covariance @ jacobian.T)
    u, v = (round(float(np.clip(edge, -9999, 9999))) for edge in center)
    half = [min(9999, max(1, round(_ELLIPSE_95 * math.sqrt(max(0.0, float(value)))))) for value in values]
    tilt = math.degrees(math.atan2(float(axes[1, 0]), float(axes[0, 0])))
    for thick, shade in ((4, (0, 0, 0)), (2, color)):
        cv2.ellipse(
            picture,
            (u, v),
            axes=(half[0], half[1]),
            angle=tilt,
            startAngle=0,
            endAngle=360,
            color=shade,
            thickness=thick,
            lineType=cv2.LINE_AA,
        )
        cv2.drawMarker(
            picture, (u, v), shade, markerType=cv2.MARKER_CROSS, markerSize=14, thickness=thick, line_type=cv2.LINE_AA
        )


def _encode_jpeg(picture: Image) -> str:
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    assert done
    return base64.b64encode(data.tobytes()).decode("ascii")
