"""Materials packed into arrays for the shading kernels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from mygym_lite.config.visuals import Material, VisualBody
from mygym_lite.render.arrays import MaterialTable
from mygym_lite.render.geometry import require_uvs
from mygym_lite.render.texture import decode_srgb, pack_textures

_SMOOTHEST = 0.05  # roughness of the sharpest highlight


def pack_materials(bodies: Sequence[VisualBody]) -> MaterialTable:
    """Pack the materials and textures of all visuals, in the order of the geometry."""
    require_uvs(bodies)
    return _pack(tuple(visual.material for body in bodies for visual in body.visuals))


@lru_cache(maxsize=8)
def _pack(materials: tuple[Material, ...]) -> MaterialTable:
    names = tuple(dict.fromkeys(material.texture for material in materials if material.texture))
    return MaterialTable(np.array([_pack_material(material, names) for material in materials]), *pack_textures(names))


def _pack_material(material: Material, textures: tuple[str, ...]) -> list[float]:
    """Return linear RGB, texture id, specular reflectance and gloss exponent."""
    texture = textures.index(material.texture) if material.texture else -1
    gloss = 0.5 / max(material.roughness, _SMOOTHEST) ** 3
    return [*decode_srgb(np.array(material.color)), texture, material.specular, gloss]
