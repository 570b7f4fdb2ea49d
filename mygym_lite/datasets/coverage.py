"""Coverage of the classes of a dataset by its splits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mygym_lite.datasets.frame import Split


def list_missing_classes(objects: Mapping[Split, Mapping[str, int]]) -> Iterator[str]:
    """Yield a note for each split without some of the classes that the dataset has.

    Args:
        objects: Number of objects in each split, by class.
    """
    present = sorted({name for counts in objects.values() for name, count in counts.items() if count})
    for split, counts in objects.items():
        missing = [name for name in present if not counts.get(name)]
        if missing:
            yield f"{split} lacks {len(missing)} of {len(present)} classes: {', '.join(missing)}; generate more images"
