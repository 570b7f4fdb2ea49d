"""Arrays that the passes need together, by name."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray


class Surfaces(NamedTuple):
    """What all triangles are like."""

    triangles: NDArray[Any]  # (m, 3), indices of vertices
    normals: NDArray[Any]  # (n, 3), in the frame of the part
    uvs: NDArray[Any]  # (n, 2)
    density: NDArray[Any]  # (m,), repeats of a texture per metre
    part_of: NDArray[Any]  # (m,)
    material_of: NDArray[Any]  # (m,)


class MaterialTable(NamedTuple):
    """What materials look like."""

    materials: NDArray[Any]  # (k, 6): red, green, blue in linear light, texture or -1, share mirrored, gloss
    texels: NDArray[Any]  # all textures, four numbers a texel
    textures: NDArray[Any]  # for each its edge, its levels, and where each of them begins


class Lighting(NamedTuple):
    """Sun and sky."""

    lights: NDArray[Any]  # (7, 3), see `light.lamps`
    shadow_map: NDArray[Any]  # the sun's map
    world_to_map: NDArray[Any]  # (3, 4), from the world to the map
    filter_radius: int  # half the window over which the map is averaged, px


class Scratch(NamedTuple):
    """Where the passes keep what they work out on the way."""

    camera_position: NDArray[Any]  # (3,), where the camera is
    planes: NDArray[Any]  # (m, 6, 3), for each triangle how its properties change over the picture
    planes_ready: NDArray[Any]  # (m,), whether that is worked out yet
    pixels: NDArray[Any]  # properties of the pixels of one row, see `surface`
    texture_ids: NDArray[Any]  # their textures, or -1
