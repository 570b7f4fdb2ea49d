"""Video datasets: successive steps with one appearance, equal ids from frame to frame, and exact optical flow."""

import json
import shutil
from contextlib import closing
from itertools import groupby, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

import mygym_lite as mg
from mygym_lite.config.state import Pose
from mygym_lite.datasets.checks.check import check_dataset
from mygym_lite.datasets.formats.flow import STEPS_PER_PIXEL, encode_flow, read_flow
from mygym_lite.datasets.frame import Frame
from mygym_lite.datasets.generate.plan import plan_dataset
from mygym_lite.datasets.optical_flow import Flow, Surfaces, compute_flow
from mygym_lite.datasets.scenes.frames import FrameGenerator
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.experts.expert import Expert
from mygym_lite.render.camera import View

STILL = Pose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
HALF_STEP = 0.5 / STEPS_PER_PIXEL


@pytest.fixture(scope="module")
def videos() -> list[list[Frame]]:
    """Videos of two cameras, of a scene of dropped objects and of one in an episode."""
    recipe = plan_dataset("grasp", "unused", 1, size=(96, 96), seed=1, cameras=["front", "wrist"], video=True).recipe
    numbers = [next(n for n in range(20) if recipe.is_settled(n) is kind) for kind in (True, False)]
    with closing(FrameGenerator(recipe, Expert.from_env)) as generator:
        frames = [frame for number in numbers for frame in generator.generate(number, 10**6)]
    frames.sort(key=lambda frame: (frame.scene, frame.camera, frame.number))
    return [list(group) for _, group in groupby(frames, lambda frame: (frame.scene, frame.camera))]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("video") / "dataset"
    settings = {"size": (64, 64), "cameras": ["front", "wrist"], "video": True, "moments": 4, "workers": 1}
    mg.make_dataset("grasp", folder, 24, ["coco", "flow"], **settings)
    return folder


def look_down(height: float, x: float = 0.0) -> View:
    """A camera that looks down from a height, of 64 px and a focal length of 32 px."""
    pose = np.array([[1.0, 0.0, 0.0, -x], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, -1.0, height], [0.0, 0.0, 0.0, 1.0]])
    return View("down", 64, 64, 90.0, 0.01, 10.0, pose)


def look_at_floor(view: View, height: float, floor: Pose = STILL) -> Surfaces:
    return Surfaces(view, np.full((64, 64), height, np.float32), np.ones((64, 64), np.int32), [floor])


def test_a_camera_that_moves_sideways_sees_the_floor_move_by_focal_length_over_height():
    flow = compute_flow(look_at_floor(look_down(2.0), 2.0), look_at_floor(look_down(2.0, x=0.1), 2.0))
    assert np.allclose(flow.vectors, [-32.0 * 0.1 / 2.0, 0.0])
    assert flow.valid.all()
    assert flow.occluded[:, :2].all()  # the points that leave the image
    assert not flow.occluded[:, 2:].any()


def test_a_floor_that_approaches_flows_away_from_the_centre():
    raised = Pose((0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0))
    flow = compute_flow(look_at_floor(look_down(2.0), 2.0), look_at_floor(look_down(2.0), 1.0, raised))
    offsets = np.arange(64) + 0.5 - 32.0
    assert np.allclose(flow.vectors[..., 0], offsets)
    assert np.allclose(flow.vectors[..., 1], offsets[:, None])


def test_a_point_behind_the_next_camera_has_no_flow():
    above = Pose((0.0, 0.0, 3.0), (0.0, 0.0, 0.0, 1.0))
    flow = compute_flow(look_at_floor(look_down(2.0), 2.0), look_at_floor(look_down(2.0), 1.0, above))
    assert not flow.valid.any()
    assert flow.occluded.all()
    assert not flow.vectors.any()


def test_what_another_body_hides_next_is_occluded():
    view, depth, bodies = look_down(2.0), np.full((64, 64), 2.0, np.float32), np.ones((64, 64), np.int32)
    hidden = bodies.copy()
    hidden[10:20, 10:20] = 2
    flow = compute_flow(*(Surfaces(view, depth, image, [STILL, STILL]) for image in (bodies, hidden)))
    assert flow.occluded.sum() == 100
    assert flow.occluded[10:20, 10:20].all()


def test_the_background_moves_with_the_rotation_of_the_camera_alone():
    sky = np.zeros((64, 64), np.float32), np.zeros((64, 64), np.int32)
    flow = compute_flow(Surfaces(look_down(2.0), *sky, []), Surfaces(look_down(1.0, x=0.5), *sky, []))
    assert not flow.vectors.any()
    assert flow.valid.all()


def test_frames_of_a_video_are_successive_steps_of_one_appearance(videos):
    for video in videos:
        assert [frame.video.index for frame in video] == list(range(16))
        assert len({json.dumps(frame.variation) for frame in video}) == 1
        assert all(frame.video.frame_rate == 20.0 for frame in video)
    dropped, episode = videos[0], videos[2]
    assert max(frame.objects[0].pose_in_robot.position[2] for frame in dropped) > 0.05 + min(
        frame.objects[0].pose_in_robot.position[2] for frame in dropped
    )
    steps = [np.abs(np.subtract(b.joints, a.joints)).max() for a, b in pairwise(episode)]
    assert 0.0 < max(steps) < 0.2


def test_flow_moves_the_pixels_of_an_object_as_its_pose_moves(videos):
    compared = 0
    for frame, later in ((a, b) for video in videos for a, b in pairwise(video)):
        after = {label.name: label for label in later.objects}
        for label in frame.objects:
            if label.px_visible == 0 or label.name not in after:
                continue
            v, u = np.nonzero(frame.mask == label.instance)
            depth = frame.depth[v, u]
            rays = np.linalg.inv(frame.intrinsics) @ np.stack([u + 0.5, v + 0.5, np.ones(len(u))])
            in_model = label.rotation.T @ ((rays * depth).T - label.translation).T
            moved = after[label.name].rotation @ in_model + after[label.name].translation[:, None]
            projected = (later.intrinsics @ moved)[:2] / moved[2]
            assert np.allclose(projected - [u + 0.5, v + 0.5], frame.video.flow.vectors[v, u].T, atol=1e-3)
            compared += 1
    assert compared > 50


def test_the_next_frame_shows_the_same_body_where_the_flow_leads(videos):
    for frame, later in ((a, b) for video in videos for a, b in pairwise(video)):
        names = {0: None} | {label.instance: label.name for label in frame.objects}
        later_names = {0: None} | {label.instance: label.name for label in later.objects}
        v, u = np.nonzero(~frame.video.flow.occluded)
        ends = (np.stack([v, u], axis=1) + 0.5 + frame.video.flow.vectors[v, u][:, ::-1]).astype(int)
        pairs = zip(frame.mask[v, u].tolist(), later.mask[tuple(ends.T)].tolist(), strict=True)
        assert all(names[a] == later_names[b] for a, b in set(pairs))


def test_the_last_frame_has_no_flow(videos):
    for video in videos:
        assert [frame.video.flow is None for frame in video] == [False] * 15 + [True]


def test_flow_files_are_those_of_kitti(tmp_path):
    rng = np.random.default_rng(0)
    vectors, valid = rng.uniform(-40.0, 40.0, (20, 30, 2)), rng.random((20, 30)) < 0.8
    vectors[0, 0], valid[0, 0] = (600.0, 0.0), True  # beyond 16 bits
    (tmp_path / "flow.png").write_bytes(encode_flow(Flow(vectors, valid, ~valid)))
    blue, green, red = np.moveaxis(cv2.imread(str(tmp_path / "flow.png"), cv2.IMREAD_UNCHANGED).astype(float), -1, 0)
    assert blue[0, 0] == 0
    valid[0, 0] = False
    assert np.array_equal(blue == 1, valid)
    decoded = np.stack([red - 2**15, green - 2**15], axis=-1) / 64.0
    assert np.abs(decoded - vectors)[valid].max() <= HALF_STEP + 1e-9
    read, read_valid = read_flow(tmp_path / "flow.png")
    assert np.array_equal(read[valid], decoded[valid])
    assert np.array_equal(read_valid, valid)


def test_coco_numbers_videos_and_objects_from_frame_to_frame(dataset):
    for split in ("train", "val", "test"):
        table = json.loads((dataset / "coco" / "annotations" / f"instances_{split}.json").read_text())
        if not table["images"]:
            continue
        images = {image["id"]: image for image in table["images"]}
        for video in table["videos"]:
            frames = [image["frame_id"] for image in images.values() if image["video_id"] == video["id"]]
            assert frames == list(range(len(frames)))
        objects = {(a["video_id"], a["name"]): a["instance_id"] for a in table["annotations"]}
        assert sorted(objects.values()) == list(range(1, len(objects) + 1))
        for entry in table["annotations"]:
            assert entry["instance_id"] == objects[entry["video_id"], entry["name"]]
            assert entry["video_id"] == images[entry["image_id"]]["video_id"]


def test_a_list_names_the_frames_of_each_video(dataset):
    videos = json.loads((dataset / "flow" / "videos.json").read_text())
    assert [video["id"] for video in videos] == list(range(1, 7))
    assert [video["images"] for video in videos[:2]] == [[0, 2, 4, 6], [1, 3, 5, 7]]
    assert all(video["flow"] == video["images"][:-1] for video in videos)
    assert {video["camera"] for video in videos} == {"front", "wrist"}


def test_the_check_accepts_it_and_names_what_is_damaged(dataset, tmp_path):
    assert check_dataset(dataset).ok
    folder = Path(shutil.copytree(dataset, tmp_path / "copy"))
    (folder / "flow" / "flow" / "000000.png").unlink()
    shutil.copy(folder / "flow" / "images" / "000001.png", folder / "flow" / "flow" / "000001.png")
    errors = check_dataset(folder).errors
    assert any(line.startswith("flow/flow/000000.png: cannot be read") for line in errors)
    assert any(line.startswith("flow/flow/000001.png: is not a flow") for line in errors)


def test_flow_needs_a_video():
    with pytest.raises(UsageError, match="flow is the motion to the next frame of a video; add --video"):
        plan_dataset("grasp", "unused", 8, ["flow"])
    with pytest.raises(ConfigError, match="did you mean 'flow'"):
        plan_dataset("grasp", "unused", 8, ["flw"], video=True)


def test_the_command_of_a_video_dataset_is_in_its_manifest():
    plan = plan_dataset("grasp", "unused", 96, ["coco", "flow"], video=True, cameras=["front"])
    assert plan.recipe.moments == 16
    assert plan.command.endswith("--cameras front --video")
    assert "--moments" not in plan.command
