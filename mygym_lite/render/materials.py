"""Materials as the shading kernels want them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from mygym_lite.config.visuals import Drawn, Material
from mygym_lite.render.arrays import Paints
from mygym_lite.render.geometry import require_uvs
from mygym_lite.render.texture import pack, to_linear

_SMOOTHEST = 0.05  # no highlight is sharper


def paint(drawn: Sequence[Drawn]) -> Paints:
    """The materials of all visuals, in the order of the geometry, and their textures."""
    require_uvs(drawn)
    return _paints(tuple(visual.material for thing in drawn for visual in thing.visuals))


@lru_cache(maxsize=8)
def _paints(materials: tuple[Material, ...]) -> Paints:
    names = tuple(dict.fromkeys(material.texture for material in materials if material.texture))
    return Paints(np.array([_row(material, names) for material in materials]), *pack(names))


def _row(material: Material, textures: tuple[str, ...]) -> list[float]:
    """Colour in linear light, texture, share mirrored and the exponent of its gloss."""
    image = textures.index(material.texture) if material.texture else -1
    gloss = 0.5 / max(material.roughness, _SMOOTHEST) ** 3
    return [*to_linear(np.array(material.color)), image, material.specular, gloss]
