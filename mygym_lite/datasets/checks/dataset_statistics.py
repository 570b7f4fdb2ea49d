"""What a dataset holds: classes, sizes, visibility, flags, and pictures that are there twice."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

SIZE_BINS = (1, 64, 256, 1024, 4096, 16384)  # visible px where the bars of the histogram of sizes begin
_BARS = 10  # of the histogram of visibility
_BAR = 24  # characters of the longest bar


class ObjectEntry(NamedTuple):
    """One object in one picture."""

    split: str
    model: str
    visible_px: float
    """Visible; of the box, where the format has no mask."""
    visible_fraction: float | None
    """Share of the whole silhouette, if the format knows."""
    flags: tuple[str, ...]
    """Of ``small``, ``hidden``, ``truncated``."""


def compute_statistics(objects: Iterable[ObjectEntry], images: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Count everything.

    Args:
        objects: All objects.
        images: The digests of the pictures of each split.
    """
    classes: dict[str, Counter[str]] = {}
    sizes, visibility, flags, total = [0] * (len(SIZE_BINS) + 1), [0] * _BARS, Counter[str](), 0
    for one in objects:
        total += 1
        classes.setdefault(one.model, Counter())[one.split] += 1
        sizes[bisect_right(SIZE_BINS, one.visible_px)] += 1
        if one.visible_fraction is not None:
            visibility[min(int(_BARS * one.visible_fraction), _BARS - 1)] += 1
        flags.update(one.flags)
    digests = Counter(digest for several in images.values() for digest in set(several))
    every = [digest for several in images.values() for digest in several]
    return {
        "images": {split: len(several) for split, several in images.items()},
        "objects": total,
        "classes": {name: {split: classes[name][split] for split in images} for name in sorted(classes)},
        "visible_px": {"from": [0, *SIZE_BINS], "objects": sizes},
        "visible_fraction": {"from": [bar / _BARS for bar in range(_BARS)], "objects": visibility},
        "flag_counts": dict(sorted(flags.items())),
        "duplicates": len(every) - len(set(every)),
        "in_several_splits": sum(count > 1 for count in digests.values()),
    }


def format_statistics(statistics: dict[str, Any]) -> str:
    """The same as tables to read."""
    images, flags = statistics["images"], statistics["flag_counts"]
    total = sum(images.values())
    lines = [f"images      {total}  ({', '.join(f'{split} {count}' for split, count in images.items())})"]
    flagged = ", ".join(f"{name} {count}" for name, count in flags.items()) or "none"
    lines += [f"objects     {statistics['objects']}  (flagged: {flagged})"]
    lines += [f"duplicates  {statistics['duplicates']}  (in several splits: {statistics['in_several_splits']})"]
    lines += ["", "class", *_bars({name: sum(by.values()) for name, by in statistics["classes"].items()})]
    lines += ["", "visible px from", *_bars(_histogram(statistics["visible_px"]))]
    if any(statistics["visible_fraction"]["objects"]):
        lines += ["", "visible share from", *_bars(_histogram(statistics["visible_fraction"]))]
    return "\n".join(lines)


def _histogram(found: dict[str, Any]) -> dict[str, int]:
    return {f"{first:g}": count for first, count in zip(found["from"], found["objects"], strict=True)}


def _bars(counts: Mapping[str, int]) -> list[str]:
    width, most = max(map(len, counts), default=0), max(counts.values(), default=0) or 1
    return [
        f"  {name:<{width}}  {count:>7}  {'#' * round(_BAR * count / most)}".rstrip() for name, count in counts.items()
    ]
