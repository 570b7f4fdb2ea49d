"""Banks of procedural textures, seeded by their names.

Colours are `RRGGBB`. The prefix of a name before `_` is its family; `train` and `held_out` contain the same families.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mygym_lite.authoring import texture_checker as checker
from mygym_lite.authoring import texture_fabric as fabric
from mygym_lite.authoring import texture_masonry as masonry
from mygym_lite.authoring import texture_metal as metal
from mygym_lite.authoring import texture_print as prints
from mygym_lite.authoring import texture_stone as stone
from mygym_lite.authoring import texture_wood as wood
from mygym_lite.authoring.die import make_faces
from mygym_lite.authoring.texture_tools import Array, Rng, make_plain

Image = NDArray[np.uint8]
Maker = Callable[[Rng], Array]

_OAK = ("7a5230", "a87843", "c99a60", "dcb67f")
_TARTAN = ("1f4d3a", "1f4d3a", "16213f", "b3262e")
_STEEL = ("6f757c", "a9afb5", "e3e6e8")

TRAIN: Final[Mapping[str, Maker]] = {
    "wood_oak": lambda rng: wood.make_wood(rng, _OAK, rings=7, wave=1.4, contrast=0.45, pores=0.5),
    "wood_pine": lambda rng: wood.make_wood(
        rng, ("a9682c", "d69f57", "ecc88a", "f4dba8"), rings=6, wave=2.0, contrast=0.7, pores=0.1
    ),
    "wood_walnut": lambda rng: wood.make_wood(
        rng, ("2c1a12", "4f3222", "6f4a32", "8a6346"), rings=8, wave=1.8, contrast=0.6, pores=0.45
    ),
    "wood_boards": lambda rng: wood.make_boards(rng, _OAK, gap=0.6),
    "wood_worktop": lambda rng: wood.make_boards(
        rng, ("845834", "b07d4e", "cc9f70", "deb98d"), rows=8, gap=0.25, spread=0.16, contrast=0.3, pores=0.25
    ),
    "wood_parquet": lambda rng: wood.make_parquet(rng, ("8a5a32", "b98550", "d3a56c", "e0bb86")),
    "wood_pale": lambda rng: wood.make_wood(
        rng, ("a89f94", "d8d0c4", "f1ece3", "fffdf8"), rings=9, wave=1.6, contrast=0.3, pores=0.3
    ),
    "marble_white": lambda rng: stone.make_marble(rng, ("d9dadb", "eeeeee", "fafafa"), "7f858c", "b5b9be"),
    "marble_green": lambda rng: stone.make_marble(rng, ("16352a", "24513e", "356b54"), "cfe0d2", "7fa58f", 0.8),
    "marble_cream": lambda rng: stone.make_marble(rng, ("dcc7a5", "ead9bd", "f5ead6"), "a9774a", "c9a276"),
    "metal_brushed": lambda rng: metal.make_brushed(rng, _STEEL),
    "metal_hammered": lambda rng: metal.make_hammered(rng, ("4a4d52", "8d9298", "e9edf0")),
    "metal_scratched": lambda rng: metal.make_brushed(rng, ("565b61", "8b9096", "e8ebee"), scratches=90),
    "metal_tread": lambda rng: metal.make_tread(rng, ("55595e", "9a9fa4", "f2f4f5")),
    "fabric_canvas": lambda rng: fabric.make_weave(rng, ("e9e2d2",), ("ded5c1",)),
    "fabric_denim": lambda rng: fabric.make_weave(rng, ("31507d",), ("c9d2de",), threads=64, over=3, under=1),
    "fabric_knit": lambda rng: fabric.make_knit(rng, ("5d1f24", "a8373c", "d9686a")),
    "fabric_tartan": lambda rng: fabric.make_weave(rng, _TARTAN, _TARTAN, threads=64, over=2, under=2),
    "checker_grey": lambda rng: checker.make_checker(rng, "e6e6e4", "8b8d90"),
    "checker_blue": lambda rng: checker.make_tiles(rng, ("f1f3f4", "2f6f9f"), "c9c7c0"),
    "checker_harlequin": lambda rng: checker.make_harlequin(rng, "d9c48f", "7c2f3b", "f5eeda"),
    "checker_gingham": lambda rng: checker.make_gingham(rng, "c23b3b"),
    "noise_concrete": lambda rng: stone.make_concrete(rng, ("9a9b99", "b9b9b6", "d0d0cc")),
    "noise_terrazzo": lambda rng: stone.make_terrazzo(
        rng, "ece7de", ("c9795a", "6f8f86", "e0b872", "4f5a66", "b9aea0")
    ),
    "noise_speckle": lambda rng: stone.make_speckle(rng, "efebe2", ("5a5048", "8b6f55", "3d3f44")),
    "noise_cork": lambda rng: stone.make_cork(rng, ("5f3d22", "a77a4c", "cda373", "e0bf94")),
    "gradient_sunset": lambda rng: checker.make_gradient(rng, ("40356f", "b84f6d", "f2a65a", "fbe3a4")),
    "gradient_sea": lambda rng: checker.make_gradient(rng, ("0e4a66", "2c8f98", "bfe3d4"), across=1, down=1),
    "gradient_grey": lambda rng: checker.make_spots(rng, ("4a4c50", "9a9ca0", "ececea")),
    "plain_white": lambda _: make_plain("f2f1ed"),
    "plain_grey": lambda _: make_plain("9a9da1"),
    "plain_sage": lambda _: make_plain("9db39a"),
    "plain_terracotta": lambda _: make_plain("c4704f"),
}
HELD_OUT: Final[Mapping[str, Maker]] = {
    "wood_cherry": lambda rng: wood.make_wood(
        rng, ("6e2f1c", "9c5432", "bd7950", "d09872"), rings=5, wave=2.2, contrast=0.5, pores=0.2
    ),
    "wood_deck": lambda rng: wood.make_boards(
        rng, ("57524c", "868078", "aaa399", "c2bcb2"), rows=3, joints=False, gap=0.85, contrast=0.5, spread=0.1
    ),
    "marble_black": lambda rng: stone.make_marble(rng, ("121316", "1d1f23", "2b2e33"), "d8c08a", "6f6a60", 0.6),
    "marble_rose": lambda rng: stone.make_marble(rng, ("c99a90", "dcb6ab", "ecd2c9"), "7d4a47", "f4e8e2"),
    "metal_copper": lambda rng: metal.make_brushed(rng, ("7d4228", "c07a52", "f0b690")),
    "metal_galvanised": lambda rng: metal.make_galvanised(rng, ("8a929a", "b3bac0", "d8dde0")),
    "fabric_herringbone": lambda rng: fabric.make_herringbone(rng, "d7cfc0", "5d5a57"),
    "fabric_wool": lambda rng: fabric.make_knit(rng, ("3d4a52", "7f929b", "c3d0d4"), stitches=8),
    "checker_red": lambda rng: checker.make_checker(rng, "efe9dc", "a8322d", count=6, wear=0.02),
    "checker_slate": lambda rng: checker.make_tiles(rng, ("5b656e", "717b83", "4c555d"), "a9a79f", count=3, joint=4.0),
    "noise_granite": lambda rng: stone.make_granite(rng, ("2f3033", "77716c", "a89b92", "c9bdb3", "e6e0d9")),
    "noise_sand": lambda rng: stone.make_sand(rng, ("b48a5c", "d3ae7e", "ead0a4")),
    "gradient_dusk": lambda rng: checker.make_gradient(rng, ("20263f", "5a5f8f", "d9a6a0"), across=1, down=-1),
    "gradient_mint": lambda rng: checker.make_spots(rng, ("2f7f72", "8fd0b4", "f3f6d9"), count=2),
    "plain_blue": lambda _: make_plain("4f7fae"),
    "plain_clay": lambda _: make_plain("b59a84"),
}
EXTRA: Final[Mapping[str, Maker]] = {
    "brick_red": lambda rng: masonry.make_bricks(rng, ("6b3226", "94493a", "b36a52"), "b8b2a8"),
    "brick_white": lambda rng: masonry.make_bricks(rng, ("d3cfc6", "e6e3dc", "f5f3ee"), "c2beb5", spread=0.2),
    "tile_hexagon": lambda rng: masonry.make_hexagons(rng, ("e9e6df", "e9e6df", "8fa7a4", "3f5f66"), "b3aea4"),
    "tile_mosaic": lambda rng: masonry.make_mosaic(rng, ("1f4f66", "2f7f94", "7fb8bb", "d3e3d6"), "d8d4ca"),
    "fabric_camouflage": lambda rng: prints.make_camouflage(rng, "a39a74", ("6f7350", "4a4f38", "2f2e28")),
    "fabric_dots": lambda rng: prints.make_dots(rng, "2f4a6b", "efeae0"),
    "fabric_chevron": lambda rng: prints.make_chevrons(rng, ("e8e2d5", "c98f3f", "e8e2d5", "4d5a63")),
    "fabric_carbon": lambda rng: fabric.make_weave(rng, ("1c1e21",), ("3b3f45",), over=2, under=2),
    "leather_brown": lambda rng: prints.make_leather(rng, ("3a2015", "6b3e26", "945f3d", "b07f58")),
    "leather_black": lambda rng: prints.make_leather(rng, ("141414", "26262a", "3d3d42"), count=1600),
    "rust_bare": lambda rng: prints.make_rust(rng, ("5f6569", "868c90", "a3a8ab"), ("3f2013", "7d3f1f", "b56a32")),
    "rust_painted": lambda rng: prints.make_rust(
        rng, ("2b5f63", "357378", "448287"), ("4a2a1c", "85502f", "b0784a"), share=-1.2
    ),
    "board_kraft": lambda rng: prints.make_cardboard(rng, ("7d5c3a", "a88157", "c09b70", "d4b48c")),
    "board_chips": lambda rng: prints.make_chipboard(rng, ("8a6538", "b98f58", "d6b27c", "ead0a3")),
    "wood_bamboo": lambda rng: wood.make_boards(
        rng, ("b0924f", "cfb570", "e0cb8f", "ecdcaa"), rows=10, gap=0.35, spread=0.2, contrast=0.2, pores=0.15
    ),
}
BANKS: Final[Mapping[str, Mapping[str, Maker]]] = {"train": TRAIN, "held_out": HELD_OUT, "extra": EXTRA}
SPECIAL: Final[Mapping[str, Maker]] = {"die": make_faces}
"""Textures that belong to one object, and to no bank."""

_STEPS = {"gradient": 1, "plain": 1, "fabric": 5, "board": 8, "brick": 7, "leather": 10, "rust": 8, "tile": 6}
_STEP = 3
"""Quantization step of colours, of 255: invisible in a pattern, and a third smaller files."""


def make_texture(name: str, make: Maker) -> Image:
    """Make a texture as RGB; its name is the seed, so that a new texture changes no other."""
    colors = np.clip(make(np.random.default_rng(zlib.crc32(name.encode()))), 0.0, 1.0)
    step = _STEPS.get(name.split("_")[0], _STEP)
    return np.asarray(np.minimum(np.round(colors * 255.0 / step) * step, 255.0), dtype=np.uint8)


def write_textures(folder: Path) -> None:
    """Write PNG files to the folders `train`, `held_out`, `extra` and `special`, with reproducible pixels."""
    import cv2

    for bank, makers in {**BANKS, "special": SPECIAL}.items():
        (folder / bank).mkdir(parents=True, exist_ok=True)
        for name, make in makers.items():
            reversed_channels = np.ascontiguousarray(make_texture(name, make)[..., ::-1])
            cv2.imwrite(str(folder / bank / f"{name}.png"), reversed_channels, [cv2.IMWRITE_PNG_COMPRESSION, 9])
