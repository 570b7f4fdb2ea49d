"""Depth of field: sharp at the plane of focus, blurred by the circle of confusion elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from render_scenes import ALL_KINDS, AMBIENT_LIGHT, make_box, make_pose, make_renderer, make_top_view

from mygym_lite.config.visuals import Material
from mygym_lite.render.defocus import apply_defocus

WHITE, BLACK = Material((1.0, 1.0, 1.0), specular=0.0), Material((0.0, 0.0, 0.0), specular=0.0)
HALVES = [make_box("left", (2.0, 4.0, 0.2), make_pose(-1.0, 0, -0.1), BLACK),
          make_box("right", (2.0, 4.0, 0.2), make_pose(1.0, 0, -0.1), WHITE)]  # fmt: skip


def draw_edge(quality: Any = "fast", **lens: Any) -> dict[str, NDArray[Any]]:
    """Draw the edge between a black and a white plate at a depth of 1 m, through a focal length of 64 px."""
    view = replace(make_top_view(128), **lens)
    images = make_renderer(HALVES, (), AMBIENT_LIGHT, quality).draw(view, ALL_KINDS)
    return {kind: image.copy() for kind, image in images.items()}


def measure_blur(image: NDArray[np.uint8]) -> float:
    """Return the standard deviation of the step in brightness over the middle row, px."""
    step = np.diff(image[64, :, 1].astype(float))
    where = np.arange(len(step))
    middle = (step * where).sum() / step.sum()
    return float(np.sqrt((step * (where - middle) ** 2).sum() / step.sum()))


@pytest.mark.parametrize("quality", ["fast", "fine"])
@pytest.mark.parametrize("focus", [0.5, 2.0])
def test_an_edge_is_blurred_by_a_quarter_of_its_circle_of_confusion(quality: Any, focus: float) -> None:
    aperture = 0.125
    expected = 0.25 * 64 * aperture * abs(1.0 - 1.0 / focus)
    assert measure_blur(draw_edge(quality, aperture=aperture, focus=focus)["rgb"]) == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("focus", [1.0, None], ids=["at_the_plate", "at_the_image_centre"])
def test_a_plate_in_focus_is_sharp(focus: float | None) -> None:
    sharp, focused = draw_edge(), draw_edge(aperture=0.1, focus=focus)
    assert np.abs(sharp["rgb"].astype(int) - focused["rgb"]).max() <= 1


def test_labels_stay_exact() -> None:
    sharp, blurred = draw_edge(), draw_edge(aperture=0.1, focus=0.4)
    assert (sharp["rgb"] != blurred["rgb"]).any()
    for kind in ("depth", "mask", "links", "normals"):
        assert np.array_equal(sharp[kind], blurred[kind])


def test_a_wider_lens_blurs_more_and_an_even_area_stays_as_it_is() -> None:
    depth = np.tile(np.linspace(0.5, 2.0, 40, dtype=np.float32), (30, 1))
    even = np.full((30, 40, 3), 137, np.uint8)
    assert np.array_equal(apply_defocus(even, depth, 60.0, 0.1, 1.0), even)
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    spreads = [apply_defocus(noise, depth, 60.0, aperture, None).std() for aperture in (0.01, 0.05, 0.2)]
    assert sorted(spreads, reverse=True) == spreads
