"""Every shipped object and workspace: sizes, meshes, mass properties, grasps, and standing still in bare PyBullet."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pybullet
import pytest

from mygym_lite.authoring.objects import HULLS, VISUALS, write_objects
from mygym_lite.config.hull import count_open_edges, read_obj
from mygym_lite.config.inertia import compute_mass_properties
from mygym_lite.config.objects import BANKS, Grasp, ObjectModel, Shape, list_objects, load_object
from mygym_lite.config.workspace import FLOOR_HEIGHT, list_workspaces, load_workspace
from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_assets_folder

GEOMETRY = {
    "box": pybullet.GEOM_BOX,
    "cylinder": pybullet.GEOM_CYLINDER,
    "sphere": pybullet.GEOM_SPHERE,
    "capsule": pybullet.GEOM_CAPSULE,
    "hull": pybullet.GEOM_MESH,
}
OPENING = 0.085  # m, the widest object that the hand of the humanoid takes
FINGER = 0.012  # m, radius of a digit
SPACING = 0.04  # m, between its two fingers
SLIPPERY = {"puck"}  # made to slide, not to be held
BANK_CONTENTS = {
    "train": ["ball", "box", "brick", "can", "cube", "cube_small", "cuboid", "cylinder", "prism", "slab"],
    "near": ["arch", "ball_small", "bottle", "capsule", "cylinder_flat", "domino", "l_block", "wedge"],
    "far": ["bowl", "dumbbell", "hammer", "mug", "screwdriver", "spool", "torus_segment"],
}
every_object = pytest.mark.parametrize("name", [name for name in list_objects() if name not in list_objects("marker")])
every_graspable = pytest.mark.parametrize("name", [name for name in list_objects() if load_object(name).grasps])


def add_cavity(fields: str) -> tuple[str, str]:
    """Return a line of the cube's file, and the same line with a cavity after it."""
    line = 'mesh = "meshes/cube.obj"\n'
    return line, f"{line}[cavity]\nposition = [0.0, 0.0, -0.02]\n{fields}\n"


# --- what is declared


@every_graspable
def test_object_suits_the_hand(name: str) -> None:
    model = load_object(name)
    assert 0.03 <= model.mass <= 0.35
    assert 0.5 <= model.friction <= 1.0 or name in SLIPPERY
    assert model.extents[2] >= 0.025
    assert model.footprint_radius >= max(model.extents[:2]) / 2
    assert all(0.02 <= grasp.width <= min(0.075, OPENING - 0.01) for grasp in model.grasps)


def test_banks_share_all_objects() -> None:
    banks = [list_objects(bank) for bank in BANKS]
    assert sorted(name for bank in banks for name in bank) == list_objects()
    assert len(list_objects("train")) >= 8


@pytest.mark.parametrize("bank", BANK_CONTENTS)
def test_banks_that_episodes_draw_from_do_not_change(bank: str) -> None:
    """One more object would change which object each seed draws."""
    assert list_objects(bank) == BANK_CONTENTS[bank]


def test_what_a_hand_cannot_take_is_in_a_bank_of_its_own() -> None:
    others = {name for bank in ("container", "furniture", "marker") for name in list_objects(bank)}
    assert others == {name for name in list_objects() if not load_object(name).grasps}


def test_containers_have_a_cavity() -> None:
    hollow = {name for name in list_objects() if load_object(name).cavity}
    assert hollow == {*list_objects("container"), "bowl", "mug"}


def test_a_noun_is_the_name_with_spaces_unless_it_is_declared() -> None:
    assert load_object("mug").noun == "mug"
    assert load_object("tee").noun == "block"
    assert all(load_object(name).noun.replace(" ", "").isalpha() for name in list_objects())


def test_sizes_of_a_known_object() -> None:
    cube = load_object("cube")
    assert cube.extents == pytest.approx((0.045, 0.045, 0.045))
    assert cube.half_height == pytest.approx(0.0225)
    assert cube.footprint_radius == pytest.approx(0.0225 * math.sqrt(2))
    assert load_object("capsule").extents == pytest.approx((0.086, 0.036, 0.036))  # it lies along x


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mass = 0.09", "mass = -1", "mass: -1 kg is below the lowest allowed, 0.001 kg"),
        ("friction = 0.8", "friction = -0.8", "friction: -0.8 is below the lowest allowed, 0"),
        ('kind = "box"', 'kind = "bx"', "shapes.0.kind: 'bx' is not a choice; did you mean 'box'?"),
        ("size = [0.045, 0.045, 0.045]", "size = [0.0, 0.045, 0.045]", "size.0: 0 m is below the lowest allowed"),
        ("size = [0.045, 0.045, 0.045]", "size = [0.045, 0.045]", "box takes 3 sizes, got 2"),
        ("width = 0.045", "width = 0.06", "grasps.0.width: 0.06 m is more than the object measures there, 0.045 m"),
        ("at = [0.0, 0.0, 0.0]", "at = [0.0, 0.0, 0.1]", "z = 0.1 m is outside the object, which ends at 0.0225 m"),
        ('family = "box"', 'family = "sphere"', "family: is 'sphere' but the only shape is a box"),
        ('mesh = "meshes/cube.obj"', 'mesh = "meshes/cub.obj"', "cub.obj is missing"),
        ('name = "cube"', 'name = "dice"', "name: is 'dice' in the file 'cube.toml'"),
        ("restitution", "restitutoin", "no field 'restitutoin'; did you mean 'restitution'?"),
        (*add_cavity('shape = "disc"\nsize = [0.02]'), "cavity.height: missing; add height, a number in m"),
        (*add_cavity('shape = "disc"\nsize = [0.02, 0.02]\nheight = 0.02'), "cavity: disc takes 1 sizes, got 2"),
        (*add_cavity('shape = "ball"\nsize = [0.02]\nheight = 0.02'), "cavity.shape: 'ball' is not a choice"),
        (
            *add_cavity('shape = "box"\nsize = [0.02, 0.05]\nheight = 0.02'),
            "cavity: along y it spans -0.025 to 0.025 m",
        ),
        (
            *add_cavity('shape = "disc"\nsize = [0.02]\nheight = 0.05'),
            "along z it spans -0.02 to 0.03 m, the object -0.0225 to 0.0225 m",
        ),
        ('kind = "box"', 'kind = "box"\nposition = [0.01, 0.0, 0.0]', "along x they span -0.0125 to 0.0325 m"),
    ],
)
def test_invalid_objects_are_refused_in_one_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    shutil.copytree(get_assets_folder() / "objects/meshes", tmp_path / "meshes")
    text = (get_assets_folder() / "objects/cube.toml").read_text()
    (tmp_path / "cube.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_object(tmp_path / "cube.toml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("cube.toml: ")
    assert "\n" not in str(caught.value)


def test_hull_must_exist_and_be_convex() -> None:
    with pytest.raises(ValueError, match=r"none\.obj is missing"):
        Shape("hull", mesh="none.obj")
    with pytest.raises(ValueError, match="not convex"):
        Shape("hull", mesh=str(get_assets_folder() / "objects/meshes/l_block.obj"))


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'hammer'"):
        load_object("hamer")
    with pytest.raises(ConfigError, match="did you mean 'near'"):
        list_objects("neer")


# --- meshes


@every_object
def test_mesh_is_closed_light_and_as_large_as_the_collision_shapes(name: str) -> None:
    model = load_object(name)
    mesh = read_obj(model.mesh)
    assert count_open_edges(mesh.triangles) == 0
    assert len(mesh.triangles) <= 260
    assert np.allclose((mesh.points.min(axis=0), mesh.points.max(axis=0)), model.bounds, atol=0.002)
    corners = mesh.points[mesh.triangles]
    assert np.linalg.det(corners).sum() / 6 > 0  # turned inside out, the volume would be negative


def test_regenerated_meshes_are_the_shipped_bytes(tmp_path: Path) -> None:
    write_objects(tmp_path)
    written = {path.name: path.read_bytes() for path in (tmp_path / "objects/meshes").iterdir()}
    shipped = {path.name: path.read_bytes() for path in (get_assets_folder() / "objects/meshes").iterdir()}
    assert sorted(written) == sorted(f"{name}.obj" for name in (*VISUALS, *HULLS))
    assert written == shipped


# --- mass properties

MASS_CASES = {
    "cube": (Shape("box", (0.2, 0.2, 0.2)), (0.04 / 6,) * 3),
    "box": (Shape("box", (0.1, 0.2, 0.3)), (0.13 / 12, 0.1 / 12, 0.05 / 12)),
    "cylinder": (Shape("cylinder", (0.1, 0.3)), (0.01, 0.01, 0.005)),
    "sphere": (Shape("sphere", (0.1,)), (0.004,) * 3),
}


@pytest.mark.parametrize("case", MASS_CASES)
def test_moments_of_primitives(case: str) -> None:
    shape, moments = MASS_CASES[case]
    found = compute_mass_properties([shape])
    assert found.moments == pytest.approx(moments, rel=1e-12)
    assert found.centre == (0, 0, 0)
    assert found.axes == (0, 0, 0, 1)


def test_moments_of_a_capsule_match_sampled_points() -> None:
    shape = Shape("capsule", (0.03, 0.08))
    points = np.random.default_rng(0).uniform([-0.03, -0.03, -0.07], [0.03, 0.03, 0.07], (400_000, 3))
    beyond = np.maximum(np.abs(points[:, 2]) - 0.04, 0)
    inside = points[points[:, 0] ** 2 + points[:, 1] ** 2 + beyond**2 < 0.03**2]
    x2, y2, z2 = (inside**2).mean(axis=0)
    assert compute_mass_properties([shape]).moments == pytest.approx((y2 + z2, x2 + z2, x2 + y2), rel=0.01)


def test_hull_of_a_cube_has_the_mass_of_the_cube() -> None:
    prism = compute_mass_properties(load_object("prism").shapes)
    edge = 0.044 / math.sqrt(3)
    across = 5 / 24 * edge**2 + 0.05**2 / 12  # regular hexagonal prism
    assert prism.moments == pytest.approx((across, across, 5 / 12 * edge**2), rel=1e-4)
    assert prism.axes == (0, 0, 0, 1)


def test_moments_of_an_l_block_match_voxels() -> None:
    model = load_object("l_block")
    cell = 0.001
    axes = [np.arange(low + cell / 2, high, cell) for low, high in zip(*model.bounds, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = grid[(grid[:, 1] < -0.005) | (grid[:, 0] < -0.015)]
    offset = inside - inside.mean(axis=0)
    inertia = (offset**2).sum(axis=1).mean() * np.eye(3) - offset.T @ offset / len(offset)
    found = compute_mass_properties(model.shapes)
    turn = np.array(pybullet.getMatrixFromQuaternion(found.axes)).reshape(3, 3)
    assert found.centre == pytest.approx(inside.mean(axis=0), abs=1e-5)
    assert np.allclose(turn @ np.diag(found.moments) @ turn.T, inertia, atol=0.01 * inertia.max())


@every_object
def test_moments_are_physically_possible(name: str) -> None:
    found = compute_mass_properties(load_object(name).shapes)
    a, b, c = sorted(found.moments)
    assert a > 0
    assert c <= a + b
    assert np.linalg.norm(found.axes) == pytest.approx(1.0)


def test_size_scales_moments_by_its_square() -> None:
    small, large = (compute_mass_properties([Shape("box", (s, 2 * s, s)), Shape("sphere", (s,))]) for s in (0.05, 0.1))
    assert large.moments == pytest.approx([4 * moment for moment in small.moments])


# --- in PyBullet


@pytest.fixture(scope="module")
def client() -> Iterator[int]:
    """A physics client without a window."""
    number = pybullet.connect(pybullet.DIRECT)
    yield number
    pybullet.disconnect(number)


@every_object
def test_object_stands_still_on_the_table(name: str, client: int) -> None:
    model = load_object(name)
    _table(client)
    body = _body(model, (0.45, 0.0, model.half_height), client)
    start = np.array(pybullet.getBasePositionAndOrientation(body, client)[0])
    for _ in range(240):
        pybullet.stepSimulation(client)
    moved = np.array(pybullet.getBasePositionAndOrientation(body, client)[0]) - start
    assert np.linalg.norm(moved) < 0.001


@pytest.mark.parametrize("name", ["ball", "ball_small", "capsule"])
def test_rolling_objects_stop_within_a_second(name: str, client: int) -> None:
    model = load_object(name)
    _table(client)
    body = _body(model, (0.45, 0.0, model.half_height), client)
    pybullet.resetBaseVelocity(body, (0, 0.15, 0), physicsClientId=client)
    for _ in range(240):
        pybullet.stepSimulation(client)
    assert np.linalg.norm(pybullet.getBaseVelocity(body, client)[0]) < 0.005


@every_graspable
def test_grasps_lie_on_the_surfaces(name: str, client: int) -> None:
    """Upright digits that close along the line meet the object at the declared width, evenly about the grasp centre."""
    model = load_object(name)
    pybullet.resetSimulation(physicsClientId=client)
    _body(model, (0.0, 0.0, 0.0), client)
    for grasp in model.grasps:
        heights = np.arange(grasp.at[2], model.half_height - 0.001, 0.002)
        along = _closing(grasp)
        starts = [np.array([*grasp.at[:2], z]) + side * 0.2 * along for side in (-1, 1) for z in heights]
        ends = [2 * np.array([*grasp.at[:2], start[2]]) - start for start in starts]
        hits = pybullet.rayTestBatch(starts, ends, physicsClientId=client)
        meets = [np.dot(np.array(hit[3]) - grasp.at, along) for hit in hits if hit[0] >= 0]
        assert max(meets) - min(meets) == pytest.approx(grasp.width, abs=0.002)
        assert max(meets) + min(meets) == pytest.approx(0.0, abs=0.003)


@every_graspable
def test_grasps_leave_room_for_the_digits(name: str, client: int) -> None:
    """A thumb and two fingers, 3 mm off the surfaces, touch neither the object nor the table, in one sense at least."""
    model = load_object(name)
    pybullet.resetSimulation(physicsClientId=client)
    body = _body(model, (0.0, 0.0, 0.0), client)
    for grasp in model.grasps:
        assert model.half_height + grasp.at[2] - FINGER > 0.002
        assert any(_room(grasp, sense * _closing(grasp), body, client) > 0.001 for sense in (-1, 1))


# --- workspaces


@pytest.mark.parametrize("name", list_workspaces())
def test_a_workspace_has_a_surface_and_visual_legs(name: str) -> None:
    workspace = load_workspace(name)
    (x0, y0), (x1, y1) = workspace.area
    assert 0.30 <= x0 < x1 <= 0.62
    assert -0.30 <= y0 < y1 <= 0.30
    legs = [part for part in workspace.parts if part.name.startswith("leg")]
    assert len(legs) == 4
    assert not any(leg.collides for leg in legs)
    assert all(leg.position[2] - leg.size[2] / 2 == pytest.approx(FLOOR_HEIGHT) for leg in legs)


@pytest.mark.parametrize("name", list_workspaces())
def test_the_area_lies_on_the_workspace(name: str) -> None:
    workspace = load_workspace(name)
    low, high = np.array(workspace.area)
    for part in workspace.parts:
        centre, half = np.array(part.position), np.array(part.size) / 2
        over = np.all(np.abs(centre[:2] - (low + high) / 2) < half[:2] + (high - low) / 2)
        assert not over or centre[2] + half[2] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("area = [[0.32", "area = [[0.92", "area: along x it goes from 0.92 to 0.62 m"),
        ("area = [[0.32", "area = [[0.02", "is not on a part that has its top at 0 m"),
        ("friction = 1.0", "friction = -1.0", "friction: -1 is below the lowest allowed, 0"),
        ('"leg_far_left"', '"top"', "parts: has two parts named 'top'"),
        ("collides", "colides", "no field 'colides'; did you mean 'collides'?"),
    ],
)
def test_invalid_workspaces_are_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    text = (get_assets_folder() / "workspaces/table.toml").read_text()
    (tmp_path / "table.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_workspace(tmp_path / "table.toml")
    assert message in str(caught.value)


def _table(client: int) -> None:
    """Start an empty world with the top of the table alone."""
    pybullet.resetSimulation(physicsClientId=client)
    pybullet.setGravity(0, 0, -9.81, client)
    top = next(part for part in load_workspace("table").parts if part.name == "top")
    shape = pybullet.createCollisionShape(pybullet.GEOM_BOX, halfExtents=np.array(top.size) / 2, physicsClientId=client)
    table = pybullet.createMultiBody(0, shape, basePosition=top.position, physicsClientId=client)
    pybullet.changeDynamics(table, -1, lateralFriction=1.0, physicsClientId=client)


def _body(model: ObjectModel, position: tuple[float, float, float], client: int) -> int:
    """Build an object as declared: a compound of its shapes, with its own mass properties."""
    shapes, mass = model.shapes, compute_mass_properties(model.shapes)
    collision = pybullet.createCollisionShapeArray(
        shapeTypes=[GEOMETRY[shape.kind] for shape in shapes],
        halfExtents=[np.array(shape.size) / 2 if shape.kind == "box" else (0, 0, 0) for shape in shapes],
        radii=[shape.size[0] if shape.size else 0 for shape in shapes],
        lengths=[shape.size[1] if len(shape.size) == 2 else 0 for shape in shapes],
        fileNames=[shape.mesh for shape in shapes],
        meshScales=[(1, 1, 1)] * len(shapes),
        collisionFramePositions=[shape.position for shape in shapes],
        collisionFrameOrientations=[pybullet.getQuaternionFromEuler(shape.rpy) for shape in shapes],
        physicsClientId=client,
    )
    body = pybullet.createMultiBody(
        baseMass=model.mass,
        baseCollisionShapeIndex=collision,
        basePosition=position,
        baseInertialFramePosition=mass.centre,
        baseInertialFrameOrientation=mass.axes,
        physicsClientId=client,
    )
    pybullet.changeDynamics(
        body,
        -1,
        localInertiaDiagonal=[model.mass * moment for moment in mass.moments],
        lateralFriction=model.friction,
        rollingFriction=model.rolling_friction,
        spinningFriction=model.spinning_friction,
        restitution=model.restitution,
        physicsClientId=client,
    )
    if any(shape.kind == "hull" for shape in shapes):  # the default would make hulls 1 mm larger on every side
        pybullet.changeDynamics(body, -1, collisionMargin=1e-4, physicsClientId=client)
    return body


def _closing(grasp: Grasp) -> np.ndarray:
    """Return the closing direction as a vector."""
    return np.array([0.0, 1.0, 0.0] if grasp.close == "y" else [1.0, 0.0, 0.0])


def _room(grasp: Grasp, along: np.ndarray, body: int, client: int) -> float:
    """Return the least distance between an object and the upright digits around a grasp, thumb first along `along`."""
    away, across = grasp.width / 2 + FINGER + 0.003, np.array([-along[1], along[0], 0.0])
    places = [-away * along, away * along + across * SPACING / 2, away * along - across * SPACING / 2]
    digit = pybullet.createCollisionShape(pybullet.GEOM_CAPSULE, radius=FINGER, height=0.08, physicsClientId=client)
    distances = []
    for place in places:
        upright = np.array(grasp.at) + place + [0, 0, 0.04]
        near = pybullet.createMultiBody(0, digit, basePosition=upright, physicsClientId=client)
        points = pybullet.getClosestPoints(body, near, 0.2, physicsClientId=client)
        distances.append(min(point[8] for point in points))
        pybullet.removeBody(near, client)
    return min(distances)
