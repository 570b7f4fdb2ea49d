"""Lights without shadows, sky and ground, and metals, in scenes whose brightness can be calculated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from render_scenes import AMBIENT_LIGHT, ORIGIN, PLATE, SEEDS, Array, make_box, make_pose, make_renderer, make_top_view
from render_scenes import make_view as view_from

from mygym_lite.config.scenery import FillLight, Light, RimLight
from mygym_lite.config.visuals import Material, Visual, VisualBody
from mygym_lite.render.texture import decode_srgb

COPPER = (0.95, 0.55, 0.3)
DARK = Light(intensity=0.0, ambient=0.0)
VIEW = view_from((0.9, -0.7, 0.8), size=(80, 80), fov=40)


def draw(things: list[VisualBody], light: Light, view: Any = VIEW, quality: Any = "fast") -> dict[str, NDArray[Any]]:
    images = make_renderer(things, (), light, quality).draw(view, ("rgb", "normals", "mask"))
    return {kind: image.copy() for kind, image in images.items()}


def make_ball(material: Material) -> VisualBody:
    return VisualBody("ball", "", (Visual("sphere", material, (0.3,)),), ORIGIN)


def to_light(image: NDArray[np.uint8]) -> Array:
    return decode_srgb(image / 255.0)


# --- lamps


@pytest.mark.parametrize(("lamp", "make"), [("fill", FillLight), ("rim", RimLight)])
@pytest.mark.parametrize("quality", ["fast", "fine"])
def test_a_lamp_brightens_only_the_side_that_faces_it(lamp: str, make: Any, quality: Any) -> None:
    sun, towards = (1.0, 0.1, 0.4), np.array([-0.2, -1.0, 0.1])
    off = draw([make_box("box", (0.5, 0.5, 0.5))], Light(sun), quality=quality)
    light = Light(sun, **{lamp: make(direction=tuple(towards.tolist()), intensity=0.4)})
    on = draw([make_box("box", (0.5, 0.5, 0.5))], light, quality=quality)
    seen, faces = off["mask"] > 0, off["normals"] @ towards
    change = on["rgb"].astype(int) - off["rgb"]
    inner = seen & (np.abs(faces) > 0)  # supersampled edges belong to both sides
    assert change[inner & (faces > 0.9)].min(axis=-1).mean() > 20
    if quality == "fast":
        assert (change[seen & (faces > 0.0)] > 0).all()
        assert not change[~seen | (faces < 0.0)].any()


def test_a_lamp_lights_by_the_cosine_of_its_angle_and_casts_no_shadow() -> None:
    things = [make_box("plate", (1.0, 1.0, 0.1), make_pose(0, 0, -0.05), Material((0.8, 0.8, 0.8), specular=0.0)),
              make_box("box", (0.2, 0.2, 0.05), make_pose(0.0, 0.0, 0.3))]  # fmt: skip
    lamp = FillLight(direction=(0.6, 0.0, 0.8), color=(1.0, 0.5, 0.5), intensity=0.9)
    images = draw(things, replace(DARK, fill=lamp), make_top_view())
    found = to_light(images["rgb"][images["mask"] == 1])
    expected = 0.9 * 0.8 * decode_srgb(np.array(lamp.color)) * decode_srgb(np.array([0.8, 0.8, 0.8]))
    assert np.allclose(found, expected, atol=0.006)


@given(SEEDS)
@settings(max_examples=15, derandomize=True, deadline=None)
def test_another_lamp_darkens_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    color, metallic = tuple(rng.uniform(0, 1, 3).tolist()), float(rng.choice([0.0, 0.5, 1.0]))
    ball = make_ball(Material(color, "", float(rng.uniform(0, 1)), float(rng.uniform(0.1, 1)), metallic))
    lamp = FillLight(tuple(rng.normal(size=3).tolist()), tuple(rng.uniform(0, 1, 3).tolist()), float(rng.uniform(0, 2)))
    before, after = (draw([ball, PLATE], light) for light in (Light(), Light(fill=lamp)))
    assert (after["rgb"] >= before["rgb"]).all()
    assert all(np.array_equal(before[kind], after[kind]) for kind in ("normals", "mask"))


def test_lamps_without_intensity_change_no_byte() -> None:
    light = Light(fill=FillLight((1.0, 0.0, 1.0), (1.0, 0.0, 0.0)), rim=RimLight(color=(0.0, 0.0, 1.0)))
    assert np.array_equal(draw([PLATE], light)["rgb"], draw([PLATE], Light())["rgb"])


# --- sky and ground


def test_upward_faces_receive_the_light_of_the_sky_and_downward_faces_that_of_the_ground() -> None:
    light = replace(AMBIENT_LIGHT, sky_color=(0.9, 0.5, 0.1), ground_color=(0.1, 0.3, 0.8))
    white = Material((1.0, 1.0, 1.0), specular=0.0)
    images = draw([make_ball(white)], light, view_from((1.2, 0.0, 0.0), size=(81, 81)))
    share = 0.5 + 0.5 * images["normals"][..., 2:]
    expected = share * light.sky_color + (1.0 - share) * light.ground_color
    seen = images["mask"] > 0
    assert np.allclose(to_light(images["rgb"])[seen], expected[seen], atol=0.01)


# --- metals


def find_highlight(metallic: float, color: Any) -> Array:
    """Return the linear colour of the brightest pixels of a ball in faint sunlight."""
    light = Light((0.3, -0.6, 0.9), color=(1.0, 1.0, 1.0), intensity=0.1, ambient=0.0)
    image = to_light(draw([make_ball(Material(color, "", 0.5, 0.3, metallic))], light)["rgb"])
    image[draw([make_ball(Material(color))], light)["mask"] == 0] = 0.0
    return np.asarray(image[image.sum(axis=-1) > 0.9 * image.sum(axis=-1).max()].mean(axis=0))


def test_the_highlight_of_a_metal_has_its_color() -> None:
    found, color = find_highlight(1.0, COPPER), decode_srgb(np.array(COPPER))
    assert found.max() > 0.1
    assert found / found.max() == pytest.approx(color / color.max(), abs=0.04)
    plastic = find_highlight(0.0, (0.0, 0.0, 0.0))
    assert plastic.min() > 0.9 * plastic.max()


def test_a_metal_is_dark_where_it_reflects_nothing() -> None:
    light = Light((0.9, -0.2, 0.3), ambient=0.0)
    metal, plastic = (draw([make_ball(Material(COPPER, "", 0.2, 0.1, m))], light) for m in (1.0, 0.0))
    lit = (plastic["mask"] > 0) & (plastic["rgb"].max(axis=-1) > 60)
    assert np.median(metal["rgb"][lit]) < 0.2 * np.median(plastic["rgb"][lit])


def test_a_flat_metal_mirrors_the_sky_above_it_in_its_color() -> None:
    metal = make_box("plate", (1.0, 1.0, 0.1), make_pose(0, 0, -0.05), Material(COPPER, "", 0.0, 0.2, 1.0))
    light = replace(AMBIENT_LIGHT, sky_color=(0.5, 0.7, 0.9), ground_color=(0.0, 0.0, 0.0))
    found = to_light(draw([metal], light, make_top_view())["rgb"][30:34, 30:34])
    assert np.allclose(found, decode_srgb(np.array(COPPER)) * light.sky_color, atol=0.01)


def test_half_a_metal_lies_between_metal_and_plastic() -> None:
    none, half, full = (
        to_light(draw([make_ball(Material(COPPER, "", 0.2, 0.5, m))], Light(intensity=0.2))["rgb"])
        for m in (0.0, 0.5, 1.0)
    )
    assert np.allclose(half, (none + full) / 2, atol=0.01)


def test_a_metal_changes_no_byte_of_other_surfaces() -> None:
    plain = make_ball(Material((0.3, 0.6, 0.2), "", 0.3, 0.4))
    images = []
    for metallic in (0.0, 1.0):
        other = make_box("other", (0.1, 0.1, 0.1), make_pose(0.0, 0.45, 0.0), Material(COPPER, metallic=metallic))
        images.append(draw([plain, other], Light()))
    ball = images[0]["mask"] != 2
    assert np.array_equal(images[0]["rgb"][ball], images[1]["rgb"][ball])
    assert (images[0]["rgb"][~ball] != images[1]["rgb"][~ball]).any()
