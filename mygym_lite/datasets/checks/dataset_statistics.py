"""Statistics of a dataset: classes, sizes, visibility, flags and duplicate images."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

SIZE_BINS = (1, 64, 256, 1024, 4096, 16384)  # visible px, lower edges of the histogram of sizes
_VISIBILITY_BINS = 10
_BAR_LENGTH = 24  # characters of the longest bar


class ObjectEntry(NamedTuple):
    """One object in one image."""

    split: str
    model: str
    visible_px: float
    """Visible pixels; the area of the box if the format has no mask."""
    visible_fraction: float | None
    """Visible fraction of the amodal silhouette; None if the format lacks it."""
    flags: tuple[str, ...]
    """Flags that are set: ``small``, ``hidden``, ``truncated``."""


def compute_statistics(objects: Iterable[ObjectEntry], images: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Count objects, images, flags and duplicates.

    Args:
        objects: Objects of all images.
        images: Digests of the images of each split.
    """
    classes: dict[str, Counter[str]] = {}
    sizes, visibility, flags, total = [0] * (len(SIZE_BINS) + 1), [0] * _VISIBILITY_BINS, Counter[str](), 0
    for entry in objects:
        total += 1
        classes.setdefault(entry.model, Counter())[entry.split] += 1
        sizes[bisect_right(SIZE_BINS, entry.visible_px)] += 1
        if entry.visible_fraction is not None:
            visibility[min(int(_VISIBILITY_BINS * entry.visible_fraction), _VISIBILITY_BINS - 1)] += 1
        flags.update(entry.flags)
    digests = Counter(digest for split_digests in images.values() for digest in set(split_digests))
    all_digests = [digest for split_digests in images.values() for digest in split_digests]
    return {
        "images": {split: len(split_digests) for split, split_digests in images.items()},
        "objects": total,
        "classes": {name: {split: classes[name][split] for split in images} for name in sorted(classes)},
        "visible_px": {"from": [0, *SIZE_BINS], "objects": sizes},
        "visible_fraction": {
            "from": [bar / _VISIBILITY_BINS for bar in range(_VISIBILITY_BINS)],
            "objects": visibility,
        },
        "flag_counts": dict(sorted(flags.items())),
        "duplicates": len(all_digests) - len(set(all_digests)),
        "in_several_splits": sum(count > 1 for count in digests.values()),
    }


def format_statistics(statistics: dict[str, Any]) -> str:
    """Format statistics as a table."""
    images, flags = statistics["images"], statistics["flag_counts"]
    total = sum(images.values())
    lines = [f"images      {total}  ({', '.join(f'{split} {count}' for split, count in images.items())})"]
    flagged = ", ".join(f"{name} {count}" for name, count in flags.items()) or "none"
    lines += [f"objects     {statistics['objects']}  (flagged: {flagged})"]
    lines += [f"duplicates  {statistics['duplicates']}  (in several splits: {statistics['in_several_splits']})"]
    lines += ["", "class", *_format_bars({name: sum(by.values()) for name, by in statistics["classes"].items()})]
    lines += ["", "visible px from", *_format_bars(_label_bins(statistics["visible_px"]))]
    if any(statistics["visible_fraction"]["objects"]):
        lines += ["", "visible share from", *_format_bars(_label_bins(statistics["visible_fraction"]))]
    return "\n".join(lines)


def _label_bins(histogram: dict[str, Any]) -> dict[str, int]:
    return {f"{low:g}": count for low, count in zip(histogram["from"], histogram["objects"], strict=True)}


def _format_bars(counts: Mapping[str, int]) -> list[str]:
    width, most = max(map(len, counts), default=0), max(counts.values(), default=0) or 1
    return [
        f"  {name:<{width}}  {count:>7}  {'#' * round(_BAR_LENGTH * count / most)}".rstrip()
        for name, count in counts.items()
    ]
