"""Materials as the shading kernels want them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from mygym_lite.config.visuals import Material, VisualBody
from mygym_lite.render.arrays import MaterialTable
from mygym_lite.render.geometry import require_uvs
from mygym_lite.render.texture import decode_srgb, pack_textures

_SMOOTHEST = 0.05  # no highlight is sharper


def pack_materials(bodies: Sequence[VisualBody]) -> MaterialTable:
    """The materials of all visuals, in the order of the geometry, and their textures."""
    require_uvs(bodies)
    return _paints(tuple(visual.material for thing in bodies for visual in thing.visuals))


@lru_cache(maxsize=8)
def _paints(materials: tuple[Material, ...]) -> MaterialTable:
    names = tuple(dict.fromkeys(material.texture for material in materials if material.texture))
    return MaterialTable(np.array([_row(material, names) for material in materials]), *pack_textures(names))


def _row(material: Material, textures: tuple[str, ...]) -> list[float]:
    """Colour in linear light, texture, share mirrored and the exponent of its gloss."""
    image = textures.index(material.texture) if material.texture else -1
    gloss = 0.5 / max(material.roughness, _SMOOTHEST) ** 3
    return [*decode_srgb(np.array(material.color)), image, material.specular, gloss]
