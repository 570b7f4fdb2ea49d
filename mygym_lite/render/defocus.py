"""Depth of field: a lens blurs objects by their distance from the plane of focus."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_SHARP, _WIDEST = 0.5, 16.0  # px, standard deviation of the weakest and of the strongest blur
_DEVIATION = 0.25  # standard deviation of a uniform disc along an axis, in diameters


def apply_defocus(
    image: NDArray[np.uint8], inverse_depth: NDArray[Any], focal_length: float, aperture: float, focus: float | None
) -> NDArray[np.uint8]:
    """Blur each pixel of an image by its circle of confusion.

    Blurred copies of doubling strength are interpolated, so the cost hardly depends on the blur.

    Args:
        image: Colours.
        inverse_depth: Inverse distance along the optical axis, 1/m.
        focal_length: Focal length, px.
        aperture: Diameter of the lens, m.
        focus: Distance of sharp objects, m; that at the image centre if None.
    """
    import cv2

    height, width = inverse_depth.shape
    at_focus = 1.0 / focus if focus else float(inverse_depth[height // 2, width // 2])
    deviation = _DEVIATION * focal_length * aperture * np.abs(inverse_depth - np.float32(at_focus))
    steps = _count_doublings(np.minimum(deviation, _WIDEST).astype(np.float32))[..., None]
    blurred: NDArray[Any] = image.astype(np.float32)
    sharper = blurred
    for number in range(int(np.ceil(steps.max()))):
        softer: NDArray[Any] = cv2.GaussianBlur(image, (0, 0), _SHARP * 2.0**number).astype(np.float32)
        blurred = blurred + np.clip(steps - number, 0.0, 1.0) * (softer - sharper)
        sharper = softer
    rounded: NDArray[np.uint8] = np.rint(blurred).astype(np.uint8)
    return rounded


def _count_doublings(deviation: Floats) -> Floats:
    """Return 0 without blur, 1 at the weakest, and one more for each doubling."""
    ratio = deviation / np.float32(_SHARP)
    return np.where(ratio < 1.0, ratio, 1.0 + np.log2(np.maximum(ratio, np.float32(1.0)))).astype(np.float32)
