"""Writer of glTF 2.0: the scene of each image with meshes, materials, camera and light, for other renderers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.config.scenery import Light, compute_light_direction
from mygym_lite.config.state import Pose
from mygym_lite.config.visuals import Material, VisualBody
from mygym_lite.datasets.formats.gltf_meshes import add_mesh, pack_mesh, read_texture, write_shared_file
from mygym_lite.datasets.frame import Array, ClassList, Frame
from mygym_lite.files import dumps, write_bytes
from mygym_lite.render.texture import decode_srgb

_Z_UP_TO_Y_UP = [-math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)]  # quaternion (x, y, z, w); glTF has y up, the world z
_CAMERA_AXES = np.diag([1.0, -1.0, -1.0, 1.0])  # a camera of glTF has y up and looks along -z
_LIGHTS, _SPECULAR = "KHR_lights_punctual", "KHR_materials_specular"
_SPECULAR_SCALE = 2.0  # specular 0.5 is the reflectance of common plastics, 4%, for which glTF has the factor 1
_TABLES = ("nodes", "meshes", "materials", "textures", "images", "accessors", "bufferViews", "buffers")
Record = dict[str, Any]


class GltfWriter:
    """Writes glTF; a node ``BODY/LINK`` for each body, in the order of rendering, and a node ``camera``."""

    def list_image_paths(self, frame: Frame) -> list[str]:
        """Return the path of our own picture, beside the scene."""
        return [f"images/{frame.number:06d}.png"]

    def write_frame(self, folder: Path, frame: Frame, _classes: ClassList) -> Record:
        """Write the scene of a frame, and the meshes and textures that no earlier one has written."""
        document = build_document(folder, frame)
        write_bytes(folder / f"{frame.number:06d}.gltf", (dumps(document) + "\n").encode())
        return {}

    def merge(self, _folder: Path, records: Iterable[Record], _manifest: Record) -> None:
        """Write nothing: every scene is a file of its own."""


def build_document(folder: Path, frame: Frame) -> Record:
    """Build the document of a scene, and write its meshes and textures."""
    scene = frame.scene_model
    document: Record = {key: [] for key in _TABLES}
    _add_node(document, {"name": "world", "rotation": _Z_UP_TO_Y_UP, "children": []})
    for body, pose in zip(scene.bodies, scene.poses, strict=True):
        _add_body(document, folder, body, pose)
    _add_node(document, {"name": "camera", "camera": 0, "matrix": _flatten(_compute_camera_pose(frame))})
    _add_node(document, {"name": "light", "matrix": _flatten(_compute_light_pose(scene.light))})
    document["nodes"][-1]["extensions"] = {_LIGHTS: {"light": 0}}
    tables = {key: rows for key, rows in document.items() if rows}
    return {
        "asset": {"version": "2.0", "generator": "mygym_lite"},
        "extensionsUsed": [_LIGHTS, _SPECULAR],
        "scene": 0,
        "scenes": [{"name": f"scene {frame.scene}", "nodes": [0], "extras": _describe_scene(frame)}],
        "cameras": [_describe_camera(frame)],
        **tables,
        "samplers": [{}],
        "extensions": {_LIGHTS: {"lights": [_describe_light(scene.light)]}},
    }


def _describe_scene(frame: Frame) -> Record:
    """Return the values for which glTF has no field; colours are linear."""
    scene = frame.scene_model
    return {
        "scene": frame.scene,
        "number": frame.number,
        "camera": frame.camera,
        "width": frame.rgb.shape[1],
        "height": frame.rgb.shape[0],
        "ambient": scene.light.ambient,
        "background_top": decode_srgb(np.array(scene.background.top)).tolist(),
        "background_bottom": decode_srgb(np.array(scene.background.bottom)).tolist(),
    }


def _add_node(document: Record, node: Record) -> None:
    """Add a node; all but the first are its children."""
    document["nodes"].append(node)
    if len(document["nodes"]) > 1:
        document["nodes"][0]["children"].append(len(document["nodes"]) - 1)


def _add_body(document: Record, folder: Path, body: VisualBody, pose: Pose) -> None:
    name = f"{body.body}/{body.link}" if body.link else body.body
    primitives = []
    for visual in body.visuals:
        mesh = pack_mesh(visual)
        write_shared_file(folder, mesh.uri, mesh.data)
        primitives.append(add_mesh(document, mesh) | {"material": len(document["materials"])})
        document["materials"].append(_describe_material(document, folder, name, visual.material))
    document["meshes"].append({"name": name, "primitives": primitives})
    _add_node(
        document,
        {
            "name": name,
            "mesh": len(document["meshes"]) - 1,
            "translation": list(pose.position),
            "rotation": list(pose.rotation),
            "extras": {"body": body.body, "link": body.link},
        },
    )


def _describe_material(document: Record, folder: Path, name: str, material: Material) -> Record:
    surface: Record = {
        "baseColorFactor": [*decode_srgb(np.array(material.color)).tolist(), 1.0],
        "metallicFactor": 0.0,
        "roughnessFactor": material.roughness,
    }
    if material.texture:
        surface["baseColorTexture"] = {"index": _add_texture(document, folder, material.texture)}
    specular = {"specularFactor": min(1.0, _SPECULAR_SCALE * material.specular)}
    return {"name": name, "pbrMetallicRoughness": surface, "extensions": {_SPECULAR: specular}}


def _add_texture(document: Record, folder: Path, path: str) -> int:
    uri, data = read_texture(path)
    uris = [image["uri"] for image in document["images"]]
    if uri not in uris:
        write_shared_file(folder, uri, data)
        document["images"].append({"uri": uri})
        document["textures"].append({"source": len(uris), "sampler": 0})
        return len(uris)
    return uris.index(uri)


def _compute_camera_pose(frame: Frame) -> Array:
    pose: Array = (np.linalg.inv(frame.world_to_camera) @ _CAMERA_AXES).astype(np.float64)
    return pose


def _compute_light_pose(light: Light) -> Array:
    """Compute a pose whose z axis points to the light."""
    z = np.array(compute_light_direction(light))
    x = np.cross([0.0, 1.0, 0.0] if abs(z[1]) < 0.9 else [1.0, 0.0, 0.0], z)
    x /= np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
    return pose


def _flatten(matrix: Array) -> list[float]:
    """List a matrix column by column."""
    values: list[float] = matrix.T.ravel().tolist()
    return values


def _describe_camera(frame: Frame) -> Record:
    height, width = frame.rgb.shape[:2]
    optics = {
        "yfov": 2.0 * math.atan(height / 2 / float(frame.intrinsics[1, 1])),
        "aspectRatio": width / height,
        "znear": frame.nominal_view.near,
        "zfar": frame.nominal_view.far,
    }
    return {"name": frame.camera, "type": "perspective", "perspective": optics}


def _describe_light(light: Light) -> Record:
    """Describe the sun: a white diffuse surface that faces a sun of intensity 1 has radiance 1."""
    color = decode_srgb(np.array(light.color))
    scale = max(1.0, float(color.max()))
    return {"type": "directional", "color": (color / scale).tolist(), "intensity": math.pi * scale * light.intensity}
