"""Average precision of masks as COCO defines it, by COCO's own tool."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from collections.abc import Iterator, Sequence
from typing import Any

from mygym_lite.perception.evaluation.metrics import SceneMoments
from mygym_lite.perception.evaluation.records import MomentRecord, VisibleObject

_ALL_AREAS = [0.0, 1e10]  # px²


def has_pycocotools() -> bool:
    """Return True if pycocotools is installed."""
    return importlib.util.find_spec("pycocotools") is not None


def compute_average_precision(scenes: SceneMoments, estimator: int, size: tuple[int, int]) -> float | None:
    """Compute the mean over classes and overlaps from 0.50 to 0.95 for one condition; None without any object.

    Objects that are hardly visible are ignored, as crowds are.

    Args:
        scenes: Records of the condition.
        estimator: Index of the estimator.
        size: Width and height of an image, px.
    """
    from pycocotools.coco import COCO  # type: ignore[import-untyped]
    from pycocotools.cocoeval import COCOeval  # type: ignore[import-untyped]

    moments = [moment for scene in scenes for moment in scene]
    images = [visible for moment in moments for visible in moment.visible_objects]
    models = sorted({visible.model for image in images for visible in image})
    if not models:
        return None
    categories = {model: number for number, model in enumerate(models, start=1)}
    truth = list(_list_annotations(images, categories, size))
    detections = list(_list_detections(moments, estimator, categories, size))
    if not detections:
        return 0.0 if any(not annotation["iscrowd"] for annotation in truth) else None
    with contextlib.redirect_stdout(io.StringIO()):
        ground_truth = COCO()
        ground_truth.dataset = {
            "info": {},
            "images": [{"id": number, "width": size[0], "height": size[1]} for number in range(len(images))],
            "categories": [{"id": number} for number in categories.values()],
            "annotations": truth,
        }
        ground_truth.createIndex()
        evaluation = COCOeval(ground_truth, ground_truth.loadRes(detections), "segm")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [_ALL_AREAS], ["all"]
        evaluation.params.maxDets = [100]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"]
    known = precision[precision > -1]
    return float(known.mean()) if known.size else None


def _list_annotations(
    images: Sequence[Sequence[VisibleObject]], categories: dict[str, int], size: tuple[int, int]
) -> Iterator[dict[str, Any]]:
    objects = ((image, visible) for image, picture in enumerate(images) for visible in picture)
    for number, (image, visible) in enumerate(objects, start=1):
        yield {
            "id": number,
            "image_id": image,
            "category_id": categories[visible.model],
            "area": visible.area,
            "iscrowd": int(not visible.visible),
            "segmentation": _format_mask(visible.mask, size),
        }


def _list_detections(
    moments: Sequence[MomentRecord], estimator: int, categories: dict[str, int], size: tuple[int, int]
) -> Iterator[dict[str, Any]]:
    """Yield detections; those of classes without any object belong to no class that counts, as in COCO."""
    images = (detections for moment in moments for detections in moment.outputs[estimator].detections)
    for image, detections in enumerate(images):
        for detection in detections:
            if detection.model in categories:
                yield {
                    "image_id": image,
                    "category_id": categories[detection.model],
                    "score": detection.score,
                    "segmentation": _format_mask(detection.mask, size),
                }


def _format_mask(counts: str, size: tuple[int, int]) -> dict[str, Any]:
    return {"size": [size[1], size[0]], "counts": counts}
