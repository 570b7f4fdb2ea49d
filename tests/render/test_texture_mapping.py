"""Texture mapping: coordinates in perspective and filtering of distant textures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rays import centres
from render_scenes import (
    compute_brightness,
    make_box,
    make_pose,
    make_renderer,
    make_top_view,
    make_view,
    write_texture,
)

from mygym_lite.config.visuals import Material


def test_a_texture_follows_its_uv_coordinates_in_perspective(tmp_path: Path) -> None:
    """A pattern of 8 x 8 cells without symmetry, in perspective."""
    cells = np.random.default_rng(4).integers(0, 2, (8, 8))
    material = Material((1.0, 1.0, 1.0), write_texture(tmp_path / "cells.png", np.kron(cells, np.ones((32, 32)))), 0.0)
    scene = make_renderer([make_box("plate", (2, 2, 0.1), make_pose(0, 0, -0.05), material, repeat=1.6)])
    checked = 0
    for position in ((0.2, -1.1, 0.5), (-0.7, 0.3, 1.2), (0.9, 0.9, 0.25)):
        view = make_view(position, (0, 0, 0), (160, 120), fov=50)
        corners = []
        for aside in ((-2, -2), (2, -2), (2, 2), (-2, 2)):  # px; beyond the reach of every filter
            ray = np.hstack([centres(view) + aside, np.ones((160 * 120, 1))])
            down = view.position[2] - view.unproject(ray)[:, 2]
            ray[:, 2] = np.where(down > 0, view.position[2] / np.maximum(down, 1e-9), np.nan)
            corners.append(view.unproject(ray)[:, :2])
        at = np.array(corners)
        cell = np.floor(np.nan_to_num(at) / 0.2).astype(int)
        clear = (cell == cell[0]).all(axis=(0, 2)) & (np.abs(at) < 1.0).all(axis=(0, 2))
        image = scene.draw(view, ["rgb"])["rgb"].reshape(-1, 3)
        expected = cells[cell[0, :, 1] % 8, cell[0, :, 0] % 8][clear] > 0
        assert np.array_equal(image[clear].min(axis=1) > 200, expected)
        assert np.array_equal(image[clear].max(axis=1) < 20, ~expected)
        checked += clear.sum()
    assert checked > 9000


@pytest.mark.parametrize("distance", [1.5, 3.0, 6.0, 13.0])
def test_a_fine_checker_is_uniformly_grey_from_far_away(distance: float, tmp_path: Path) -> None:
    """Alternating black and white texels are as bright as a grey with half the light of white."""
    fine = write_texture(tmp_path / "fine.png", np.indices((256, 256)).sum(axis=0) % 2)
    half = float(1.055 * 0.5 ** (1 / 2.4) - 0.055)
    pictures = []
    for material in (Material((1.0, 1.0, 1.0), fine, 0.0), Material((half, half, half), "", 0.0)):
        scene = make_renderer([make_box("plate", (0.9, 0.9, 0.9), make_pose(0, 0, -0.45), material, repeat=0.5)])
        view = make_view((0.3 * distance, 0.1, distance), (0, 0, 0), (96, 96), fov=40 / distance)
        pictures.append(scene.draw(view, ["rgb"])["rgb"].astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 1
    assert np.ptp(pictures[0][30:60, 30:60], axis=(0, 1)).max() <= 2


def test_minified_textures_are_averaged_over_each_pixel(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 2, (256, 256))
    material = Material((1.0, 1.0, 1.0), write_texture(tmp_path / "noise.png", noise), 0.0)
    scene = make_renderer([make_box("plate", (4, 4, 1), make_pose(0, 0, -0.5), material, repeat=1.0)])
    light = {}
    for texels in (1, 2, 4, 8, 16):  # per pixel and axis
        size = 64 if texels < 8 else 16  # the view stays within the plate
        view = make_top_view(size, size * texels / 512)
        light[texels] = compute_brightness(scene.draw(view, ["rgb"])["rgb"])
    full = light[1].max()
    for texels, image in light.items():
        assert abs(image.mean() / full - noise.mean()) < 0.03
        assert image.std() / full < 0.75 / texels
