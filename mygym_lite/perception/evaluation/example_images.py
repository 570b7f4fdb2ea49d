"""Pictures with what was made of them: those that were seen worst, and some that were seen as most are."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np

from mygym_lite.perception.camera_encoding import Optics
from mygym_lite.perception.estimator import Eyes
from mygym_lite.perception.evaluation.charts import SEVERITY
from mygym_lite.perception.evaluation.expert_moments import Played
from mygym_lite.perception.evaluation.metrics import Scenes
from mygym_lite.perception.evaluation.plan import LookPlan
from mygym_lite.perception.evaluation.records import Told
from mygym_lite.perception.evaluation.rerender import Image, Redraw, Shown
from mygym_lite.perception.evaluation.results import OVERALL, Findings
from mygym_lite.perception.evaluation.worker import wanted_in
from mygym_lite.perception.fusion import Estimate
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.render.camera import View
from mygym_lite.reports.formatting import named

EACH = 4
_TALL = 384  # px of a picture as it is shown, about
_COLORS = ((86, 170, 255), (255, 150, 70), (90, 220, 185), (205, 150, 240), (225, 200, 70), (170, 180, 195))
_TRUE = (255, 255, 255)
_TWO_SIGMA = 2.448  # deviations in the plane that hold 95%
_QUALITY = 88


@dataclass(frozen=True)
class Choice:
    """An object at a moment that is worth a look."""

    scene: int
    told: Told
    name: str
    error: float
    kind: str


@dataclass(frozen=True)
class Example:
    """A picture with its caption."""

    title: str
    words: str
    jpeg: str
    """In base64."""


def examples(findings: Findings) -> list[Example]:
    """Draw them, the worst first."""
    choices = chosen(findings)
    plan, eyes = findings.plan, findings.plan.eyes() if choices else []
    with closing(Played(plan.task)) as played:
        redraw = Redraw(plan.task, played.world, plan.cameras, plan.size)
        return [_example(plan, eyes, played, redraw, choice) for choice in choices]


def chosen(findings: Findings) -> list[Choice]:
    """For the first weights: the worst of the axes that are seen worst, and of others what is nearest to the median.

    Of each axis there is one, at medium severity, so that they are not all of one kind.
    """
    each = {}
    for (axis, level), conditions in findings.places.items():
        if axis != OVERALL and level in (0, SEVERITY) and (found := sorted(_seen(conditions[0]), key=lambda x: x[0])):
            each[axis] = found
    worst = sorted(each, key=lambda axis: -each[axis][-1][0])[:EACH]
    others = [axis for axis in each if axis not in worst] or list(each)
    middle = sorted(others, key=lambda axis: (axis != NOMINAL, list(each).index(axis)))
    usual = [middle[round(n * (len(middle) - 1) / max(1, EACH - 1))] for n in range(min(EACH, len(middle)))]
    return [
        *(_choice(each[axis][-1], "worst") for axis in worst),
        *(_choice(each[axis][(len(each[axis]) - 1) // 2], "median") for axis in dict.fromkeys(usual)),
    ]


def _seen(scenes: Scenes) -> Iterator[tuple[float, int, Told, str]]:
    for scene, moments in enumerate(scenes):
        for told in moments:
            for one in told.seeings[0].sightings:
                if one.visible and math.isfinite(one.error):
                    yield one.error, scene, told, one.name


def _choice(found: tuple[float, int, Told, str], kind: str) -> Choice:
    error, scene, told, name = found
    return Choice(scene, told, name, error, kind)


def _example(plan: LookPlan, eyes: Sequence[Eyes], played: Played, redraw: Redraw, choice: Choice) -> Example:
    seed = plan.scene_seed(choice.scene)
    moments = played.moments(seed)
    scene = next(moments)
    for _ in range(choice.told.moment):
        scene = next(moments)
    poses = redraw.begin(scene, seed)
    condition = plan.chosen.conditions[choice.told.condition]
    shown, wanted = redraw.shown(condition), wanted_in(plan.task, scene)
    areas = [max((t.area for t in picture if t.name == choice.name), default=0) for picture in choice.told.pictures]
    camera = plan.cameras[int(np.argmax(areas))]
    optics = Optics.of(list(shown.believed.values()))
    estimates = []
    for one in eyes:
        detections = one.detect(one.look(list(shown.images.values()), optics), optics)
        estimates.append(one.assigned(detections, wanted, optics.heading)[choice.name])
    true = np.array(poses[choice.name].position)
    where = f"{named(condition.axis)}{f', severity {condition.level}' if condition.level else ''}"
    told = "; ".join(_told(label, one, true) for label, one in zip(plan.labels, estimates, strict=True))
    return Example(
        f"{choice.kind.capitalize()}: {where}", f"{choice.name} ({wanted[choice.name]}), camera {camera}, seed {seed}, "
        f"moment {choice.told.moment + 1}. {told}.", _jpeg(_drawn(shown, camera, choice.name, estimates)),
    )  # fmt: skip


def _told(label: str, estimate: Estimate, true: np.ndarray) -> str:
    off = 1000.0 * float(np.linalg.norm(estimate.position - true))
    if not math.isfinite(off):
        return f"{label} does not find it"
    expected = 1000.0 * math.sqrt(float(np.trace(estimate.covariance)))
    return f"{label} is off by {off:.1f} mm where it admits {expected:.1f} mm, {estimate.confidence:.0%} sure"


def _drawn(shown: Shown, camera: str, name: str, estimates: Sequence[Estimate]) -> Image:
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


def _mark(picture: Image, view: View, estimate: Estimate, factor: int, color: tuple[int, int, int]) -> None:
    """A cross with its ellipse, where the camera really is."""
    turn = view.world_to_camera[:3, :3]
    x, y, z = turn @ estimate.position + view.world_to_camera[:3, 3]
    if z < view.near:
        return
    at = factor * np.array([view.focal * x / z + view.width / 2, view.focal * y / z + view.height / 2])
    slope = factor * view.focal / z * np.array([[1.0, 0.0, -x / z], [0.0, 1.0, -y / z]]) @ turn
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
