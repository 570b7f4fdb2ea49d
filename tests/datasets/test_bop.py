"""BOP, checked against the posed models; each mistake that is planted in it is found."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from frames import CLASSES, make_frames, write_dataset

from mygym_lite.datasets.checks.check import check_dataset
from mygym_lite.datasets.formats.ply import load_model_mesh, read_ply
from mygym_lite.datasets.symmetry import find_symmetry
from mygym_lite.errors import ConfigError


@pytest.fixture(scope="module")
def frames():
    return make_frames(6)


@pytest.fixture(scope="module")
def dataset(frames, tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("bop"), frames, "bop")


@pytest.fixture
def broken(dataset, tmp_path):
    """A copy to plant mistakes in."""
    return Path(shutil.copytree(dataset / "bop", tmp_path / "bop"))


def change(file: Path, **values: object) -> None:
    """Change the first object that is seen in the picture 0."""
    table = json.loads(file.read_text())
    table["0"][0] |= values
    file.write_text(json.dumps(table))


def test_a_written_dataset_passes_the_check(dataset, frames):
    report = check_dataset(dataset)
    assert report.errors == ()
    assert report.statistics["images"] == {"train": 2, "val": 2, "test": 2}
    assert report.statistics["objects"] == sum(len(frame.objects) for frame in frames)


def test_depth_is_whole_millimetres(dataset, frames):
    for frame in frames:
        depth = cv2.imread(dataset / f"bop/{frame.split}/000000/depth/{frame.number:06d}.png", cv2.IMREAD_UNCHANGED)
        assert depth.dtype == np.uint16
        assert np.abs(depth - 1000.0 * frame.depth).max() <= 0.5 + 1e-3


def test_posed_models_lie_in_their_masks(dataset, frames):
    """The points of a model, moved to the camera and projected, are on the object's silhouette."""
    for frame in frames:
        scene = dataset / "bop" / frame.split / "000000"
        gt, camera = (
            json.loads((scene / f"{name}.json").read_text())[str(frame.number)] for name in ("scene_gt", "scene_camera")
        )
        for index, (pose, thing) in enumerate(zip(gt, frame.objects, strict=True)):
            points, _ = read_ply(dataset / f"bop/models/obj_{pose['obj_id']:06d}.ply")
            local = points @ np.reshape(pose["cam_R_m2c"], (3, 3)).T + pose["cam_t_m2c"]
            column, row, _ = np.rint(local @ np.reshape(camera["cam_K"], (3, 3)).T / local[:, 2:]).astype(int).T
            mask = cv2.imread(scene / f"mask/{frame.number:06d}_{index:06d}.png", cv2.IMREAD_UNCHANGED) > 0
            assert (mask == thing.whole_mask).all()
            near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3))) > 0
            assert thing.truncated or near[row, column].all()


def test_camera_poses_match_the_frames(dataset, frames):
    frame = frames[0]
    camera = json.loads((dataset / "bop/train/000000/scene_camera.json").read_text())["0"]
    assert np.reshape(camera["cam_R_w2c"], (3, 3)) == pytest.approx(frame.world_to_camera[:3, :3])
    assert camera["cam_t_w2c"] == pytest.approx(1000.0 * frame.world_to_camera[:3, 3])
    height, width = frame.mask.shape
    assert camera["cam_K"][2::3] == [(width - 1) / 2, (height - 1) / 2, 1.0]


@pytest.mark.parametrize("model", CLASSES.names)
def test_models_are_the_meshes_in_millimetres(dataset, model):
    number = CLASSES.get_number(model)
    points, triangles = read_ply(dataset / f"bop/models/obj_{number:06d}.ply")
    info = json.loads((dataset / "bop/models/models_info.json").read_text())[str(number)]
    mesh = load_model_mesh(model)
    assert points == pytest.approx(1000.0 * mesh.points, abs=1e-4)
    assert (triangles == mesh.triangles).all()
    assert info["diameter"] == pytest.approx(max(np.linalg.norm(points - p, axis=1).max() for p in points), abs=1e-3)
    assert [info["size_x"], info["size_y"], info["size_z"]] == pytest.approx(np.ptp(points, axis=0), abs=1e-3)


def test_each_scale_of_a_class_is_a_model_of_its_own(dataset, frames):
    infos = json.loads((dataset / "bop/models/models_info.json").read_text())
    assert [infos[str(number)]["name"] for number in range(1, len(CLASSES.names) + 1)] == list(CLASSES.names)
    scales = {(info["name"], info["scale"]) for info in infos.values()}
    used = {(thing.model, thing.size) for frame in frames for thing in frame.objects}
    assert scales == used | {(name, 1.0) for name in CLASSES.names}
    assert len(infos) == len(scales) > len(CLASSES.names)
    for frame in frames:
        gt = json.loads((dataset / f"bop/{frame.split}/000000/scene_gt.json").read_text())[str(frame.number)]
        for pose, thing in zip(gt, frame.objects, strict=True):
            info = infos[str(pose["obj_id"])]
            assert "size" not in pose
            assert (info["name"], info["scale"]) == (thing.model, thing.size)
            assert info["size_z"] == pytest.approx(
                1000.0 * thing.size * np.ptp(load_model_mesh(thing.model).points[:, 2])
            )


def test_scaled_models_have_the_symmetries_and_the_scaled_diameter_of_their_class(dataset):
    infos = json.loads((dataset / "bop/models/models_info.json").read_text())
    assert infos == json.loads((dataset / "bop/models_eval/models_info.json").read_text())
    for info in infos.values():
        base = infos[str(CLASSES.get_number(info["name"]))]
        assert info["diameter"] == pytest.approx(info["scale"] * base["diameter"], abs=1e-3)
        assert info.get("symmetries_discrete") == base.get("symmetries_discrete")
        assert info.get("symmetries_continuous") == base.get("symmetries_continuous")


def test_test_targets_are_the_visible_objects(dataset, frames):
    targets = json.loads((dataset / "bop/test_targets_bop19.json").read_text())
    infos = json.loads((dataset / "bop/models/models_info.json").read_text())
    told = {
        (one["im_id"], *(infos[str(one["obj_id"])][k] for k in ("name", "scale"))): one["inst_count"] for one in targets
    }
    tested = [frame for frame in frames if frame.split == "test"]
    shown = [(f.number, o.model, o.size) for f in tested for o in f.objects if o.visible_fraction >= 0.1]
    assert told == {key: shown.count(key) for key in shown}


@pytest.mark.parametrize(
    ("model", "axes", "turns"),
    [("cube", (), 23), ("box", (), 3), ("prism", (), 11), ("cylinder", (2,), 1), ("can", (2,), 0),
     ("ball", (0, 1, 2), 0), ("capsule", (0,), 1), ("l_block", (), 0), ("mug", (), 0),
     ("bin", (), 3), ("bowl_wide", (2,), 0), ("crate", (), 1), ("egg", (0,), 1), ("puck", (2,), 1), ("shelf", (), 0),
     ("tee", (), 1), ("tray", (), 1)],
)  # fmt: skip
def test_symmetries_match_the_models(model, axes, turns):
    found = find_symmetry(model)
    assert (found.axes, len(found.rotations)) == (axes, turns)
    assert all(np.allclose(turn @ turn.T, np.eye(3)) and np.linalg.det(turn) > 0 for turn in found.rotations)


PLANTED = {
    "a pose 3 mm off": (
        lambda scene: change(scene / "scene_gt.json", cam_t_m2c=shifted(scene, (0.0, 0.0, 3.0))), "off the posed model",
    ),
    "a pose 10 mm aside": (
        lambda scene: change(scene / "scene_gt.json", cam_t_m2c=shifted(scene, (10.0, 0.0, 0.0))), "posed model",
    ),
    "a mirrored pose": (
        lambda scene: change(scene / "scene_gt.json", cam_R_m2c=[1, 0, 0, 0, 1, 0, 0, 0, -1]), "is not a rotation",
    ),
    "another model": (
        lambda scene: change(scene / "scene_gt.json", obj_id=1 + find_unscaled(scene) % len(CLASSES.names)),
        "off the posed model",
    ),
    "a model that is not there": (lambda scene: change(scene / "scene_gt.json", obj_id=99), "no model 99"),
    "an unscaled model": (
        lambda scene: change(scene / "scene_gt.json", obj_id=find_unscaled(scene)), "off the posed model",
    ),
    "a scale beside the pose": (
        lambda scene: change(scene / "scene_gt.json", size=1.2), "size: is 1.2, which readers of BOP ignore",
    ),
    "a wrong count": (lambda scene: change(scene / "scene_gt_info.json", px_count_visib=1), "px_count_visib"),
    "a wrong share": (lambda scene: change(scene / "scene_gt_info.json", visib_fract=0.5), "visib_fract"),
    "a wrong box": (lambda scene: change(scene / "scene_gt_info.json", bbox_visib=[0, 0, 5, 5]), "bbox_visib"),
    "a missing mask": (lambda scene: (scene / "mask/000000_000000.png").unlink(), "cannot be read"),
    "a damaged picture": (lambda scene: damage(scene / "rgb/000000.png"), "is damaged"),
    "depth in metres": (lambda scene: scale_depth(scene / "depth/000000.png", 0.001), "off the posed model"),
    "visible outside of the whole": (lambda scene: fill(scene / "mask_visib/000000_000000.png"), "px outside of mask"),
    "a missing table": (lambda scene: (scene / "scene_gt_info.json").unlink(), "cannot be read"),
}  # fmt: skip


def first(scene: Path) -> dict:
    return json.loads((scene / "scene_gt.json").read_text())["0"][0]


def find_unscaled(scene: Path) -> int:
    """Number of the model at its declared size of the first object."""
    infos = json.loads((scene.parents[1] / "models/models_info.json").read_text())
    return CLASSES.get_number(infos[str(first(scene)["obj_id"])]["name"])


def shifted(scene: Path, by: tuple[float, float, float]) -> list[float]:
    return [a + b for a, b in zip(first(scene)["cam_t_m2c"], by, strict=True)]


def damage(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def scale_depth(file: Path, factor: float) -> None:
    image = cv2.imread(file, cv2.IMREAD_UNCHANGED)
    cv2.imwrite(file, (factor * image).astype(np.uint16))


def fill(file: Path) -> None:
    image = cv2.imread(file, cv2.IMREAD_UNCHANGED)
    file.unlink()  # it may be one file with the mask of the whole
    cv2.imwrite(file, np.full_like(image, 255))


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_found(broken, name):
    plant, message = PLANTED[name]
    assert check_dataset(broken).ok
    plant(broken / "train" / "000000")
    report = check_dataset(broken)
    assert any(message in line for line in report.errors), report.errors
    assert all("\n" not in line and "train/000000" in line for line in report.errors)


def test_a_scaled_model_that_is_not_its_class_scaled_is_an_error(broken):
    file = broken / "models/models_info.json"
    infos = json.loads(file.read_text())
    number = next(number for number, info in infos.items() if info["scale"] != 1.0)
    infos[number]["scale"] = 0.5
    file.write_text(json.dumps(infos))
    [error] = check_dataset(broken).errors
    assert error.startswith(f"bop/models/models_info.json: {number}: scale: is 0.5, the model is not")


def test_an_unreadable_model_is_an_error_of_one_line(broken):
    file = broken / "models/obj_000001.ply"
    file.write_text(file.read_text()[:-20])
    assert any("obj_000001.ply" in line and "not a readable PLY" in line for line in check_dataset(broken).errors)
    with pytest.raises(ConfigError, match=r"no_such\.ply"):
        read_ply(broken / "no_such.ply")
