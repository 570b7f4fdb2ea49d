"""Whether a texture that something wears is there."""

from __future__ import annotations

from mygym_lite.errors import SpecError
from mygym_lite.spec.textures import texture_path
from mygym_lite.strict import Where


def check_texture(texture: str, where: Where) -> None:
    """Refuse a texture that is neither shipped nor a file; an empty name is none at all."""
    if texture:
        try:
            texture_path(texture)
        except SpecError as error:
            raise where.error(str(error)) from error
