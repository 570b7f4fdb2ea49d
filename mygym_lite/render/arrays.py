"""Named groups of arrays that the render passes share."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray


class Surfaces(NamedTuple):
    """Surface attributes of all triangles."""

    triangles: NDArray[Any]  # (m, 3), vertex indices
    normals: NDArray[Any]  # (n, 3), in the part frame
    uvs: NDArray[Any]  # (n, 2)
    density: NDArray[Any]  # (m,), texture repeats per metre
    part_of: NDArray[Any]  # (m,)
    material_of: NDArray[Any]  # (m,)


class MaterialTable(NamedTuple):
    """Materials and mip-mapped textures."""

    materials: NDArray[Any]  # (k, 6): linear RGB, texture id or -1, specular reflectance, gloss exponent
    texels: NDArray[Any]  # RGB of all textures, four values per texel
    textures: NDArray[Any]  # (t, 13): edge, number of levels, offset of each level
    metals: NDArray[Any]  # (k, 2): share of metal, steepness of the horizon in its reflection; no rows without metals


class Lighting(NamedTuple):
    """Sun, sky light, lamps and the shadow map."""

    lights: NDArray[Any]  # (7, 3), see `lighting.pack_lights`
    shadow_map: NDArray[Any]  # (edge, edge), proximity to the sun, m
    world_to_map: NDArray[Any]  # (3, 4), world to shadow map
    filter_radius: int  # half width of the percentage-closer filter, px
    lamps: NDArray[Any]  # (n, 2, 3), direction and colour of each light without shadows


class Scratch(NamedTuple):
    """Scratch arrays of the shading passes."""

    camera_position: NDArray[Any]  # (3,)
    planes: NDArray[Any]  # (m, 6, 3), attribute planes of each triangle over the image
    planes_ready: NDArray[Any]  # (m,), true once computed for this image
    pixels: NDArray[Any]  # attributes of the pixels of one row, see `interpolation`
    texture_ids: NDArray[Any]  # texture id of each pixel of the row, or -1
