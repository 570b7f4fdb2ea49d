"""Textures of surfaces: seamless images of 256 x 256 pixels, in three banks."""

from __future__ import annotations

from functools import cache
from os import PathLike, fspath
from pathlib import Path
from typing import Literal, get_args

from mygym_lite.errors import ConfigError, suggest
from mygym_lite.paths import find_file, get_assets_folder, list_names
from mygym_lite.schema import Location

TextureBank = Literal["train", "held_out", "extra"]
TEXTURE_BANKS: tuple[TextureBank, ...] = get_args(TextureBank)
"""Banks for training, for evaluation on unseen textures of the same families, and of further families."""
_SPECIAL = "special"  # folder of textures that belong to one object, and to no bank


@cache
def list_textures(bank: str | None = None) -> tuple[str, ...]:
    """List the names of the shipped textures, of one bank or of all; the part before `_` is the family."""
    if bank is not None and bank not in TEXTURE_BANKS:
        raise ConfigError(f"no bank of textures '{bank}'{suggest(bank, TEXTURE_BANKS)}")
    folder = get_assets_folder() / "textures"
    return tuple(
        sorted(name for bank in ([bank] if bank else TEXTURE_BANKS) for name in list_names(folder / bank, ".png"))
    )


def find_texture(name_or_path: str | PathLike[str]) -> Path:
    """Return the file of a texture, by its shipped name (`"wood_oak"`) or the path of a .png file.

    Raises:
        ConfigError: There is no such texture.
    """
    shipped = _find_shipped(name_or_path)
    return shipped or find_file(get_assets_folder() / "textures", name_or_path, ".png", nested=True)


def _find_shipped(name: str | PathLike[str]) -> Path | None:
    """Find a shipped texture without listing folders, since every episode may need several."""
    if Path(fspath(name)).name != fspath(name):
        return None
    files = (get_assets_folder() / "textures" / bank / f"{fspath(name)}.png" for bank in (*TEXTURE_BANKS, _SPECIAL))
    return next((file for file in files if file.is_file()), None)


def check_texture(texture: str, location: Location) -> None:
    """Reject a texture that is neither shipped nor a file; an empty name means none."""
    if texture:
        try:
            find_texture(texture)
        except ConfigError as error:
            raise location.error(str(error)) from error
