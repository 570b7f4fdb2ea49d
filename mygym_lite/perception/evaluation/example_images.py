"""Pictures with what was made of them: those that were seen worst, and some that were seen as most are."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

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
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.render.camera import View
from mygym_lite.reports.formatting import format_name

EXAMPLES_PER_KIND = 4
_TALL = 384  # px of a picture as it is shown, about
_COLORS = ((86, 170, 255), (255, 150, 70), (90, 220, 185), (205, 150, 240), (225, 200, 70), (170, 180, 195))
_TRUE = (255, 255, 255)
_TWO_SIGMA = 2.448  # deviations in the plane that hold 95%
_QUALITY = 88


@dataclass(frozen=True)
class ExampleChoice:
    """An object at a moment that is worth a look."""

    scene: int
    moment: MomentRecord
    name: str
    error: float
    kind: str


@dataclass(frozen=True)
class ExampleImage:
    """A picture with its caption."""

    title: str
    caption: str
    jpeg: str
    """In base64."""


def draw_examples(results: ResultTable) -> list[ExampleImage]:
    """Draw them, the worst first."""
    choices = choose_examples(results)
    plan, eyes = results.plan, results.plan.load_estimators() if choices else []
    with closing(ExpertEpisodes(plan.task)) as played:
        redraw = MomentRenderer(plan.task, played.world, plan.cameras, plan.size)
        return [_example(plan, eyes, played, redraw, choice) for choice in choices]


def choose_examples(results: ResultTable) -> list[ExampleChoice]:
    """For the first weights: the worst of the axes that are seen worst, and of others what is nearest to the median.

    Of each axis there is one, at medium severity, so that they are not all of one kind.
    """
    each = {}
    for (axis, level), conditions in results.moments_by_condition.items():
        if (
            axis != OVERALL
            and level in (0, MEDIUM_SEVERITY)
            and (found := sorted(_seen(conditions[0]), key=lambda x: x[0]))
        ):
            each[axis] = found
    worst = sorted(each, key=lambda axis: -each[axis][-1][0])[:EXAMPLES_PER_KIND]
    others = [axis for axis in each if axis not in worst] or list(each)
    middle = sorted(others, key=lambda axis: (axis != NOMINAL, list(each).index(axis)))
    usual = [
        middle[round(n * (len(middle) - 1) / max(1, EXAMPLES_PER_KIND - 1))]
        for n in range(min(EXAMPLES_PER_KIND, len(middle)))
    ]
    return [
        *(_choice(each[axis][-1], "worst") for axis in worst),
        *(_choice(each[axis][(len(each[axis]) - 1) // 2], "median") for axis in dict.fromkeys(usual)),
    ]


def _seen(scenes: SceneMoments) -> Iterator[tuple[float, int, MomentRecord, str]]:
    for scene, moments in enumerate(scenes):
        for told in moments:
            for one in told.outputs[0].estimates:
                if one.visible and math.isfinite(one.position_error):
                    yield one.position_error, scene, told, one.name


def _choice(found: tuple[float, int, MomentRecord, str], kind: str) -> ExampleChoice:
    error, scene, told, name = found
    return ExampleChoice(scene, told, name, error, kind)


def _example(
    plan: PerceptionPlan,
    eyes: Sequence[PoseEstimator],
    played: ExpertEpisodes,
    redraw: MomentRenderer,
    choice: ExampleChoice,
) -> ExampleImage:
    seed = plan.get_scene_seed(choice.scene)
    moments = played.iterate_moments(seed)
    scene = next(moments)
    for _ in range(choice.moment.moment):
        scene = next(moments)
    poses = redraw.set_scene(scene, seed)
    condition = plan.selection.conditions[choice.moment.condition]
    shown, wanted = redraw.render(condition), list_scene_targets(plan.task, scene)
    areas = [
        max((t.area for t in picture if t.name == choice.name), default=0) for picture in choice.moment.visible_objects
    ]
    camera = plan.cameras[int(np.argmax(areas))]
    optics = CameraBatch.from_views(list(shown.nominal_views.values()))
    estimates = []
    for one in eyes:
        detections = one.detect(one.predict(list(shown.images.values()), optics), optics)
        estimates.append(one.assign_detections(detections, wanted, optics.headings)[choice.name])
    true = np.array(poses[choice.name].position)
    where = f"{format_name(condition.axis)}{f', severity {condition.severity}' if condition.severity else ''}"
    told = "; ".join(_told(label, one, true) for label, one in zip(plan.labels, estimates, strict=True))
    return ExampleImage(
        f"{choice.kind.capitalize()}: {where}", f"{choice.name} ({wanted[choice.name]}), camera {camera}, seed {seed}, "
        f"moment {choice.moment.moment + 1}. {told}.", _jpeg(_drawn(shown, camera, choice.name, estimates)),
    )  # fmt: skip


def _told(label: str, estimate: PoseEstimate, true: np.ndarray) -> str:
    off = 1000.0 * float(np.linalg.norm(estimate.position - true))
    if not math.isfinite(off):
        return f"{label} does not find it"
    expected = 1000.0 * math.sqrt(float(np.trace(estimate.covariance)))
    return f"{label} is off by {off:.1f} mm where it admits {expected:.1f} mm, {estimate.confidence:.0%} sure"


def _drawn(shown: RenderedMoment, camera: str, name: str, estimates: Sequence[PoseEstimate]) -> Image:
    """The picture with the object's outline in white, and each estimate's place and its 95% ellipse in colour."""
    image, view, label = shown.images[camera], shown.views[camera], shown.labels[camera]
    factor = max(1, round(_TALL / image.shape[0]))
    size = (factor * image.shape[1], factor * image.shape[0])
    picture: Image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    for one in label.objects:
        if one.name == name:
            mask = (label.mask == one.instance).astype(np.uint8)
            outlines, _ = cv2.findContours(
                cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
            )
            cv2.drawContours(picture, outlines, -1, _TRUE, 1, cv2.LINE_AA)
    for number, estimate in enumerate(estimates):
        if np.isfinite(estimate.position).all():
            _mark(picture, view, estimate, factor, _COLORS[number % len(_COLORS)])
    return picture


def _mark(picture: Image, view: View, estimate: PoseEstimate, factor: int, color: tuple[int, int, int]) -> None:
    """A cross with its ellipse, where the camera really is."""
    turn = view.world_to_camera[:3, :3]
    x, y, z = turn @ estimate.position + view.world_to_camera[:3, 3]
    if z < view.near:
        return
    at = factor * np.array([view.focal_length * x / z + view.width / 2, view.focal_length * y / z + view.height / 2])
    slope = factor * view.focal_length / z * np.array([[1.0, 0.0, -x / z], [0.0, 1.0, -y / z]]) @ turn
    values, axes = np.linalg.eigh(slope @ estimate.covariance @ slope.T)
    u, v = (round(float(np.clip(edge, -9999, 9999))) for edge in at)
    half = [min(9999, max(1, round(_TWO_SIGMA * math.sqrt(max(0.0, float(value)))))) for value in values]
    tilt = math.degrees(math.atan2(float(axes[1, 0]), float(axes[0, 0])))
    for thick, shade in ((4, (0, 0, 0)), (2, color)):
        cv2.ellipse(picture, (u, v), (half[0], half[1]), tilt, 0, 360, shade, thick, cv2.LINE_AA)
        cv2.drawMarker(picture, (u, v), shade, cv2.MARKER_CROSS, 14, thick, cv2.LINE_AA)


def _jpeg(picture: Image) -> str:
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    assert done
    return base64.b64encode(data.tobytes()).decode("ascii")
