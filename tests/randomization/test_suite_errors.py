"""Errors in suites: one line with the file, the key and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from sim2real import assert_error_line, load_cached_task

from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_evaluation_folder
from mygym_lite.randomization.suite_file import load_suite

MISTAKES = [
    ('"light.color" = { offset', '"light.colr" = { offset', 'changes."light.colr"', "did you mean 'color'?"),
    ('"objects.*.mass"', '"object.*.mass"', 'changes."object.*.mass"', "did you mean 'objects'?"),
    ('"objects.*.mass"', '"objects.*.mas"', 'changes."objects.*.mas"', "no field 'mas' in 'objects.*'; did you mean"),
    ('"objects.*.mass"', '"objects.*"', 'changes."objects.*"', "is not a single value"),
    ('"objects.*.mass"', '"observe.proprio"', 'changes."observe.proprio"', "no field 'observe'"),
    ("factor = [1.25, 1.5, 2, 4, 10]", "factor = [1.25, 1.5, 2, 4]", "factor", "has 4 levels, the suite has 5"),
    ("factor = [1.25, 1.5, 2, 4, 10]", "factor = 2", "factor", "the suite has 5; write a list"),
    ("factor = [1.25, 1.5, 2, 4, 10]", "facter = [1.25, 1.5, 2, 4, 10]", "mass", "did you mean 'factor'?"),
    ("factor = [1.25, 1.5, 2, 4, 10]", "factor = [0.5, 1.5, 2, 4, 10]", "factor", "at least 1"),
    ('    "train",\n    ["plain_blue"', '    "trian",\n    ["plain_blue"', "choice", "did you mean 'train'?"),
    ('observes = ["contact_force"]', 'observe = ["contact_force"]', "force_noise.observe", "did you mean 'observes'?"),
    ('name    = "sim2real"', 'name = "sim"', "name", "make them equal"),
    ("schema  = 1", "schema = 9", "schema", "write schema = 1"),
]  # fmt: skip
BOUNDS = [
    ("factor = [1.25, 1.5, 2, 4, 10]", "factor = [1.25, 1.5, 2, 4, 500]", "above the highest allowed, 20 kg"),
    ("offset = [1, 2, 5, 8, 12]", "offset = [1, 2, 5, 8, 80]", "below the lowest allowed, 5 deg"),
    ('    "far",\n', '    ["cube", "cub"],\n', "did you mean 'cube'?"),
    ('"marble_black"', '"marble_blak"', "did you mean 'marble_black'?"),
    ('"cameras.*.orbit"', '"cameras.head.orbit"', "moves with it and has no 'orbit'"),
]


def write_edited(folder: Path, old: str, new: str) -> Path:
    text = (get_evaluation_folder() / "suites" / "sim2real.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "sim2real.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / "sim2real.toml"


@pytest.mark.parametrize(("old", "new", "key", "remedy"), MISTAKES)
def test_an_error_in_a_suite_is_reported_in_one_line(old: str, new: str, key: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_suite(write_edited(tmp_path, old, new))
    assert_error_line(str(error.value), "sim2real.toml", key, remedy)


@pytest.mark.parametrize(("old", "new", "remedy"), BOUNDS)
def test_out_of_bounds_severities_are_refused(old: str, new: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_suite(write_edited(tmp_path, old, new)).build_conditions(load_cached_task("grasp"))
    assert_error_line(str(error.value), "sim2real.toml", "changes", remedy)


def test_an_unknown_suite_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'sim2real'"):
        load_suite("sim2reel")


def test_an_unknown_selected_axis_suggests_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('schema = 1\nname = "mine"\nabout = "."\n[[select]]\nsuite = "sim2real"\naxes = ["mas"]\n')
    with pytest.raises(
        ConfigError, match=r"mine\.toml: select\.0\.axes: no axis 'mas' in sim2real; did you mean 'mass'"
    ):
        load_suite(file)
