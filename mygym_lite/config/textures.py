"""The pictures that surfaces may wear: 256 x 256 pixels that repeat without a seam, in two banks."""

from __future__ import annotations

from functools import cache
from os import PathLike, fspath
from pathlib import Path
from typing import Literal, get_args

from mygym_lite.errors import SpecError, nearest
from mygym_lite.paths import assets, find, names
from mygym_lite.schema import Where

TextureBank = Literal["train", "held_out"]
TEXTURE_BANKS: tuple[TextureBank, ...] = get_args(TextureBank)
"""To learn with, and to be met for the first time in an evaluation; both hold every family."""


@cache
def texture_names(bank: str | None = None) -> tuple[str, ...]:
    """Return the names of the shipped textures, of one bank or of all; the family is what stands before the `_`."""
    if bank is not None and bank not in TEXTURE_BANKS:
        raise SpecError(f"no bank of textures '{bank}'{nearest(bank, TEXTURE_BANKS)}")
    folder = assets() / "textures"
    return names(folder / bank, ".png") if bank else names(folder, ".png", nested=True)


def texture_path(name_or_path: str | PathLike[str]) -> Path:
    """Return the file of a texture meant by its shipped name (`"wood_oak"`) or by the path of a .png file.

    Raises:
        SpecError: There is no such texture.
    """
    return _shipped(name_or_path) or find(assets() / "textures", name_or_path, ".png", nested=True)


def _shipped(name: str | PathLike[str]) -> Path | None:
    """Find a shipped name without listing the folders: every episode may ask for several."""
    if Path(fspath(name)).name != fspath(name):
        return None
    files = (assets() / "textures" / bank / f"{fspath(name)}.png" for bank in TEXTURE_BANKS)
    return next((file for file in files if file.is_file()), None)


def check_texture(texture: str, where: Where) -> None:
    """Refuse a texture that is neither shipped nor a file; an empty name is none at all."""
    if texture:
        try:
            texture_path(texture)
        except SpecError as error:
            raise where.error(str(error)) from error
