"""Scenes as glTF: another renderer finds the same surfaces at the same depth, in the same colours."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from frames import make_frames, write_dataset
from rays import wrong

from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.datasets.formats.gltf import GltfWriter
from mygym_lite.datasets.frame import ClassList
from mygym_lite.datasets.generate.plan import plan_dataset
from mygym_lite.datasets.scenes.frames import FrameGenerator
from mygym_lite.render.texture import decode_srgb

COMPONENTS = {5126: "<f4", 5125: "<u4"}
COLUMNS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}
PIXELS = 60


def read_accessor(folder: Path, document: dict, index: int) -> np.ndarray:
    accessor = document["accessors"][index]
    view = document["bufferViews"][accessor["bufferView"]]
    buffer = document["buffers"][view["buffer"]]
    data = (folder / buffer["uri"]).read_bytes()
    assert len(data) == buffer["byteLength"]
    values = np.frombuffer(data[view["byteOffset"] :][: view["byteLength"]], COMPONENTS[accessor["componentType"]])
    return values.reshape(accessor["count"], COLUMNS[accessor["type"]])


def read_triangles(folder: Path, document: dict) -> tuple[np.ndarray, list[str]]:
    """Corners of all triangles in the frame of the root (n, 3, 3), and the name of the node of each."""
    corners, names = [], []
    for node in document["nodes"]:
        for primitive in document["meshes"][node["mesh"]]["primitives"] if "mesh" in node else ():
            points = read_accessor(folder, document, primitive["attributes"]["POSITION"]).astype(float)
            points = points @ rotation_from_quaternion(tuple(node["rotation"])).T + node["translation"]
            faces = read_accessor(folder, document, primitive["indices"]).reshape(-1, 3)
            corners.append(points[faces])
            names += [node["name"]] * len(faces)
    return np.concatenate(corners), names


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A frame of the humanoid at its table, its document and the folder."""
    recipe = plan_dataset("grasp", "unused", 1, size=(64, 64), randomization="full", moments=1).recipe
    with closing(FrameGenerator(recipe)) as generator:
        (frame,) = generator.generate(0, 1)
    folder = tmp_path_factory.mktemp("gltf")
    GltfWriter().write_frame(folder, frame, ClassList(()))
    return frame, json.loads((folder / "000000.gltf").read_text()), folder


def test_rays_through_the_exported_triangles_meet_them_at_the_rendered_depth(scene):
    frame, document, folder = scene
    corners, names = read_triangles(folder, document)
    instances = {label.name: label.instance for label in frame.objects}
    numbers = np.array([*(instances.get(name, 0) for name in names), 0])
    v, u = np.random.default_rng(0).integers(0, 64, (2, PIXELS))
    v, u = (np.concatenate([edge, objects]) for edge, objects in zip((v, u), np.nonzero(frame.mask), strict=True))
    pixels = np.stack([u, v], axis=1) + 0.5
    view = replace(frame.nominal_view, world_to_camera=frame.world_to_camera,
                   fov=np.degrees(2 * np.arctan(32 / frame.intrinsics[1, 1])))  # fmt: skip
    assert len(wrong(view, frame.mask[v, u], frame.depth[v, u], corners, numbers, pixels)) == 0


def test_the_camera_has_y_up_and_looks_along_its_negative_z_axis(scene):
    frame, document, _ = scene
    (node,) = (node for node in document["nodes"] if node["name"] == "camera")
    to_camera = np.linalg.inv(np.array(node["matrix"]).reshape(4, 4).T)
    for label in frame.objects:
        x, y, z = to_camera[:3, :3] @ label.pose_in_robot.position + to_camera[:3, 3]
        assert np.allclose((x, -y, -z), label.translation)
    optics = document["cameras"][0]["perspective"]
    assert np.isclose(32 / np.tan(optics["yfov"] / 2), frame.intrinsics[1, 1])


def test_the_root_turns_z_up_to_y_up(scene):
    root = scene[1]["nodes"][0]
    assert np.allclose(rotation_from_quaternion(tuple(root["rotation"])) @ (0.0, 0.0, 1.0), (0.0, 1.0, 0.0))
    assert root["children"] == list(range(1, len(scene[1]["nodes"])))


def test_materials_have_the_colours_and_textures_of_the_scene(scene):
    frame, document, folder = scene
    visuals = [visual for body in frame.scene_model.bodies for visual in body.visuals]
    assert len(document["materials"]) == len(visuals)
    for visual, material in zip(visuals, document["materials"], strict=True):
        surface = material["pbrMetallicRoughness"]
        assert np.allclose(surface["baseColorFactor"][:3], decode_srgb(np.array(visual.material.color)))
        assert surface["roughnessFactor"] == visual.material.roughness
        assert ("baseColorTexture" in surface) == bool(visual.material.texture)
        if visual.material.texture:
            image = document["images"][document["textures"][surface["baseColorTexture"]["index"]]["source"]]
            assert (folder / image["uri"]).read_bytes() == Path(visual.material.texture).read_bytes()


def test_the_sun_shines_along_the_negative_z_axis_of_its_node(scene):
    document = scene[1]
    light = np.array(document["nodes"][-1]["matrix"]).reshape(4, 4).T
    assert np.allclose(light[:3, :3] @ light[:3, :3].T, np.eye(3))
    assert light[2, 2] > 0.0, "it shines from above"
    assert max(document["extensions"]["KHR_lights_punctual"]["lights"][0]["color"]) <= 1.0


def test_files_are_the_same_bytes_again_and_meshes_are_shared(tmp_path):
    frames = make_frames(4)
    first, again = (write_dataset(tmp_path / name, frames, "gltf") / "gltf" for name in ("first", "again"))
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert [path.name for path in files if path.suffix == ".gltf"] == [f"{n:06d}.gltf" for n in range(4)]
    assert [(again / path).read_bytes() for path in files] == [(first / path).read_bytes() for path in files]
    uris = {buffer["uri"] for n in range(4) for buffer in json.loads((first / f"{n:06d}.gltf").read_text())["buffers"]}
    assert uris == {path.as_posix() for path in files if path.suffix == ".bin"}


def test_a_truncated_mesh_is_written_again(tmp_path):
    frames = make_frames(1)
    folder = write_dataset(tmp_path, frames, "gltf") / "gltf"
    mesh = next(folder.glob("meshes/*.bin"))
    data = mesh.read_bytes()
    mesh.write_bytes(data[:10])
    write_dataset(tmp_path, frames, "gltf")
    assert mesh.read_bytes() == data
