"""Texture banks: complete, seamless, small, and regenerated with the same pixels."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mygym_lite.authoring.textures import BANKS, make_texture
from mygym_lite.config.textures import TEXTURE_BANKS, find_texture, list_textures
from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_assets_folder

FAMILIES = {"wood", "marble", "metal", "fabric", "checker", "noise", "gradient", "plain"}
EXTRA_FAMILIES = {"wood", "fabric", "board", "brick", "leather", "rust", "tile"}
every_texture = pytest.mark.parametrize("name", list_textures())
COMPARED_BANKS = [bank for bank in TEXTURE_BANKS if bank != "extra"]
every_bank = pytest.mark.parametrize("bank", TEXTURE_BANKS)


def load_pixels(name: str) -> np.ndarray:
    return cv2.imread(str(find_texture(name)), cv2.IMREAD_UNCHANGED)[..., ::-1].astype(float)


# --- banks


def test_the_banks_are_large_and_disjoint() -> None:
    train, held_out, extra = (list_textures(bank) for bank in TEXTURE_BANKS)
    assert len(train) == 33
    assert len(held_out) == 16
    assert len(extra) >= 8
    assert sorted(train + held_out + extra) == list(list_textures())
    assert len(set(list_textures())) == len(train) + len(held_out) + len(extra)


@every_bank
def test_every_bank_holds_its_families(bank: str) -> None:
    found = {name.split("_")[0] for name in list_textures(bank)}
    assert found == (FAMILIES if bank in COMPARED_BANKS else EXTRA_FAMILIES)


@every_bank
def test_the_shipped_files_are_the_textures_of_the_bank(bank: str) -> None:
    shipped = sorted(file.name for file in (get_assets_folder() / "textures" / bank).iterdir())
    assert shipped == sorted(f"{name}.png" for name in BANKS[bank])


def test_the_readme_names_every_texture() -> None:
    text = (get_assets_folder() / "textures/README.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    listed = {row[0]: [[kind for kind in cell.split(", ") if kind] for cell in row[1:]] for row in rows}
    for family in FAMILIES | EXTRA_FAMILIES:
        named = [[f"{family}_{kind}" for kind in kinds] for kinds in listed[family]]
        assert named == [[n for n in list_textures(bank) if n.split("_")[0] == family] for bank in TEXTURE_BANKS]


@pytest.mark.slow
def test_no_two_textures_look_alike() -> None:
    pictures = np.array([load_pixels(name)[::4, ::4] for name in list_textures()], np.float32)
    for number, one in enumerate(pictures):
        others = np.delete(pictures, number, axis=0)
        assert np.abs(others - one).mean(axis=(1, 2, 3)).min() > 4.0, list_textures()[number]


# --- pictures


@every_texture
def test_a_texture_has_256_px_and_at_most_64_kib(name: str) -> None:
    assert find_texture(name).stat().st_size <= 64 * 1024
    assert load_pixels(name).shape == (256, 256, 3)


@every_texture
def test_a_texture_tiles_without_a_seam(name: str) -> None:
    """Neighbours across the edge differ at most 10% more than the most different neighbours inside."""
    image = load_pixels(name)
    for axis in (0, 1):
        differences = np.abs(np.roll(image, -1, axis) - image).mean(axis=(1 - axis, 2))
        assert differences[-1] <= 1.1 * differences[:-1].max()


@every_texture
def test_regenerated_textures_equal_the_shipped_ones(name: str) -> None:
    make = next(makers[name] for makers in BANKS.values() if name in makers)
    assert np.array_equal(make_texture(name, make), load_pixels(name))


def test_a_cropped_texture_has_a_seam() -> None:
    image = load_pixels("gradient_sunset")[:200]
    differences = np.abs(np.roll(image, -1, 0) - image).mean(axis=(1, 2))
    assert differences[-1] > 1.1 * differences[:-1].max()


# --- names


@pytest.mark.parametrize("kind", [str, Path])
def test_a_texture_may_be_any_png_file(kind: Callable[[Path], str | Path], tmp_path: Path) -> None:
    mine = tmp_path / "mine.png"
    cv2.imwrite(str(mine), np.zeros((64, 64, 3), np.uint8))
    assert find_texture(kind(mine)) == mine


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wood_oka", "wood_oka: no texture of that name is shipped; did you mean 'wood_oak'?"),
        ("train/wood_oak", "train/wood_oak: no such file; give the path of a .png file or a shipped texture by name"),
        ("wood_oak.png", "wood_oak.png: no such file"),
        ("", ": no texture of that name is shipped; one of "),
    ],
)
def test_a_missing_texture_is_refused_in_one_line(name: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_texture(name)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_an_unknown_bank_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="no bank of textures 'heldout'; did you mean 'held_out'"):
        list_textures("heldout")
