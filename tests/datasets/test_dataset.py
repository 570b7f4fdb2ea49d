"""Datasets: labels that agree with the world, the same bytes however they are made, and nothing overwritten."""

import json
import math
import os
import re
import signal
import subprocess
import zlib
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_line import COMMAND

import mygym_lite as mg
from mygym_lite.config.objects import load_object
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.datasets.checks.check import check_dataset
from mygym_lite.datasets.formats.deflate import compress
from mygym_lite.datasets.formats.png import encode_colors, encode_depth, encode_mask, read_png
from mygym_lite.datasets.frame import KEYPOINTS, Frame
from mygym_lite.datasets.generate.manifest import DATASET_FOLDER
from mygym_lite.datasets.generate.plan import plan_dataset
from mygym_lite.datasets.recipe import DatasetRecipe
from mygym_lite.datasets.scenes.frames import FrameGenerator
from mygym_lite.envs.cameras import list_cameras
from mygym_lite.errors import MyGymError
from mygym_lite.experts.expert import Expert

SMALL = {"size": (64, 64), "cameras": ["front", "wrist"], "seed": 3}


def recipe(randomization: str = "full", **changes: object) -> DatasetRecipe:
    settings = {"size": (128, 128), "moments": 8, **changes}
    return plan_dataset("grasp", "unused", 1, randomization=randomization, **settings).recipe


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    """All frames of a scene of dropped objects and of one in an episode."""
    wanted = recipe(seed=1)
    scenes = FrameGenerator(wanted, Expert.from_env)
    numbers = [next(n for n in range(20) if wanted.is_settled(n) is kind) for kind in (True, False)]
    found = [frame for number in numbers for frame in scenes.generate(number, 10**6)]
    scenes.close()
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "dataset"
    mg.make_dataset("grasp", folder, 40, ["coco", "bop", "yolo"], workers=1, **SMALL)
    return folder


def contents(folder: Path) -> dict[str, str]:
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest() for file in files}


def test_a_frame_depends_only_on_its_number(frames: list[Frame]) -> None:
    again = FrameGenerator(recipe(seed=1), Expert.from_env)
    for old in (frames[-1], frames[3]):  # in another order, in another world
        new = next(frame for frame in again.generate(old.scene, 10**6) if frame.number == old.number)
        assert np.array_equal(new.rgb, old.rgb)
        assert np.array_equal(new.depth, old.depth)
        assert np.array_equal(new.mask, old.mask)
        assert new.variation == old.variation
    again.close()


def test_masks_count_visible_and_hidden_pixels(frames: list[Frame]) -> None:
    for frame in frames:
        assert set(np.unique(frame.mask)) <= {0, *(thing.instance for thing in frame.objects)}
        assert [thing.instance for thing in frame.objects] == list(range(1, len(frame.objects) + 1))
        for thing in frame.objects:
            seen = frame.mask == thing.instance
            assert not (seen & ~thing.whole_mask).any()
            assert thing.px_visible == np.count_nonzero(seen)
            assert thing.px_all >= np.count_nonzero(thing.whole_mask) > 0
            assert thing.truncated == (thing.px_all > np.count_nonzero(thing.whole_mask))
            assert thing.small == (thing.px_visible < 64)
            assert thing.hidden == (thing.visible_fraction < 0.1)


def test_boxes_are_tight_around_masks(frames: list[Frame]) -> None:
    for frame in frames:
        for thing in frame.objects:
            rows, columns = np.nonzero(frame.mask == thing.instance)
            if not len(rows):
                assert thing.box_visible is None
                continue
            assert thing.box_visible == (
                columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1
            )  # fmt: skip
            left, top, width, height = thing.box_whole
            assert left <= columns.min() <= columns.max() < left + width
            assert top <= rows.min() <= rows.max() < top + height


def test_silhouettes_extend_beyond_the_image(frames: list[Frame]) -> None:
    cut = [thing for frame in frames for thing in frame.objects if thing.truncated]
    assert cut
    for thing in cut:
        left, top, width, height = thing.box_whole
        assert left < 0 or top < 0 or left + width > 128 or top + height > 128


def test_models_at_their_poses_project_onto_their_pixels(frames: list[Frame]) -> None:
    for frame in frames:
        for thing in frame.objects:
            in_world = rotation_from_quaternion(thing.pose_in_robot.rotation)
            to_camera = frame.world_to_camera
            assert np.allclose(thing.rotation, to_camera[:3, :3] @ in_world)
            moved = to_camera @ [*thing.pose_in_robot.position, 1.0]
            assert np.allclose(thing.translation, moved[:3])
            if not thing.truncated and thing.px_all > 100:
                u, v = (frame.intrinsics @ thing.translation)[:2] / thing.translation[2]
                left, top, width, height = thing.box_whole
                assert left < u < left + width
                assert top < v < top + height


def test_depth_matches_the_object(frames: list[Frame]) -> None:
    for frame in frames:
        for thing in frame.objects:
            radius = 0.5 * thing.size * np.linalg.norm(load_object(thing.model).extents)
            seen = frame.depth[frame.mask == thing.instance]
            assert (np.abs(seen - thing.translation[2]) <= radius).all()


def test_keypoints_have_visibility_flags(frames: list[Frame]) -> None:
    flags = set()
    for frame in frames:
        for thing in frame.objects:
            assert thing.keypoints.shape == (len(KEYPOINTS), 3)
            for u, v, flag in thing.keypoints:
                inside = 0 <= u < 128 and 0 <= v < 128
                assert inside or flag == 0
                flags.add(flag)
    assert flags == {0.0, 1.0, 2.0}
    names = dict(zip(KEYPOINTS, range(9), strict=True))
    alone = next(t for f in frames for t in f.objects if t.visible_fraction == 1.0 and t.px_all > 150)
    assert alone.keypoints[names["centre"], 2] == 2.0


def test_each_scene_is_settled_or_an_episode_and_in_one_split() -> None:
    plan, other = recipe(), recipe(seed=1)
    kinds = [plan.is_settled(scene) for scene in range(400)]
    assert 160 < sum(kinds) < 240
    splits = [plan.assign_split(scene) for scene in range(400)]
    assert [splits.count(split) for split in ("train", "val", "test")] == [320, 40, 40]
    seeds = {plan.derive_scene_seed(scene) for scene in range(400)}
    assert len(seeds) == 400
    assert seeds.isdisjoint(other.derive_scene_seed(scene) for scene in range(400))


def test_settled_scenes_vary_appearance_but_not_poses(frames: list[Frame]) -> None:
    dropped = [frame for frame in frames if frame.scene == frames[0].scene and frame.camera == "front"]
    assert len({frame.variation["light.intensity"] for frame in dropped}) == len(dropped)
    poses = [{thing.name: thing.pose_in_robot for thing in frame.objects} for frame in dropped]
    assert all(poses[0][name] == pose for later in poses for name, pose in later.items() if name in poses[0])


def test_without_randomization_a_scene_looks_as_declared() -> None:
    scenes = FrameGenerator(recipe("none"), Expert.from_env)
    frame = next(scenes.generate(0, 1))
    scenes.close()
    assert set(frame.variation) == set(mg.load_task("grasp").start)


def test_the_goal_marker_is_labelled() -> None:
    goals = plan_dataset(
        "reach", "unused", 1, size=(128, 128), randomization="none", cameras=["side"], moments=8
    ).recipe
    scenes = FrameGenerator(goals, None)
    balls = [thing for frame in scenes.generate(0, 8) for thing in frame.objects if thing.name == "goal"]
    scenes.close()
    assert len(balls) == 8
    for ball in balls:
        (left, top, width, height), (u, v, _) = ball.box_whole, ball.keypoints[0]
        assert (ball.model, ball.size) == ("goal", pytest.approx(1.0))
        assert left < u < left + width
        assert top < v < top + height
        assert ball.px_all == pytest.approx(math.pi / 4 * width * height, rel=0.35)


def test_a_goal_marker_with_axes_is_not_labelled() -> None:
    assert "goal" not in plan_dataset("reach_pose", "unused", 1).recipe.classes.names


def test_poses_in_the_robot_frame_use_declared_cameras(frames: list[Frame]) -> None:
    """Those that stand still; those in the hand are where the joints say."""
    declared = FrameGenerator(recipe("none"), Expert.from_env)
    nominal = {frame.camera: frame for frame in declared.generate(0, 4)}
    declared.close()
    for frame in frames:
        if frame.camera in ("front", "side"):
            assert np.allclose(frame.nominal_view.world_to_camera, nominal[frame.camera].world_to_camera)
            assert not np.allclose(frame.nominal_view.world_to_camera, frame.world_to_camera, atol=1e-3)
    for frame in nominal.values():
        assert np.allclose(frame.nominal_view.world_to_camera, frame.world_to_camera)
        assert np.allclose(frame.nominal_view.intrinsics, frame.intrinsics)


def test_a_task_without_expert_has_settled_scenes_only(tmp_path: Path) -> None:
    """A scene is enough."""
    file = tmp_path / "scene.toml"
    file.write_text(
        'schema = 1\nname = "scene"\nabout = "Things on a table."\nepisode = { seconds = 1 }\n'
        "[cameras.front]\nposition = [1.3, 0.45, 0.6]\nlook_at = [0.4, 0.0, 0.0]\n"
        '[observe.proprio]\njoints = { term = "joint_positions" }\n'
        '[success]\npress = { term = "touching", a = "hand", b = "table" }\n',
        encoding="utf-8",
    )
    made = mg.make_dataset(file, tmp_path / "dataset", 2, size=(64, 64), randomization="none", workers=1)
    assert sum(made.manifest["objects"]["train"].values()) > 0


def test_datasets_do_not_depend_on_the_number_of_workers(made: Path, tmp_path: Path) -> None:
    mg.make_dataset("grasp", tmp_path / "again", 40, ["yolo", "coco", "bop"], workers=2, **SMALL)
    assert contents(tmp_path / "again") == contents(made)


def test_a_killed_dataset_resumes_to_the_same_bytes(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    words = ["dataset", "grasp", "--images", "40", "--format", "coco", "bop", "yolo", "--size", "64x64",
             "--cameras", "front", "wrist", "--seed", "3", "--workers", "1", "--out", str(folder)]  # fmt: skip
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not list(folder.glob("shards/*.jsonl")) and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not DATASET_FOLDER.read_manifest(folder)["finished"]
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=True)
    assert re.match(r"resuming after \d+ of 40 images", done.stderr)
    assert contents(folder) == contents(made)


def test_the_card_lists_the_contents(made: Path) -> None:
    card = DATASET_FOLDER.read_manifest(made)
    assert card["finished"]
    assert sum(split["images"] for split in card["splits"].values()) == card["images"] == 40
    assert card["classes"] == sorted(card["classes"])
    images = json.loads((made / "coco" / "annotations" / "instances_train.json").read_text())["images"]
    assert len(images) == card["splits"]["train"]["images"]
    assert card["command"].startswith("mygym-lite dataset grasp --images 40 --format coco bop yolo --size 64x64")
    assert "CC BY 4.0" in card["licence"]


def test_the_manifest_names_the_classes_that_a_split_lacks(made: Path) -> None:
    card = DATASET_FOLDER.read_manifest(made)
    counts = card["objects"]
    present = [name for name in card["classes"] if any(by[name] for by in counts.values())]
    for split, by in counts.items():
        missing = [name for name in present if not by[name]]
        note = f"{split} lacks {len(missing)} of {len(present)} classes: {', '.join(missing)}; generate more images"
        assert (note in card["notes"]) == bool(missing)
    assert card["notes"]  # of 40 images
    assert set(card["notes"]) <= set(check_dataset(made).notes)


@pytest.mark.parametrize(
    ("images", "cameras", "moments"),
    [(40, 4, 1), (300, 4, 1), (799, 4, 1), (800, 4, 2), (3200, 4, 8), (10000, 4, 8), (300, 1, 3), (1, 4, 1)],
)
def test_a_small_dataset_has_many_scenes(images: int, cameras: int, moments: int) -> None:
    names = ["front", "side", "head", "wrist"][:cameras]
    plan = plan_dataset("grasp", "unused", images, cameras=names)
    assert plan.recipe.moments == moments
    assert plan.shard_count >= min(75, images // cameras)
    assert "--moments" not in plan.command
    numbers = [spec.number for scene in range(plan.shard_count) for spec in plan.recipe.list_frames(scene, images)]
    assert numbers == list(range(images))


def test_few_moments_of_an_episode_are_some_of_many() -> None:
    joints = {}
    for moments in (1, 3, 8):
        wanted = recipe("none", seed=1, cameras=["wrist"], size=(16, 16), moments=moments)
        scenes = FrameGenerator(wanted, Expert.from_env)
        episode = next(n for n in range(20) if not wanted.is_settled(n))
        joints[moments] = [frame.joints for frame in scenes.generate(episode, 10**6)]
        scenes.close()
        assert len(joints[moments]) == moments
    assert set(joints[1]) <= set(joints[3]) <= set(joints[8])


def test_the_number_of_moments_can_be_given() -> None:
    plan = plan_dataset("grasp", "unused", 96, cameras=["front"], moments=4)
    assert plan.shard_count == 24
    assert plan.command.endswith("--cameras front --moments 4")


def test_the_preview_shows_images(made: Path) -> None:
    preview = cv2.imread(str(made / "preview.png"))
    assert preview.shape[0] > 384
    assert preview.shape[1] > 384


def test_a_damaged_shard_is_named_and_regenerated_after_deletion(made: Path) -> None:
    before, shard = contents(made), made / "shards" / "000001.jsonl"
    shard.write_text(shard.read_text().replace("front", "frost", 1))
    with pytest.raises(
        MyGymError, match=r"000001.jsonl: is damaged .*delete it, and run the same command to make it again"
    ):
        mg.make_dataset("grasp", made, 40, ["coco", "bop", "yolo"], workers=1, **SMALL)
    shard.unlink()
    mg.make_dataset("grasp", made, 40, ["coco", "bop", "yolo"], workers=1, **SMALL)
    assert contents(made) == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"formats": ["cocoa"]}, "format: no 'cocoa'; did you mean 'coco'?"),
        ({"formats": []}, "format: none is named"),
        ({"images": 0}, "images must be at least 1, got 0"),
        ({"cameras": ["frnt"]}, "cameras: no 'frnt' in grasp; did you mean 'front'?"),
        ({"size": (0, 64)}, "size: 0 x 64 px"),
        ({"moments": 0}, "moments must be at least 1, got 0"),
        ({"moments": 2}, "holds another dataset: moments was 1, is 2; give a new --out"),
        ({"randomization": "fully"}, "fully"),
        ({"images": 41}, "holds another dataset: images was 40, is 41; give a new --out"),
        ({"seed": 4}, "holds another dataset: seed was 3, is 4; give a new --out"),
        ({"settings": ["objects.target.mass=0.2"]}, "objects.target.mass was absent, is 0.2"),
    ],
)
def test_invalid_arguments_are_refused_in_one_line(made: Path, changes: dict[str, object], message: str) -> None:
    before = contents(made)
    arguments = {"images": 40, "formats": ["coco", "bop", "yolo"], **SMALL, **changes}
    with pytest.raises(MyGymError) as error:
        mg.make_dataset("grasp", made, **arguments)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert contents(made) == before


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(MyGymError, match="is not empty and holds no dataset; give an --out that is new"):
        mg.make_dataset("grasp", tmp_path, 1, **SMALL)


def pictures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    runs = np.repeat(rng.integers(0, 256, 400), rng.integers(1, 600, 400)).astype(np.uint8)
    return {
        "noise": rng.integers(0, 256, (37, 41, 3)).astype(np.uint8),
        "one colour": np.full((64, 300, 3), 7, np.uint8),
        "one pixel": np.full((1, 1, 3), 200, np.uint8),
        "runs": runs[: len(runs) // 30 * 30].reshape(-1, 10, 3),
    }


@pytest.mark.parametrize("name", pictures())
def test_png_images_survive_a_round_trip(name: str, tmp_path: Path) -> None:
    colors = pictures()[name]
    grey, file = np.ascontiguousarray(colors[..., 0]), tmp_path / "picture.png"
    millimetres = 300 * grey.astype(int)  # some are more than the format holds
    for data, there in (
        (encode_colors(colors), colors[..., ::-1]),
        (encode_mask(grey > 99), (grey > 99) * np.uint8(255)),
        (encode_depth((0.001 * millimetres).astype(np.float32)), millimetres * (millimetres < 2**16)),
    ):
        file.write_bytes(data)
        found = read_png(file)
        assert found.shape == there.shape
        assert (found == there).all()


def test_compression_limits_the_code_length_of_rare_values() -> None:
    counts = [1, 1]
    while len(counts) < 26:
        counts.append(counts[-2] + counts[-1])
    data = np.random.default_rng(0).permutation(np.repeat(np.arange(26), counts)).astype(np.uint8)
    assert zlib.decompress(compress(data, 1)) == data.tobytes()


def test_all_cameras_are_used_unless_some_are_named() -> None:
    assert recipe().cameras == list_cameras(mg.load_task("grasp"))
    assert recipe(cameras=["wrist", "front"]).cameras == ("front", "wrist")
