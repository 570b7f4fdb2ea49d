"""Randomization presets: within severity 3 of sim2real and sim2real_1, and playable for every seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sim2real import AXES, assert_error_line, load_cached_task

from mygym_lite.config.field_path import find_paths, get_value
from mygym_lite.config.objects import list_objects
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.task import list_tasks
from mygym_lite.config.textures import list_textures
from mygym_lite.config.variation import Variation
from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_tasks_folder
from mygym_lite.randomization.preset import list_presets, load_preset
from mygym_lite.randomization.suite_file import load_suite


@pytest.mark.parametrize("preset", [preset for preset in list_presets() if preset != "identified"])
@pytest.mark.parametrize("name", list_tasks())
def test_preset_stays_within_severity_3(preset: str, name: str) -> None:
    task = resolve(load_cached_task(name))
    reach = collect_variations(name)
    for variation in load_preset(preset, load_cached_task(name)):
        for path in find_paths(task, variation.path):
            assert path in reach, f"{path} is on no axis"
            assert_within(variation, get_value(task, path), reach[path])


@pytest.mark.parametrize("name", list_tasks())
def test_the_identified_motors_lie_about_the_declared_ones(name: str) -> None:
    """The ranges of the fit contain the declared values, except for dry friction, which the motions hardly show."""
    for variation in load_preset("identified", load_cached_task(name)):
        low, high = variation.compute_extremes(None)
        declared = get_value(load_cached_task(name), variation.path)
        assert low <= declared <= high or variation.path == "robot.friction"


def collect_variations(name: str) -> dict[str, list[Variation]]:
    """Collect the variations of each path up to severity 3, also those of axes that are not applicable."""
    found: dict[str, list[Variation]] = {}
    axes = [*AXES.values(), *load_suite("sim2real_1").axes]  # the first version has axes that the second lacks
    everywhere = [replace(axis, needs=(), observes=()) for axis in axes]
    for variation in (
        v
        for axis in everywhere
        for level in (1, 2, 3)
        for v in axis.build_variations(load_cached_task(name), level) or ()
    ):
        for path in find_paths(load_cached_task(name), variation.path):
            found.setdefault(path, []).append(variation)
    return found


def assert_within(variation: Variation, nominal: Any, others: list[Variation]) -> None:
    if variation.path.endswith((".model", ".texture", ".floor", ".color")) and variation.verb == "choice":
        allowed = [option for other in others for option in other.argument]
        bank = list_textures("train") if variation.path.endswith((".texture", ".floor")) else list_objects("train")
        for option in variation.argument:
            assert option in allowed
            assert not isinstance(option, str) or option in bank
        return
    ends = np.array([np.broadcast_to(e, np.shape(nominal)) for e in variation.compute_extremes(nominal)], dtype=float)
    theirs = [np.broadcast_to(e, np.shape(nominal)) for other in others for e in other.compute_extremes(nominal)]
    hull = np.array([nominal, *theirs], dtype=float)
    assert (hull.min(axis=0) - 1e-9 <= ends).all(), variation.path
    assert (ends <= hull.max(axis=0) + 1e-9).all(), variation.path
    if np.ndim(nominal) == 1 and all(other.verb == "offset" for other in others):
        farthest = np.linalg.norm(np.abs(ends - nominal).max(axis=0))
        assert farthest <= max(other.argument for other in others) + 1e-9, variation.path


def test_full_contains_all_other_presets() -> None:
    for name in list_tasks():
        full = set(list_variations("full", name))
        others = {entry for preset in ("visual", "dynamics", "sensing") for entry in list_variations(preset, name)}
        assert others < full or (others == full and load_cached_task(name).distractors is None)
        assert all(path.startswith("distractors.") for path, _ in full - others)


def list_variations(preset: str, name: str) -> list[tuple[str, str]]:
    return [(v.path, f"{v.verb} {v.argument}") for v in load_preset(preset, load_cached_task(name))]


@pytest.mark.parametrize("name", list_tasks())
def test_a_preset_samples_an_episode_for_every_seed(name: str) -> None:
    variations = load_preset("full", load_cached_task(name))
    drawn = [sample(load_cached_task(name), variations, seed) for seed in range(60)]
    assert len({d.light.intensity for d in drawn}) == 60
    assert all(d.sensing.latency <= 0.15 for d in drawn)


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ('"sensing.blur"', '"sensing.blurr"', "did you mean 'blur'?"),
        ("uniform = [0.0, 3.0]", "uniform = [0.0, 30.0]", "above the highest allowed, 20 px"),
        ('"sensing.blur"', '"sensing.drop"', "not valid TOML"),
        ('name   = "sensing"', 'name = "seeing"', "make them equal"),
        ("[vary.sensing]", '[vary.more]\n"objects.*.size" = { scale = 1.1 }\n"objects.target.size" = { scale = 1.1 }\n'
         "[vary.sensing]", "'objects.target.size' is varied twice"),
    ],
)  # fmt: skip
def test_an_error_in_a_preset_is_reported_in_one_line(old: str, new: str, remedy: str, tmp_path: Path) -> None:
    text = (get_tasks_folder() / "randomization" / "sensing.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "sensing.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_preset(tmp_path / "sensing.toml", load_cached_task("grasp"))
    assert_error_line(str(error.value), "sensing.toml", "", remedy)
