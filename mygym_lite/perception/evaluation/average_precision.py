"""Average precision of masks as COCO defines it, by COCO's own tool."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from collections.abc import Iterator
from typing import Any

from mygym_lite.perception.evaluation.metrics import SceneMoments

_EVERY = [0.0, 1e10]  # px², of the objects that count


def has_pycocotools() -> bool:
    """Whether pycocotools is there."""
    return importlib.util.find_spec("pycocotools") is not None


def compute_average_precision(scenes: SceneMoments, estimator: int, size: tuple[int, int]) -> float | None:
    """Over all pictures of a condition, classes and overlaps from 0.50 to 0.95; None if there is no object.

    Objects that hardly show are ignored, as crowds are.

    Args:
        scenes: What was seen.
        estimator: By whom.
        size: Width and height of a picture, px.
    """
    from pycocotools.coco import COCO  # type: ignore[import-untyped]
    from pycocotools.cocoeval import COCOeval  # type: ignore[import-untyped]

    moments = [told for scene in scenes for told in scene]
    models = sorted({one.model for told in moments for picture in told.visible_objects for one in picture})
    if not models:
        return None
    numbers = {model: number for number, model in enumerate(models, start=1)}
    truth = list(_truth(moments, numbers, size))
    found = list(_found(moments, estimator, numbers, size))
    if not found:
        return 0.0 if any(not one["iscrowd"] for one in truth) else None
    with contextlib.redirect_stdout(io.StringIO()):
        true = COCO()
        true.dataset = {
            "info": {}, "images": [{"id": n, "width": size[0], "height": size[1]}
                       for n in range(sum(len(told.visible_objects) for told in moments))],
            "categories": [{"id": number} for number in numbers.values()], "annotations": truth,
        }  # fmt: skip
        true.createIndex()
        compared = COCOeval(true, true.loadRes(found), "segm")
        compared.params.areaRng, compared.params.areaRngLbl = [_EVERY], ["all"]
        compared.params.maxDets = [100]
        compared.evaluate()
        compared.accumulate()
    precision = compared.eval["precision"]
    known = precision[precision > -1]
    return float(known.mean()) if known.size else None


def _truth(moments: list[Any], numbers: dict[str, int], size: tuple[int, int]) -> Iterator[dict[str, Any]]:
    every = ((image, one) for image, picture in enumerate(p for told in moments for p in told.pictures)
             for one in picture)  # fmt: skip
    for number, (image, one) in enumerate(every, start=1):
        yield {"id": number, "image_id": image, "category_id": numbers[one.model], "area": one.area,
               "iscrowd": int(not one.visible), "segmentation": _mask(one.mask, size)}  # fmt: skip


def _found(
    moments: list[Any], weights: int, numbers: dict[str, int], size: tuple[int, int]
) -> Iterator[dict[str, Any]]:
    """Detections of classes that are nowhere there are in no class that counts, as COCO has it."""
    pictures = (found for told in moments for found in told.outputs[weights].pictures)
    for image, found in enumerate(pictures):
        for one in found:
            if one.model in numbers:
                yield {"image_id": image, "category_id": numbers[one.model], "score": one.score,
                       "segmentation": _mask(one.mask, size)}  # fmt: skip


def _mask(counts: str, size: tuple[int, int]) -> dict[str, Any]:
    return {"size": [size[1], size[0]], "counts": counts}
