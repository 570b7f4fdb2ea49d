"""Corrections of a mapping: layouts of rotations and of images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

from mygym_lite.harness.contract.correction import Correction
from mygym_lite.policies.remote.mapping import RemoteMapping
from mygym_lite.policies.remote.rotation_layouts import RotationLayout

ROTATION, LAYOUT = "layout of rotations", "layout of images"
_SIZES: Mapping[RotationLayout, int] = {
    "quaternion_xyzw": 4,
    "quaternion_wxyz": 4,
    "rotation_vector": 3,
    "euler_xyz": 3,
    "matrix": 9,
    "two_columns": 6,
    "two_rows": 6,
}


def list_mapping_corrections(mapping: RemoteMapping) -> Iterator[Correction]:
    """List other layouts of the same size for the rotations and images of a mapping."""
    layouts = {part["rotation"] for part in _iterate_tables(mapping.observation) if "rotation" in part}
    for layout in sorted(layouts):
        for other in get_args(RotationLayout):
            if other != layout and _SIZES[other] == _SIZES[layout]:
                yield _make_correction(ROTATION, "rotation", layout, other)
    layouts = {part.get("layout", "HWC") for part in _iterate_tables(mapping.observation) if "camera" in part}
    for layout in sorted(layouts):
        yield _make_correction(LAYOUT, "layout", layout, "CHW" if layout == "HWC" else "HWC")


def _make_correction(aspect: str, key: str, before: str, after: str) -> Correction:
    def change(mapping: RemoteMapping) -> RemoteMapping:
        return replace(mapping, observation=_replace(mapping.observation, key, before, after))

    return Correction(
        aspect, f"the policy wants {after}, the mapping sends {before}", f'{key} = "{after}"', mapping=change
    )


def _iterate_tables(value: object) -> Iterator[dict[str, Any]]:
    """Iterate over the tables of images and of converted slices in a mapping's observation."""
    if isinstance(value, list):
        for part in value:
            yield from _iterate_tables(part)
    if isinstance(value, dict):
        if "of" in value or "camera" in value:
            yield value
        else:
            for part in value.values():
                yield from _iterate_tables(part)


def _replace(value: Any, key: str, before: str, after: str) -> Any:
    if isinstance(value, list):
        return [_replace(part, key, before, after) for part in value]
    if not isinstance(value, dict):
        return value
    if "camera" in value or "of" in value:
        known = {"layout": "HWC"} if "camera" in value else {}
        return {**value, key: after} if (known | value).get(key) == before else value
    return {name: _replace(part, key, before, after) for name, part in value.items()}
