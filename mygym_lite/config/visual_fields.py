"""Fields of a task that affect images, classified once for all filters of variations; add new fields here."""

from __future__ import annotations

from mygym_lite.config.field_path import split_path

TEXTURE_FIELDS = ("texture", "floor")
"""Fields of the workspace and of objects that name a texture."""
SURFACE_FIELDS = (*TEXTURE_FIELDS, "color", "floor_color", "specular", "roughness", "metallic", "tint")
"""Fields of the workspace, objects and the robot that change nothing but their appearance."""
IMAGE_FAULTS = {
    "image_noise": "rgb",
    "blur": "rgb",
    "motion_blur": "rgb",
    "motion_blur_spread": "rgb",
    "depth_noise": "depth",
    "depth_holes": "depth",
}
"""Fields of ``sensing`` that corrupt images, with the kind of image."""


def is_appearance(path: str) -> bool:
    """Return true if a field changes light, background or surfaces, and so nothing but RGB images."""
    first, *_, last = split_path(path)
    if first in ("workspace", "objects", "robot"):
        return last in SURFACE_FIELDS
    return first in ("light", "background") or (first == "regions" and last == "color")


def is_wording(path: str) -> bool:
    """Return true if a field changes the instruction, and so nothing else."""
    return split_path(path)[0] == "language"


def is_checked_as_scenery(path: str) -> bool:
    """Return true if ``check_scenery`` depends on a field."""
    first, *_, last = split_path(path)
    return first in ("cameras", "light") or last in TEXTURE_FIELDS


def get_camera(path: str) -> str | None:
    """Return the name of the camera that a field belongs to, or None."""
    first, *rest = split_path(path)
    return rest[0] if first == "cameras" else None


def get_sensing_fault(path: str) -> str | None:
    """Return the fault in ``sensing`` that a field sets, or None."""
    first, *rest = split_path(path)
    return rest[-1] if first == "sensing" else None
