"""COLLADA meshes are drawn where the engine has them, in the colours that their file gives."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pybullet as bullet
import pytest

from mygym_lite.config.urdf_visuals import read_urdf_visuals
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.render.mesh_io import read_mesh

# two triangles of a red, two of a plain material, as Blender and SketchUp write them: in cm, moved by nested nodes
PYRAMID = """<?xml version="1.0"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
<asset><unit name="centimeter" meter="0.01"/><up_axis>Y_UP</up_axis></asset>
<library_effects>
  <effect id="e"><profile_COMMON><technique sid="common"><lambert>
    <diffuse><color>0.9 0.1 0.1 1</color></diffuse>
  </lambert></technique></profile_COMMON></effect>
</library_effects>
<library_materials><material id="red"><instance_effect url="#e"/></material></library_materials>
<library_geometries><geometry id="g"><mesh>
  <source id="places">
    <float_array id="numbers" count="12">0 0 0 1 0 0 0 2 0 0 0 3</float_array>
    <technique_common><accessor source="#numbers" count="4" stride="3"/></technique_common>
  </source>
  <vertices id="v"><input semantic="POSITION" source="#places"/></vertices>
  <triangles count="2" material="a">
    <input semantic="VERTEX" source="#v" offset="0"/>
    <p>0 2 1 0 1 3</p>
  </triangles>
  <polylist count="2" material="b">
    <input semantic="VERTEX" source="#v" offset="0"/>
    <vcount>3 3</vcount><p>0 3 2 1 2 3</p>
  </polylist>
</mesh></geometry></library_geometries>
<library_visual_scenes><visual_scene id="s">
  <node><matrix>1 0 0 10 0 1 0 0 0 0 1 0 0 0 0 1</matrix>
    <node><rotate>0 0 1 90</rotate><scale>1 1 2</scale>
      <instance_geometry url="#g"><bind_material><technique_common>
        <instance_material symbol="a" target="#red"/>
      </technique_common></bind_material></instance_geometry>
    </node>
  </node>
</visual_scene></library_visual_scenes>
<scene><instance_visual_scene url="#s"/></scene>
</COLLADA>"""
URDF = """<robot name="r"><link name="base">
<inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>
<visual><geometry><mesh filename="pyramid.dae"/></geometry>{material}</visual>
<collision><geometry><mesh filename="pyramid.dae"/></geometry></collision>
</link></robot>"""


@pytest.fixture
def urdf(tmp_path: Path) -> Path:
    (tmp_path / "pyramid.dae").write_text(PYRAMID, encoding="utf-8")
    file = tmp_path / "robot.urdf"
    file.write_text(URDF.format(material=""), encoding="utf-8")
    return file


def test_mesh_vertices_match_pybullet(urdf: Path) -> None:
    client = bullet.connect(bullet.DIRECT)
    body = bullet.loadURDF(str(urdf), physicsClientId=client)
    engine = np.array(bullet.getMeshData(body, -1, physicsClientId=client)[1])
    bullet.disconnect(client)
    mesh = read_mesh(str(urdf.parent / "pyramid.dae"))
    assert np.allclose(np.unique(mesh.points.round(6), axis=0), np.unique(engine.round(6), axis=0), atol=1e-6)
    assert mesh.points.max(axis=0) == pytest.approx([0.1, 0.01, 0.06])


def test_faces_point_outwards_with_unit_normals(urdf: Path) -> None:
    mesh = read_mesh(str(urdf.parent / "pyramid.dae"))
    corners = mesh.points[mesh.triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outwards = corners.mean(axis=1) - mesh.points.mean(axis=0)
    assert len(mesh.triangles) == 4
    assert (np.sum(across * outwards, axis=1) > 0).all()
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1.0)


def test_each_material_has_its_colour_unless_the_urdf_gives_one(urdf: Path) -> None:
    assert [look.color for look in read_urdf_visuals(urdf)["base"]] == [(0.9, 0.1, 0.1), (0.8, 0.8, 0.8)]
    blue = urdf.with_name("blue.urdf")
    material = '<material name="blue"><color rgba="0 0 1 1"/></material>'
    blue.write_text(URDF.format(material=material), encoding="utf-8")
    assert [(look.color, look.part) for look in read_urdf_visuals(blue)["base"]] == [((0.0, 0.0, 1.0), None)]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("</COLLADA>", "", "not a readable COLLADA file"),
        ('url="#g"', 'url="#nothing"', "not a readable COLLADA file"),
        ("0 2 1 0 1 3", "0 2 1 0 1 9", "not a readable COLLADA file"),
        ("0 2 1 0 1 3", "0 2 1 0", "not a readable COLLADA file"),
        ("polylist", "tristrips", "only triangles, polylist, polygons are read; export it again"),
        ('<instance_geometry url="#g">', "<extra>", "not a readable COLLADA file"),
        ('url="#s"', 'url="#e"', "holds no triangles; export it again"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(urdf: Path, old: str, new: str, fault: str) -> None:
    file = urdf.parent / "pyramid.dae"
    file.write_text(PYRAMID.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"pyramid\.dae: .*{fault}") as refused:
        read_mesh(str(file))
    assert "\n" not in str(refused.value)


JVRC = """
schema   = 1
name     = "jvrc"
about    = "One arm of a humanoid whose meshes are COLLADA files."
urdf     = "jvrc_description:urdf/jvrc1.urdf"
position = [0.06, 0.2, -0.15]

[arms.right]
joints = ["WAIST_Y", "WAIST_P", "WAIST_R", "R_SHOULDER_P", "R_SHOULDER_R", "R_SHOULDER_Y",
          "R_ELBOW_P", "R_ELBOW_Y", "R_WRIST_R", "R_WRIST_Y"]
tip          = "R_WRIST_Y_S"
tip_rotation = [0.7071, -0.7071, 0.0, 0.0]
home         = [0.0, 0.0, 0.0, -1.2, -0.7, 1.3, -2.0, 0.3, 1.6, -0.8]
"""


def test_a_robot_of_an_installed_package_is_drawn(tmp_path: Path) -> None:
    if importlib.util.find_spec("jvrc_description") is None:
        pytest.skip("needs jvrc-description")
    (tmp_path / "jvrc.toml").write_text(JVRC, encoding="utf-8")
    with TaskEnv("reach", robot=str(tmp_path / "jvrc.toml")) as env:
        env.reset(seed=0)
        picture = env.render_images("front", ("rgb", "links"), (160, 120))
        names = [name for number, name in env.link_names.items() if (picture["links"] == number).any()]
    assert any("WAIST_R_S" in name for name in names)
    assert any("R_ELBOW_P_S" in name for name in names)


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "robot.toml"
    file.write_text(JVRC.replace('"jvrc"', '"robot"').replace("jvrc_description:", "no_such_robots:"), encoding="utf-8")
    with pytest.raises(ConfigError, match="needs the package no_such_robots; pip install no_such_robots"):
        TaskEnv("reach", robot=str(file))
