"""Render the scenes of a dataset with the path tracer Mitsuba 3, and keep its labels.

The dataset is made with `mygym-lite dataset TASK --format coco gltf`. This script needs `pip install mitsuba` (3.5 or
later) and NumPy, but not mygym_lite:

    python docs/path_trace.py datasets/grasp_any datasets/path_traced --samples 256

Poses, cameras, masks and labels are those of the dataset. The light is a sky with a gradient and a bright panel above
the table, whose place, size and colour depend on the scene; the materials are rough plastic, and rough metal for some
of the objects. An interrupted run continues, and arrives at the same bytes.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import drjit
import mitsuba as mi
import numpy as np

FURNITURE = ("robot", "table", "floor", "goal", "region")
METAL_SHARE = 0.25  # of the objects
MIN_ALPHA = 0.08  # of the microfacets: sharper reflections only add noise
PLASTIC_IOR = 1.5
MAX_DEPTH = 6  # surfaces of a light path
ACCESSORS = {5126: ("<f4", 4), 5125: ("<u4", 4)}
COLUMNS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}
TARGET = np.array([0.5, 0.0, 0.0])  # m, middle of the table's working area
SURFACES = "albedo:albedo,normal:sh_normal,position:position"
SURFACE_SAMPLES = 4  # of each pixel; they are free of noise
RADIUS = 3  # px of the denoising filter
SPIKE = 4.0  # times the light around a pixel, to which its own is bounded
NORMAL_SCALE, POSITION_SCALE, LIGHT_SCALE = 0.15, 0.012, 0.15  # differences, m and relative, that halve its weights
Array = Any


class Gltf:
    """Document of one scene, with the files that it refers to."""

    def __init__(self, file: Path) -> None:
        self.folder = file.parent
        self.document = json.loads(file.read_text(encoding="utf-8"))
        self.info = self.document["scenes"][0]["extras"]

    def read_accessor(self, index: int) -> Array:
        """Read an array of a mesh."""
        accessor = self.document["accessors"][index]
        view = self.document["bufferViews"][accessor["bufferView"]]
        data = (self.folder / self.document["buffers"][view["buffer"]]["uri"]).read_bytes()
        dtype, size = ACCESSORS[accessor["componentType"]]
        columns = COLUMNS[accessor["type"]]
        values = np.frombuffer(data, dtype, view["byteLength"] // size, view["byteOffset"])
        return values.reshape(-1, columns) if columns > 1 else values

    def find_node(self, name: str) -> dict[str, Any]:
        """Find a node by its name."""
        return next(node for node in self.document["nodes"] if node["name"] == name)

    def read_texture(self, index: int) -> Array:
        """Read a texture in linear light, its first row at the top."""
        source = self.document["images"][self.document["textures"][index]["source"]]["uri"]
        bitmap = mi.Bitmap(str(self.folder / source))
        return np.array(bitmap.convert(mi.Bitmap.PixelFormat.RGB, mi.Struct.Type.Float32, False))


def compute_rotation(quaternion: list[float]) -> Array:
    """Compute the matrix of a unit quaternion (x, y, z, w)."""
    x, y, z, w = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def build_scene(gltf: Gltf, seed: int) -> dict[str, Any]:
    """Build the description of a scene for Mitsuba, in the frame of the robot's base, z up."""
    rng = np.random.default_rng([seed, gltf.info["scene"]])
    scene: dict[str, Any] = {"type": "scene", "integrator": {"type": "path", "max_depth": MAX_DEPTH}}
    scene |= build_lights(gltf, rng) | {"sensor": build_sensor(gltf)}
    for node in gltf.document["nodes"]:
        if "mesh" in node:
            is_metal = node["extras"]["body"] not in FURNITURE and rng.random() < METAL_SHARE
            alpha = rng.uniform(0.12, 0.35)  # of a metal
            scene |= build_meshes(gltf, node, alpha if is_metal else None)
    return scene


def build_meshes(gltf: Gltf, node: dict[str, Any], metal_alpha: float | None) -> dict[str, Any]:
    """Build the meshes of a node, one for each material."""
    rotation, position = compute_rotation(node["rotation"]), np.array(node["translation"])
    meshes = {}
    for index, primitive in enumerate(gltf.document["meshes"][node["mesh"]]["primitives"]):
        points, normals, uvs = (gltf.read_accessor(number) for number in primitive["attributes"].values())
        faces = gltf.read_accessor(primitive["indices"])
        properties = mi.Properties()
        material = gltf.document["materials"][primitive["material"]]
        properties["mesh_bsdf"] = mi.load_dict(build_material(gltf, material, metal_alpha))
        name = f"{node['name']}_{index}".replace("/", "_").replace(".", "_")
        mesh = mi.Mesh(
            name,
            vertex_count=len(points),
            face_count=len(faces) // 3,
            has_vertex_normals=True,
            has_vertex_texcoords=True,
            props=properties,
        )
        parameters = mi.traverse(mesh)
        parameters["vertex_positions"] = (points @ rotation.T + position).astype(np.float32).ravel()
        parameters["vertex_normals"] = (normals @ rotation.T).astype(np.float32).ravel()
        parameters["vertex_texcoords"] = uvs.astype(np.float32).ravel()
        parameters["faces"] = faces.astype(np.uint32)
        parameters.update()
        meshes[name] = mesh
    return meshes


def build_material(gltf: Gltf, material: dict[str, Any], metal_alpha: float | None) -> dict[str, Any]:
    """Build a material: rough plastic, or rough metal of the same colour."""
    surface = material["pbrMetallicRoughness"]
    color: Any = build_color(gltf, surface)
    if metal_alpha is not None:
        metal = {"type": "roughconductor", "material": "none", "distribution": "ggx", "alpha": metal_alpha}
        return {"type": "twosided", "bsdf": metal | {"specular_reflectance": color}}
    plastic = {
        "type": "roughplastic",
        "distribution": "ggx",
        "alpha": max(MIN_ALPHA, surface["roughnessFactor"] ** 2),
        "int_ior": PLASTIC_IOR,
        "diffuse_reflectance": color,
    }
    return {"type": "twosided", "bsdf": plastic}


def build_color(gltf: Gltf, surface: dict[str, Any]) -> dict[str, Any]:
    """Build the colour of a surface: a constant times a texture."""
    factor = surface["baseColorFactor"][:3]
    if "baseColorTexture" not in surface:
        return {"type": "rgb", "value": [min(0.95, value) for value in factor]}
    texels = gltf.read_texture(surface["baseColorTexture"]["index"]) * np.float32(factor)
    bitmap = mi.Bitmap(np.minimum(texels, np.float32(0.95)))
    return {"type": "bitmap", "bitmap": bitmap, "raw": True}


def build_lights(gltf: Gltf, rng: np.random.Generator) -> dict[str, Any]:
    """Build a sky with a gradient, and a panel whose light is about as strong as that of the dataset's sun."""
    sun = gltf.document["extensions"]["KHR_lights_punctual"]["lights"][0]
    azimuth, elevation = rng.uniform(0.0, 2 * math.pi), math.radians(rng.uniform(40.0, 75.0))
    distance, edge = rng.uniform(1.4, 2.2), rng.uniform(0.25, 0.9)  # m
    direction = np.array(
        [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
    )
    warmth = np.array([1.0, 0.93, 0.82]) ** rng.uniform(-0.6, 1.4)
    irradiance = sun["intensity"] * rng.uniform(1.1, 1.7)  # on a surface at the target that faces the panel
    radiance = irradiance * distance**2 / edge**2 * warmth / warmth.mean()
    origin = (TARGET + distance * direction).tolist()
    to_world = mi.ScalarTransform4f().look_at(origin=origin, target=TARGET.tolist(), up=[0.1, 0.2, 1.0])
    panel = {
        "type": "rectangle",
        "to_world": to_world @ mi.ScalarTransform4f().scale(edge / 2),
        "emitter": {"type": "area", "radiance": {"type": "rgb", "value": radiance.tolist()}},
    }
    sky = gltf.info["ambient"] * rng.uniform(0.7, 1.3)
    bitmap = mi.Bitmap(build_sky(gltf, sky, rng.uniform(-0.5, 0.5)))
    up = mi.ScalarTransform4f().rotate([1, 0, 0], 90)  # the sky of Mitsuba has y up
    return {"panel": panel, "sky": {"type": "envmap", "bitmap": bitmap, "to_world": up, "scale": 1.0}}


def build_sky(gltf: Gltf, strength: float, tint: float) -> Array:
    """Build an image of all directions, the zenith in its first row."""
    top, bottom = (np.array(gltf.info[key]) for key in ("background_top", "background_bottom"))
    height = np.cos(math.pi * (np.arange(32) + 0.5) / 32)[:, None]  # -1 to 1
    share = 0.5 + 0.5 * np.tanh(2.5 * height)
    rows = (bottom + (top - bottom) * share) * (1.0 + 0.5 * np.maximum(0.0, height))
    rows = rows / rows.mean() * strength * np.array([1.0, 0.97, 0.93]) ** tint
    return np.repeat(rows[:, None], 64, axis=1).astype(np.float32)


def build_sensor(gltf: Gltf) -> dict[str, Any]:
    """Build the camera; that of Mitsuba looks along z and has x to the left."""
    pose = np.array(gltf.find_node("camera")["matrix"]).reshape(4, 4).T @ np.diag([-1.0, 1.0, -1.0, 1.0])
    optics = gltf.document["cameras"][0]["perspective"]
    film = {
        "type": "hdrfilm",
        "width": gltf.info["width"],
        "height": gltf.info["height"],
        "pixel_format": "rgb",
        "component_format": "float32",
        "rfilter": {"type": "box"},
    }
    return {
        "type": "perspective",
        "to_world": mi.ScalarTransform4f(pose),
        "fov": math.degrees(optics["yfov"]),
        "fov_axis": "y",
        "near_clip": optics["znear"],
        "far_clip": optics["zfar"],
        "film": film,
        "sampler": {"type": "multijitter"},
    }


def render(gltf: Gltf, samples: int, seed: int) -> Array:
    """Render a scene to sRGB bytes (height, width, 3)."""
    scene, number = mi.load_dict(build_scene(gltf, seed)), seed + gltf.info["number"]
    light = np.array(mi.render(scene, spp=samples, seed=number))
    integrator = mi.load_dict({"type": "aov", "aovs": SURFACES})
    surfaces = np.array(mi.render(scene, integrator=integrator, spp=SURFACE_SAMPLES, seed=number))
    light = denoise(light, *np.split(surfaces.astype(np.float64), 3, axis=2))
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-6) ** (1 / 2.4) - 0.055)
    return np.rint(255 * np.clip(srgb, 0.0, 1.0)).astype(np.uint8)


def denoise(light: Array, albedo: Array, normal: Array, position: Array) -> Array:
    """Smooth the light on surfaces, but not their textures: a bilateral filter guided by normals and positions.

    Args:
        light: Radiance of each pixel (height, width, 3).
        albedo: Colour of the surface.
        normal: Unit normal of the surface.
        position: Point on the surface, m.
    """
    is_surface = np.linalg.norm(normal, axis=2) > 0.5
    albedo = np.where(is_surface[..., None], np.maximum(albedo, 0.02), 1.0)
    incident = light / albedo
    brightness = incident.mean(axis=2)
    smooth = np.stack([shift_median(incident[..., k]) for k in range(3)], axis=2).mean(axis=2)
    total, weights = np.zeros_like(incident), np.zeros(brightness.shape)
    for row in range(-RADIUS, RADIUS + 1):
        for column in range(-RADIUS, RADIUS + 1):
            other_normal, other_position = shift(normal, row, column), shift(position, row, column)
            distance = np.abs(((other_position - position) * normal).sum(axis=2))  # from the tangent plane
            bend = np.linalg.norm(other_normal - normal, axis=2)
            other = shift(smooth, row, column)
            contrast = np.abs(other - smooth) / np.maximum(1e-3, other + smooth)
            scaled = (bend / NORMAL_SCALE) ** 2 + (distance / POSITION_SCALE) ** 2 + (contrast / LIGHT_SCALE) ** 2
            weight = np.exp2(-scaled) * (shift(is_surface, row, column) == is_surface)
            bounded = np.minimum(shift(incident, row, column), SPIKE * other[..., None])
            total += weight[..., None] * bounded
            weights += weight
    return total / weights[..., None] * albedo


def shift(image: Array, rows: int, columns: int) -> Array:
    """Shift an image; its border is repeated."""
    height, width = image.shape[:2]
    y, x = np.clip(np.arange(height) + rows, 0, height - 1), np.clip(np.arange(width) + columns, 0, width - 1)
    return image[y[:, None], x]


def shift_median(image: Array) -> Array:
    """Compute the median over 3 x 3 px, which single bright samples do not affect."""
    return np.median([shift(image, row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)], axis=0)


def encode_png(rgb: Array) -> bytes:
    """Encode an image as a small PNG file: the filters and the strategy of compression with the fewest bytes."""
    height, width, _ = rgb.shape
    strategies = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED)
    pixels = min((compress(rows, how) for rows in filter_rows(rgb) for how in strategies), key=len)
    chunks = [struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), pixels, b""]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in zip((b"IHDR", b"IDAT", b"IEND"), chunks, strict=True)
    )


def compress(data: bytes, strategy: int) -> bytes:
    """Compress data for PNG as much as possible."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, strategy)
    return compressor.compress(data) + compressor.flush()


def filter_rows(rgb: Array) -> Iterator[bytes]:
    """Filter all rows by each filter of PNG, then each row by the one with the smallest sum of absolute differences."""
    rows = rgb.reshape(len(rgb), -1).astype(np.int64)
    left, above, corner = (np.zeros_like(rows) for _ in range(3))
    left[:, 3:], above[1:], corner[1:, 3:] = rows[:, :-3], rows[:-1], rows[:-1, :-3]
    estimate = left + above - corner
    distances = [np.abs(estimate - other) for other in (left, above, corner)]
    nearest = np.where(
        (distances[0] <= distances[1]) & (distances[0] <= distances[2]),
        left,
        np.where(distances[1] <= distances[2], above, corner),
    )
    predictions = np.stack([np.zeros_like(rows), left, above, (left + above) // 2, nearest])
    filtered = (rows - predictions).astype(np.uint8)
    costs = np.abs(filtered.astype(np.int8).astype(np.int64)).sum(axis=2)
    for kinds in (*([kind] * len(rows) for kind in range(len(predictions))), costs.argmin(axis=0).tolist()):
        yield b"".join(bytes([kind]) + filtered[kind, row].tobytes() for row, kind in enumerate(kinds))


def copy_labels(source: Path, out: Path, rendering: dict[str, Any]) -> None:
    """Copy the annotations, and the manifest with a note of the renderer."""
    shutil.copytree(source / "coco" / "annotations", out / "coco" / "annotations", dirs_exist_ok=True)
    manifest = json.loads((source / "dataset.json").read_text(encoding="utf-8"))
    manifest |= {"name": f"{manifest['name']}-path-traced", "formats": ["coco"], "rendering": rendering}
    (out / "dataset.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of a dataset in the formats coco and gltf")
    parser.add_argument("out", type=Path, help="folder of the rendered dataset")
    parser.add_argument("--samples", type=int, default=256, help="light paths for each pixel (default 256)")
    parser.add_argument("--seed", type=int, default=0, help="seed of light, materials and paths (default 0)")
    parser.add_argument("--variant", default="scalar_rgb", help="variant of Mitsuba (default scalar_rgb)")
    parser.add_argument("--threads", type=int, help="threads (default all cores)")
    parser.add_argument("--images", type=int, nargs="+", help="numbers of images (default all)")
    return parser.parse_args()


def main() -> None:
    """Render the missing images of a dataset."""
    arguments = parse_arguments()
    if arguments.threads:
        drjit.set_thread_count(arguments.threads)
    mi.set_variant(arguments.variant)
    files = sorted((arguments.data / "gltf").glob("*.gltf"))
    if not files:
        sys.exit(f"{arguments.data}: holds no scenes; make the dataset with --format coco gltf")
    images = arguments.out / "coco" / "images"
    images.mkdir(parents=True, exist_ok=True)
    for file in files:
        target = images / f"{file.stem}.png"
        if not target.exists() and (arguments.images is None or int(file.stem) in arguments.images):
            data = encode_png(render(Gltf(file), arguments.samples, arguments.seed))
            part = target.with_suffix(".part")
            part.write_bytes(data)
            part.replace(target)
            sys.stdout.write(f"{target}\n")
    rendering = {
        "renderer": f"mitsuba {mi.__version__}",
        "variant": arguments.variant,
        "integrator": f"path, at most {MAX_DEPTH} surfaces",
        "samples_per_pixel": arguments.samples,
        "seed": arguments.seed,
        "light": "sky with a gradient, and a panel of 0.25 to 0.9 m",
        "materials": f"rough plastic; rough metal for {METAL_SHARE:.0%} of the objects",
        "command": f"python docs/path_trace.py DATASET OUT --samples {arguments.samples} --seed {arguments.seed}",
    }
    copy_labels(arguments.data, arguments.out, rendering)


if __name__ == "__main__":
    main()
