"""The renderer over many images: quality, order of cameras, memory, limits of the image size."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import permutations
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from render_scenes import (
    ALL_KINDS,
    PLATE,
    SKY,
    Array,
    Images,
    list_moving_parts,
    make_box,
    make_pose,
    make_primitives,
    make_renderer,
    make_view,
    stack_poses,
)

from mygym_lite.config.scenery import Light
from mygym_lite.config.visuals import VisualBody
from mygym_lite.render.camera import View
from mygym_lite.render.renderer import Quality, Renderer


@pytest.fixture(scope="module")
def scene() -> tuple[list[VisualBody], Array]:
    rng = np.random.default_rng(3)
    things, poses = make_primitives(rng)
    above = [((0.8 * at[0], 0.8 * at[1], 0.2 + 0.1 * number), turn) for number, (at, turn) in enumerate(poses)]
    return [PLATE, *things], stack_poses(above)


@pytest.fixture
def views() -> list[View]:
    places = {(1, 1, 1): (84, 84), (-1, 0.2, 0.6): (84, 84), (0.1, -1, 1.2): (64, 40)}
    return [make_view(at, (0, 0, 0.2), size) for at, size in places.items()]


def load_renderer(scene: tuple[list[VisualBody], Array], quality: Quality = "fast") -> Renderer:
    renderer = Renderer(quality)
    renderer.load_scene(scene[0], list_moving_parts(scene[0]), Light(), SKY)
    renderer.set_poses(scene[1])
    return renderer


def draw_views(renderer: Renderer, views: Sequence[View]) -> Iterator[Images]:
    for view in views:
        yield {kind: image.copy() for kind, image in renderer.draw(view, ALL_KINDS).items()}


def test_fine_images_differ_in_colour_only(scene: Any, views: list[View]) -> None:
    for fast, fine in zip(
        draw_views(load_renderer(scene), views), draw_views(load_renderer(scene, "fine"), views), strict=True
    ):
        for kind in ("depth", "mask", "links", "normals"):
            assert fast[kind].tobytes() == fine[kind].tobytes()
        apart = np.abs(fast["rgb"].astype(int) - fine["rgb"])
        assert 0.2 < apart.mean() < 8.0


@pytest.mark.parametrize("quality", ["fast", "fine"])
def test_images_do_not_depend_on_the_order_of_cameras_or_the_other_kinds(
    quality: Quality, scene: Any, views: list[View]
) -> None:
    alone = [next(draw_views(load_renderer(scene, quality), [view])) for view in views]
    renderer = load_renderer(scene, quality)
    for order in permutations(range(3)):
        for number, seen in zip(order, draw_views(renderer, [views[n] for n in order]), strict=True):
            assert all(seen[kind].tobytes() == alone[number][kind].tobytes() for kind in ALL_KINDS)
    for kind in ALL_KINDS:
        assert renderer.draw(views[0], [kind])[kind].tobytes() == alone[0][kind].tobytes()


@pytest.mark.parametrize("quality", ["fast", "fine"])
def test_drawing_allocates_no_memory_after_warm_up(quality: Quality, scene: Any, views: list[View]) -> None:
    """Measure in a separate process, without the allocations of other threads."""
    with get_context("spawn").Pool(1) as pool:
        held, most = pool.apply(measure_allocation, (quality, scene, views))
    assert held < 200
    assert most < 2000  # the smallest image has more pixels


def measure_allocation(quality: Quality, scene: tuple[list[VisualBody], Array], views: list[View]) -> tuple[int, int]:
    """Return the growth of traced memory over 200 frames, and its peak, in bytes.

    Of three measurements the smallest counts: an allocation of the interpreter happens once, a leak in all of them.
    """
    renderer = load_renderer(scene, quality)

    def draw_frames(frames: int) -> tuple[int, int]:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(frames):
            renderer.set_poses(scene[1])
            for view in views:
                renderer.draw(view, ALL_KINDS)
        after, peak = tracemalloc.get_traced_memory()
        return after - before, peak - before

    tracemalloc.start()
    draw_frames(60)
    growths, peaks = zip(*(draw_frames(200) for _ in range(3)), strict=True)
    return min(growths), min(peaks)


@pytest.mark.parametrize("size", [(1, 1), (1, 4096), (4096, 1)])
def test_the_smallest_and_largest_image_sizes_are_drawn(size: tuple[int, int]) -> None:
    images = make_renderer([make_box("floor", (100, 100, 1), make_pose(0, 0, -0.5))], quality="fine").draw(
        make_view((0, 0, 1), (0.01, 0, 0), size, fov=20), ALL_KINDS
    )
    assert images["rgb"].shape == (size[1], size[0], 3)
    assert images["rgb"].any(axis=2).all()
    middle = images["depth"][(size[1] - 1) // 2, (size[0] - 1) // 2]
    assert middle == pytest.approx(1.0, rel=1e-3)
