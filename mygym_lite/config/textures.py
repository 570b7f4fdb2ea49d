"""The pictures that surfaces may wear: 256 x 256 pixels that repeat without a seam, in two banks."""

from __future__ import annotations

from functools import cache
from os import PathLike, fspath
from pathlib import Path
from typing import Literal, get_args

from mygym_lite.errors import ConfigError, suggest
from mygym_lite.paths import find_file, get_assets_folder, list_names
from mygym_lite.schema import Location

TextureBank = Literal["train", "held_out"]
TEXTURE_BANKS: tuple[TextureBank, ...] = get_args(TextureBank)
"""To learn with, and to be met for the first time in an evaluation; both hold every family."""


@cache
def list_textures(bank: str | None = None) -> tuple[str, ...]:
    """Return the names of the shipped textures, of one bank or of all; the family is what stands before the `_`."""
    if bank is not None and bank not in TEXTURE_BANKS:
        raise ConfigError(f"no bank of textures '{bank}'{suggest(bank, TEXTURE_BANKS)}")
    folder = get_assets_folder() / "textures"
    return list_names(folder / bank, ".png") if bank else list_names(folder, ".png", nested=True)


def find_texture(name_or_path: str | PathLike[str]) -> Path:
    """Return the file of a texture meant by its shipped name (`"wood_oak"`) or by the path of a .png file.

    Raises:
        SpecError: There is no such texture.
    """
    return _shipped(name_or_path) or find_file(get_assets_folder() / "textures", name_or_path, ".png", nested=True)


def _shipped(name: str | PathLike[str]) -> Path | None:
    """Find a shipped name without listing the folders: every episode may ask for several."""
    if Path(fspath(name)).name != fspath(name):
        return None
    files = (get_assets_folder() / "textures" / bank / f"{fspath(name)}.png" for bank in TEXTURE_BANKS)
    return next((file for file in files if file.is_file()), None)


def check_texture(texture: str, location: Location) -> None:
    """Refuse a texture that is neither shipped nor a file; an empty name is none at all."""
    if texture:
        try:
            find_texture(texture)
        except ConfigError as error:
            raise location.error(str(error)) from error
