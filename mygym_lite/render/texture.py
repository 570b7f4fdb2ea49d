"""Textures in linear light with mip-maps, packed into one array for the kernels."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.textures import find_texture
from mygym_lite.errors import ConfigError
from mygym_lite.jit import kernel
from mygym_lite.render.image_file import read_image
from mygym_lite.render.interpolation import BLUE, GREEN, RED, SPACING, U, V

Floats = NDArray[np.float32]
_SHARPNESS = 1.4  # texels per pixel beyond which the next mip level is used
_TABLE_SIZE = 4096  # steps of linear light; the darkest steps differ by less than one grey level


def decode_srgb(srgb: NDArray[Any]) -> NDArray[np.float64]:
    """Convert sRGB, 0 to 1, to linear light."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def build_srgb_table() -> NDArray[np.uint8]:
    """Build the table from linear light, 0 to 1 in equal steps, to sRGB bytes."""
    light = (np.arange(_TABLE_SIZE) + 0.5) / _TABLE_SIZE
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    levels: NDArray[np.uint8] = np.rint(255 * srgb).astype(np.uint8)
    return levels


def apply_exposure(image: NDArray[np.uint8], exposure: float) -> NDArray[np.uint8]:
    """Scale the brightness of an sRGB image by a factor in linear light."""
    light = np.minimum(1.0, exposure * decode_srgb(np.arange(256) / 255.0))
    table: NDArray[np.uint8] = build_srgb_table()[(light * (_TABLE_SIZE - 1)).astype(np.int64)]
    return table[image]


@lru_cache(maxsize=64)
def load_mipmaps(name: str) -> tuple[Floats, ...]:
    """Load the mip-maps of a texture, each (edge, edge, 3) in linear light, down to one texel."""
    path = find_texture(name)
    image = read_image(path)
    if image is None:
        raise ConfigError(f"{path}: not a readable image; save it as an RGB PNG")
    edge = image.shape[0]
    if image.shape[1] != edge or edge & (edge - 1) or edge > 1024:
        raise ConfigError(
            f"{path}: {image.shape[1]} x {edge} px; textures are square, with an edge of 1, 2, 4, ... 1024 px"
        )
    level = decode_srgb(image[::-1, :, ::-1] / 255.0)  # v counts from the bottom
    levels = [level]
    while len(level) > 1:
        level = level.reshape(len(level) // 2, 2, len(level) // 2, 2, 3).mean(axis=(1, 3))
        levels.append(level)
    return tuple(level.astype(np.float32) for level in levels)


def pack_textures(names: tuple[str, ...]) -> tuple[Floats, NDArray[np.int64]]:
    """Pack the texels of textures and, per texture, its edge, number of levels and offset of each level.

    A texel takes four values, the last one unused.
    """
    index = np.zeros((max(1, len(names)), 13), dtype=np.int64)
    start = 0
    for row, name in zip(index, names, strict=False):
        levels = load_mipmaps(name)
        row[:2] = len(levels[0]), len(levels)
        for k, level in enumerate(levels):
            row[2 + k] = start
            start += len(level) ** 2
    packed = np.concatenate([_pack_texels(name) for name in names]) if names else np.ones(4, dtype=np.float32)
    return packed, index


@lru_cache(maxsize=64)
def _pack_texels(name: str) -> Floats:
    """Pack all mip levels of one texture."""
    packed: Floats = np.concatenate([np.pad(level.reshape(-1, 3), ((0, 0), (0, 1))) for level in load_mipmaps(name)])
    return packed.reshape(-1)


@kernel
def apply_textures(width, texels, textures, texture_ids, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Multiply the colours of a row by their textures: bilinear filtering of the nearest mip level."""
    one, half = np.float32(1.0), np.float32(0.5)
    last, edge, start = -1, 0, 0
    low, high = one, one  # spacings for which the current level is selected
    for c in range(width):
        texture = texture_ids[c]
        if texture < 0:
            continue
        spacing = pixels[SPACING + c]
        if texture != last or spacing > high or spacing <= low:
            last = texture
            edge, start, low, high = _select_level(textures[texture], spacing)
        x, y = pixels[U + c] * np.float32(edge) - half, pixels[V + c] * np.float32(edge) - half
        left, bottom = np.floor(x), np.floor(y)
        fx, fy = x - left, y - bottom
        i, j, mask = int(left), int(bottom), edge - 1
        below, above = start + (j & mask) * edge, start + ((j + 1) & mask) * edge
        i, k = i & mask, (i + 1) & mask
        w00, w10, w01, w11 = (one - fx) * (one - fy), fx * (one - fy), (one - fx) * fy, fx * fy
        p, q, r, s = 4 * (below + i), 4 * (below + k), 4 * (above + i), 4 * (above + k)
        pixels[RED + c] *= w00 * texels[p] + w10 * texels[q] + w01 * texels[r] + w11 * texels[s]
        pixels[GREEN + c] *= w00 * texels[p + 1] + w10 * texels[q + 1] + w01 * texels[r + 1] + w11 * texels[s + 1]
        pixels[BLUE + c] *= w00 * texels[p + 2] + w10 * texels[q + 2] + w01 * texels[r + 2] + w11 * texels[s + 2]


@kernel
def _select_level(entry, spacing):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Select the mip level for a pixel spacing; return its edge, offset and range of spacings."""
    edge, level, last = entry[0], 0, entry[1] - 1
    high = np.float32(_SHARPNESS) / np.float32(edge)
    low = np.float32(-1.0)
    while level < last and spacing > high:
        level += 1
        edge >>= 1
        low, high = high, high * np.float32(2.0)
    if level == last:
        high = np.float32(1e9)
    return edge, entry[2 + level], low, high
