"""Surfaces of objects in datasets: they say nothing about the class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mygym_lite as mg
from mygym_lite.config.sampling import sample
from mygym_lite.config.variation import parse_variations
from mygym_lite.datasets.frame import Frame
from mygym_lite.datasets.generate.plan import plan_dataset
from mygym_lite.datasets.recipe import DatasetRecipe
from mygym_lite.datasets.scenes.appearance import AppearanceSampler
from mygym_lite.datasets.scenes.environment import vary_environment
from mygym_lite.datasets.scenes.frames import FrameGenerator
from mygym_lite.datasets.scenes.surfaces import remove_unmapped_textures, vary_all_objects
from mygym_lite.randomization.preset import load_preset
from mygym_lite.schema import Location

SCENES, HELD_OUT = 60, 25
RED, BLUE, GREEN = [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]


def make_frames(randomization: str, scenes: int, task: str = "grasp") -> list[Frame]:
    """Render scenes of dropped objects, in eight looks each."""
    recipe = plan_dataset(
        task, "unused", 1, size=(96, 96), randomization=randomization, cameras=["front"], seed=4, moments=8
    ).recipe
    generator = FrameGenerator(recipe)
    frames = [frame for scene in range(scenes) for frame in generator.generate(scene, 10**6)]
    generator.close()
    return frames


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return make_frames("visual", SCENES)


def collect_colors(frames: list[Frame], of: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean colour, the class and the scene of each object; of its mask, or of everything unlabelled."""
    rows = [
        (frame.rgb[frame.mask == (label.instance if of == "object" else 0)].mean(axis=0), label.model, frame.scene)
        for frame in frames
        for label in frame.objects
        if label.px_visible >= 20
    ]
    colors, models, scenes = (np.array(column) for column in zip(*rows, strict=True))
    return colors, models, scenes


def probe_classes(frames: list[Frame], of: str) -> tuple[float, int]:
    """Fit a linear classifier of the class on most scenes; return its mean recall on the others, and the classes."""
    colors, models, scenes = collect_colors(frames, of)
    names, classes = np.unique(models, return_inverse=True)
    inputs = np.column_stack([colors / 255.0, (colors / 255.0) ** 2, np.ones(len(colors))])
    known = scenes < SCENES - HELD_OUT
    weights = (1.0 / np.bincount(classes[known], minlength=len(names)).clip(1)[classes]) ** 0.5
    targets = np.eye(len(names))[classes]
    found, *_ = np.linalg.lstsq(weights[known, None] * inputs[known], weights[known, None] * targets[known], rcond=None)
    guesses = (inputs @ found).argmax(axis=1)
    recalls = [(guesses == classes)[~known & (classes == c)].mean() for c in np.unique(classes[~known])]
    return float(np.mean(recalls)), len(names)


@pytest.mark.parametrize("of", ["object", "table"])
def test_a_linear_probe_on_colors_is_at_chance(frames: list[Frame], of: str) -> None:
    recall, classes = probe_classes(frames, of)
    assert classes >= 9
    assert recall < 1.0 / classes + 0.06


def test_the_probe_reads_the_class_from_declared_colors() -> None:
    recall, _ = probe_classes(make_frames("none", SCENES), "object")
    assert recall > 0.9


@pytest.mark.parametrize("randomization", ["visual", "full"])
def test_every_object_of_an_image_has_a_surface_of_its_own(randomization: str) -> None:
    frame = max(make_frames(randomization, 8), key=lambda frame: len(frame.objects))
    assert len(frame.objects) >= 4
    for field in ("specular", "roughness"):
        assert len({frame.variation[f"objects.{label.name}.{field}"] for label in frame.objects}) == len(frame.objects)
    for field in ("color", "texture"):
        assert len({str(frame.variation[f"objects.{label.name}.{field}"]) for label in frame.objects}) > 1


def test_surfaces_do_not_depend_on_the_other_objects() -> None:
    task = sample(mg.load_task("grasp_clutter"), (), 0)
    sampler = AppearanceSampler(task, vary_all_objects(load_preset("visual", task)))
    whole = sampler.sample(task, 7).objects
    for name in whole:
        alone = sampler.sample(replace(task, objects={name: task.objects[name]}, cameras={}), 7)
        assert alone.objects[name] == whole[name]


def test_an_object_that_a_preset_names_keeps_its_own_colors() -> None:
    table = {"objects.target.color": {"choice": [RED, BLUE]}, "objects.second.color": {"value": GREEN}}
    task = sample(mg.load_task("sort"), (), 0)
    sampler = AppearanceSampler(task, vary_all_objects(parse_variations(table, Location("preset"))))
    for seed in range(8):
        objects = sampler.sample(task, seed).objects
        assert list(objects["second"].color or ()) == GREEN
        assert all(list(objects[name].color or ()) in (RED, BLUE) for name in ("target", "third"))


@pytest.mark.parametrize("randomization", ["none", "dynamics"])
def test_presets_without_colors_leave_objects_as_declared(randomization: str) -> None:
    recipe = plan_dataset("grasp", "unused", 1, randomization=randomization).recipe
    assert vary_all_objects(recipe.variations) == recipe.variations


def test_exposure_and_shadows_vary_with_the_light() -> None:
    for randomization, varies in (("visual", True), ("dynamics", False), ("none", False)):
        frames = make_frames(randomization, 1)
        for path, low, high in (("cameras.front.exposure", 0.75, 1.33), ("light.shadow", 0.4, 1.0)):
            values = [frame.variation[path] for frame in frames if path in frame.variation]
            assert len(set(values)) == (len(frames) if varies else 0)
            assert all(low <= value <= high for value in values)


def test_lamps_sky_metals_and_the_robot_vary_with_the_light() -> None:
    for randomization, varies in (("visual", True), ("dynamics", False), ("none", False)):
        frames = make_frames(randomization, 2)
        for path in ("light.fill.intensity", "light.rim.intensity", "light.sky_color", "robot.tint"):
            values = {str(frame.variation[path]) for frame in frames if path in frame.variation}
            assert (len(values) > 2) == varies, path
        metals = [value for frame in frames for path, value in frame.variation.items() if path.endswith(".metallic")]
        assert (0.05 < np.mean(np.array(metals) > 0.0) < 0.5) if varies else not metals


def test_a_preset_that_varies_a_lamp_keeps_its_distribution() -> None:
    table = {"light.fill.intensity": {"value": 0.7}, "light.tilt": {"shift": [-0.1, 0.1]}}
    variations = vary_environment(parse_variations(table, Location("preset")))
    assert [v.argument for v in variations if v.path == "light.fill.intensity"] == [0.7]


def test_a_higher_exposure_brightens_the_image_and_changes_no_label() -> None:
    task = sample(mg.load_task("grasp"), (), 0)
    dark, bright = (parse_variations({"cameras.*.exposure": {"value": gain}, "light.tilt": {"value": [0.0, 0.0]}},
                    Location("preset")) for gain in (0.5, 1.5))  # fmt: skip
    images = []
    for variations in (dark, bright):
        generator = FrameGenerator(DatasetRecipe(task, variations, ("front",), (64, 64), seed=1, moments=1))
        images.append(next(iter(generator.generate(0, 1))))
        generator.close()
    assert images[0].rgb.mean() < 0.8 * images[1].rgb.mean()
    assert (images[0].mask == images[1].mask).all()


def test_an_own_mesh_without_texture_coordinates_stays_plain(tmp_path: Path) -> None:
    corners = ["v 0 0 0.1", *(f"v {x} {y} 0" for x, y in ((0.1, 0), (-0.05, 0.08), (-0.05, -0.08)))]
    faces = ["vn 0 0 1", *(f"f {a}//1 {b}//1 {c}//1" for a, b, c in ((1, 2, 3), (1, 3, 4), (1, 4, 2), (2, 4, 3)))]
    (tmp_path / "tetra.obj").write_text("\n".join([*corners, *faces]) + "\n", encoding="utf-8")
    (tmp_path / "tetra.toml").write_text(
        'schema = 1\nname = "tetra"\nabout = "A tetrahedron."\nbank = "special"\nfamily = "box"\nmass = 0.2\n'
        'friction = 0.6\nmesh = "tetra.obj"\n[[shapes]]\nkind = "box"\nsize = [0.15, 0.16, 0.1]\n',
        encoding="utf-8",
    )
    task = sample(mg.load_task("grasp"), (), 0)
    own = replace(task.objects["target"], model=str(tmp_path / "tetra.toml"), texture="wood_oak")
    found = remove_unmapped_textures(replace(task, objects={**task.objects, "own": own})).objects
    assert found["own"].texture == ""
    assert found["target"] == task.objects["target"]
