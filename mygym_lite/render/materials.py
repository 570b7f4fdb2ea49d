"""Materials packed into arrays for the shading kernels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.visuals import Material, VisualBody
from mygym_lite.render.arrays import MaterialTable
from mygym_lite.render.geometry import require_uvs
from mygym_lite.render.texture import decode_srgb, pack_textures

_SMOOTHEST = 0.05  # roughness of the sharpest highlight
_MIRROR_STEEPNESS = 5.0  # of the horizon in a mirror of metal, beyond that of the light on a matt surface


def pack_materials(bodies: Sequence[VisualBody]) -> MaterialTable:
    """Pack the materials and textures of all visuals, in the order of the geometry."""
    require_uvs(bodies)
    return _pack(tuple(visual.material for body in bodies for visual in body.visuals))


@lru_cache(maxsize=8)
def _pack(materials: tuple[Material, ...]) -> MaterialTable:
    names = tuple(dict.fromkeys(material.texture for material in materials if material.texture))
    table = np.array([_pack_material(material, names) for material in materials])
    return MaterialTable(table, *pack_textures(names), _pack_metals(materials))


def _pack_material(material: Material, textures: tuple[str, ...]) -> list[float]:
    """Return linear RGB, texture id, specular reflectance and gloss exponent."""
    texture = textures.index(material.texture) if material.texture else -1
    gloss = 0.5 / max(material.roughness, _SMOOTHEST) ** 3
    return [*decode_srgb(np.array(material.color)), texture, material.specular, gloss]


def _pack_metals(materials: tuple[Material, ...]) -> NDArray[np.float64]:
    """Return the share of metal and the steepness of the reflected horizon; no rows if nothing is of metal."""
    if not any(material.metallic for material in materials):
        return np.zeros((0, 2))
    return np.array([(material.metallic, 1.0 + _MIRROR_STEEPNESS * (1.0 - material.roughness) ** 2)
                     for material in materials])  # fmt: skip
