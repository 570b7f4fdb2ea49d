"""Films, sheets and plates: what is on them, how large they are, and that a bad wish leaves nothing behind."""

import io
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from mygym_lite.cli.progress import EpisodeProgress
from mygym_lite.config.field_path import apply_setting
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.rollout.rollout import run_seeds
from mygym_lite.terms import load_task
from mygym_lite.viz.colorize import BACKGROUND_COLOR, Ramp, colorize
from mygym_lite.viz.contact_sheet import ContactSheet, stack_images
from mygym_lite.viz.film import EpisodeFilmer, arrange_tiles, compute_video_fps, tile_images
from mygym_lite.viz.image_files import open_png
from mygym_lite.viz.overlay import Overlay
from mygym_lite.viz.text import wrap_text
from mygym_lite.viz.video import open_video

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "import sys; from mygym_lite.cli import main; sys.exit(main())"]
SHORT = ("episode.seconds=0.5", "episode.hold_seconds=0.1")
STEPS, STILL = 10, 16  # actions of a short episode, and frames for which its outcome stays
LARGE = (280, 340)  # room enough for an overlay
TERMS, FORCES = ("approach", "lift", "gentle"), ("robot_table", "hand_object", "object_table")
INFO = {
    "success": True, "failure": None, "held_seconds": 0.5,
    "reward_terms": {"approach": 0.2, "lift": 1.0, "gentle": -0.4}, "contact_force": {"hand_object": 12.0},
}  # fmt: skip


@pytest.fixture(scope="module")
def grasp():
    env = TaskEnv("grasp", settings=SHORT)
    env.reset(seed=0)
    yield env
    env.close()


class Reel:
    """A film that is kept in memory."""

    def __init__(self):
        self.pictures, self.episodes = [], []

    def add(self, image):
        self.pictures.append(image)

    def end_episode(self):
        self.episodes.append(len(self.pictures))

    def close(self):
        pass


def filmed(env, *, seeds=(0,), **wishes):
    reel = Reel()
    list(run_seeds(env, "random", seeds, EpisodeFilmer(env, reel, **wishes).on_step))
    return reel


def frames_of(path):
    video, frames = cv2.VideoCapture(str(path)), []
    while (read := video.read())[0]:
        frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    return video, frames


def panel(width=480, height=480, terms=TERMS):
    overlay = Overlay((width, height), 20.0, 1.0, terms, FORCES)
    overlay.update(INFO)
    return overlay


def test_a_film_is_vp9_in_webm_at_real_speed(grasp, tmp_path):
    path = tmp_path / "grasp.webm"
    with open_video(path, compute_video_fps(grasp.task)) as film:
        list(run_seeds(grasp, "random", [0], EpisodeFilmer(grasp, film, size=(64, 48)).on_step))
    assert path.read_bytes()[:4] == b"\x1a\x45\xdf\xa3"  # Matroska
    assert b"webm" in path.read_bytes()[:64]
    video, frames = frames_of(path)
    assert int(video.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little") == b"VP90"
    assert video.get(cv2.CAP_PROP_FPS) == 20.0
    assert len(frames) == 1 + STEPS + STILL  # the beginning, every action, and the outcome for a moment


def test_a_film_shows_what_was_drawn(grasp, tmp_path):
    reel, path = filmed(grasp, size=(121, 91)), tmp_path / "grasp.webm"
    with open_video(path) as film:
        for picture in reel.pictures:
            film.add(picture)
    _, frames = frames_of(path)
    height, width, _ = reel.pictures[0].shape
    assert frames[0].shape == (height + height % 2, width + width % 2, 3)  # nothing is cut off
    for frame, picture in zip(frames, reel.pictures, strict=True):
        assert cv2.PSNR(frame[:height, :width], picture) > 25


@pytest.mark.parametrize(("hertz", "pictures"), [(10, 10), (60, 60), (100, 50), (240, 60)])
def test_no_more_pictures_than_a_screen_shows(hertz, pictures):
    assert compute_video_fps(apply_setting(load_task("reach"), f"episode.control_hz={hertz}")) == pictures


def test_one_picture_an_action_and_one_for_the_beginning(grasp):
    reel = filmed(grasp, seeds=(0, 1), size=(64, 48))
    assert reel.episodes == [1 + STEPS, 2 * (1 + STEPS)]
    assert len({picture.shape for picture in reel.pictures}) == 1


def test_a_film_shows_the_first_camera_at_its_own_size(grasp):
    shown = filmed(grasp).pictures[-1]
    seen = grasp.render_images("front")["rgb"]
    np.testing.assert_array_equal(shown[: seen.shape[0]], seen)
    assert shown.shape[0] > seen.shape[0]  # the caption
    assert shown.shape[1] == seen.shape[1]


def test_several_cameras_are_tiled(grasp):
    names = ("head", "front", "wrist")
    shown = filmed(grasp, cameras=names, size=(120, 90)).pictures[-1]
    for name, tile in zip(names, arrange_tiles(3, 120, 90), strict=True):
        part = shown[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
        seen = grasp.render_images(name, size=(tile.width, tile.height))["rgb"]
        half = tile.height // 2  # in the lower one stands the name
        np.testing.assert_array_equal(part[:half], seen[:half])
        assert (part[half:] != seen[half:]).any()


@pytest.mark.parametrize(
    ("count", "size"), [(1, (64, 48)), (2, (130, 48)), (3, (98, 48)), (4, (130, 98)), (5, (196, 98)), (9, (196, 148))]
)
def test_tiles(count, size):
    tiles = arrange_tiles(count, 64, 48)
    whole = tile_images([""] * count, [np.full((t.height, t.width, 3), 255, np.uint8) for t in tiles], tiles)
    assert whole.shape == (size[1], size[0], 3)
    assert tiles[0][2:] == (64, 48)
    covered = np.zeros(whole.shape[:2], int)
    for left, top, width, height in tiles:
        covered[top : top + height, left : left + width] += 1
    assert covered.max() == 1  # none lies on another


def test_the_outcome_is_in_the_caption(grasp):
    *_, before, last = filmed(grasp, size=(240, 60)).pictures
    assert is_in(last[60:], (240, 112, 96))
    assert not is_in(before[60:], (240, 112, 96))


def test_a_long_instruction_has_lines_of_its_own(grasp):
    with closing(TaskEnv("sort")) as env:
        env.reset(seed=0)
        lines = wrap_text(env.task_description, 10, 300, 2)
        reel = Reel()
        EpisodeFilmer(env, reel, size=(240, 60)).on_step({"success": False, "failure": None})
    assert len(lines) == 2
    assert " ".join(lines) == env.task_description
    plain = filmed(grasp, size=(240, 60)).pictures[0]
    assert len(reel.pictures[0]) > len(plain)
    assert is_in(reel.pictures[0][len(plain) :], (240, 242, 245))


def test_a_text_that_needs_more_lines_is_truncated():
    lines = wrap_text("put the red cube into the bowl", 10, 60, 2)
    assert len(lines) == 2
    assert lines[1].endswith("…")


def test_what_was_seen_last_remains_when_physics_broke(grasp):
    reel = Reel()
    camera = EpisodeFilmer(grasp, reel, size=(64, 48))
    grasp.reset(seed=0)
    camera.on_step({"success": False, "failure": None})
    grasp.reset(seed=1)
    camera.on_step({"success": False, "failure": "physics_error"})
    camera.on_step({"success": False, "failure": None})
    before, broken, after = (picture[:48] for picture in reel.pictures)
    np.testing.assert_array_equal(before, broken)
    assert (before != after).any()


def is_in(picture, color):
    return (np.abs(picture.astype(int) - color).max(axis=2) < 24).any()


def test_an_overlay_changes_its_panel_and_nothing_else(grasp):
    plain, told = (filmed(grasp, size=LARGE, overlay=overlay).pictures[4] for overlay in (False, True))
    left, top, width, height = panel(*LARGE, tuple(grasp.task.reward)).box
    changed = (plain != told).any(axis=2)
    assert changed[top + 8 : top + height - 8, left + 8 : left + width - 8].mean() > 0.9
    changed[top : top + height, left : left + width] = False
    assert not changed.any()


@pytest.mark.parametrize(
    "change",
    [
        {"success": False},
        {"held_seconds": 0.9},
        {"reward_terms": INFO["reward_terms"] | {"gentle": 0.0}},
        {"contact_force": {"hand_object": 3.0}},
        {"contact_force": {"hand_object": 12.0, "robot_table": 5.0}},
    ],
)
def test_an_overlay_tells(change):
    one, other = np.zeros((2, 480, 480, 3), np.uint8)
    panel().draw(one, INFO)
    overlay = Overlay((480, 480), 20.0, 1.0, TERMS, FORCES)
    overlay.update(INFO | change)
    overlay.draw(other, INFO | change)
    assert (one != other).any()


def test_an_overlay_remembers_the_force_of_this_episode_only():
    fresh, later, again = np.zeros((3, 480, 480, 3), np.uint8)
    panel().draw(fresh, INFO)
    overlay = panel()
    overlay.update(INFO | {"contact_force": {"hand_object": 70.0}})
    overlay.update(INFO)
    overlay.draw(later, INFO)
    overlay.reset()
    overlay.update(INFO)
    overlay.draw(again, INFO)
    assert (later != fresh).any()
    np.testing.assert_array_equal(again, fresh)


def test_an_overlay_knows_the_start_and_the_breakdown_of_an_episode(grasp):
    for info in ({"success": False, "failure": None}, INFO | {"reward_terms": {}, "contact_force": {}}):
        overlay, picture = Overlay((480, 480), 20.0, 0.0, TERMS, FORCES), np.zeros((480, 480, 3), np.uint8)
        overlay.update(info)
        overlay.draw(picture, info)
        assert picture.any()


def test_an_overlay_that_nobody_could_read_is_refused():
    with pytest.raises(ConfigError, match=r"--overlay: no room on 64 x 64 px; use a --size of at least 276x336"):
        panel(64, 64)
    assert panel(276, 336).box[2] < 276


def test_a_sheet_has_six_moments_an_episode(tmp_path):
    path = tmp_path / "sheet.png"
    with open_video(path) as film:
        for count in (3, 200):
            for moment in range(count):
                film.add(np.full((8, 10, 3), moment, np.uint8))
            film.end_episode()
    sheet = cv2.imread(str(path))
    assert sheet.shape == (16, 60, 3)
    assert sheet[0, ::10, 0].tolist() == [0, 0, 1, 1, 2, 2]
    moments = sheet[8, ::10, 0].astype(int)
    assert (moments[0], moments[-1]) == (0, 199)
    assert np.abs(np.diff(moments) - 199 / 5).max() <= 8  # evenly spread


@pytest.mark.parametrize("ending", [".webm", ".png"])
def test_a_film_that_is_broken_off_leaves_what_was_there(tmp_path, ending):
    path = tmp_path / f"film{ending}"
    path.write_text("an older film", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), open_video(path) as film:
        film.add(np.zeros((48, 64, 3), np.uint8))
        film.end_episode()
        raise KeyboardInterrupt
    assert path.read_text(encoding="utf-8") == "an older film"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "remedy"), [("film.gif", ".webm"), ("nowhere/film.webm", "make it first"), ("folder.webm", "name a file")]
)
def test_paths_that_will_not_do(tmp_path, name, remedy):
    (tmp_path / "folder.webm").mkdir()
    with pytest.raises(ConfigError, match=remedy), open_video(tmp_path / name):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["folder.webm"]


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a folder in which nobody can write")
@pytest.mark.parametrize("opened", [lambda: open_video(Path("/proc/a.webm")), lambda: open_png(Path("/proc/a.png"))])
def test_a_folder_in_which_nobody_can_write(opened):
    with pytest.raises(UsageError, match="cannot be written"), opened():
        pass


def test_no_encoder(tmp_path):
    film = str(tmp_path / "film.webm")
    words = ["watch", "reach", "--policy", "random", "--size", "64x64", "--episodes", "1", "--video", film]
    surroundings = os.environ | {"OPENCV_VIDEOIO_PRIORITY_FFMPEG": "0", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*COMMAND, *words], env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert (
        done.stderr == "mygym-lite: film: OpenCV here opens no VP9 encoder for 64 x 84 px; write a storyboard, .png\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_depth_in_colours():
    depth = np.array([[0.5, 1.0], [2.0, 0.0]], np.float32)
    shown = colorize("depth", depth, {})
    assert shown.ramp == Ramp(0.5, 2.0)
    assert shown.ramp.ticks == {0.0: "0.5", 0.5: "1", 1.0: "2"}
    assert shown.image[0, 0].tolist() == shown.ramp.colors[0].tolist()  # the nearest
    assert shown.image[1, 0].tolist() == shown.ramp.colors[-1].tolist()
    assert tuple(shown.image[1, 1]) == BACKGROUND_COLOR
    assert [swatch.name for swatch in shown.swatches] == ["nothing"]
    assert shown.ramp.colors.sum(axis=1)[0] > shown.ramp.colors.sum(axis=1)[-1]  # what is near is bright


def test_depth_without_contrast_or_without_anything():
    flat, nothing = colorize("depth", np.full((2, 2), 1.3), {}), colorize("depth", np.zeros((2, 2)), {})
    assert list(flat.ramp.ticks.values()) == ["1.3", "1.31"]
    assert nothing.ramp is None
    assert np.unique(nothing.image.reshape(-1, 3), axis=0).tolist() == [list(BACKGROUND_COLOR)]


def test_masks_in_colours_have_a_legend_of_what_is_seen(grasp):
    mask = grasp.render_images("front", ("mask",), (96, 72))["mask"]
    shown = colorize("mask", mask, grasp.mask_names)
    assert {swatch.name for swatch in shown.swatches} == {grasp.mask_names[number] for number in np.unique(mask)}
    assert {"robot", "table", "target"} <= {swatch.name for swatch in shown.swatches}
    for swatch in shown.swatches:
        same = (shown.image == swatch.color).all(axis=2)
        np.testing.assert_array_equal(
            same, np.isin(mask, [n for n, name in grasp.mask_names.items() if name == swatch.name])
        )


def test_every_link_has_a_colour_of_its_own():
    numbers = np.arange(64).reshape(8, 8)
    shown = colorize("links", numbers, {int(n): str(n) for n in numbers.flat})
    assert len({swatch.color for swatch in shown.swatches}) == 64


def test_normals_in_colours():
    axes = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]], np.float32)
    shown = colorize("normals", axes, {})
    assert [swatch.name for swatch in shown.swatches] == ["+x", "+y", "+z", "nothing"]
    assert [tuple(color) for color in shown.image[0].tolist()] == [swatch.color for swatch in shown.swatches]


def test_a_plate_holds_the_images_as_they_are(grasp):
    kinds, size = ("rgb", "depth", "mask"), (96, 72)
    rows = []
    for name in ("front", "head"):
        images = grasp.render_images(name, kinds, size)
        rows.append((name, [colorize(kind, images[kind], grasp.mask_names) for kind in kinds]))
    alone, plate = stack_images(kinds, rows), ContactSheet(*size).lay_out(kinds, rows)
    assert alone.shape == (2 * 72, 3 * 96, 3)
    assert plate.shape[0] > alone.shape[0]
    assert plate.shape[1] > alone.shape[1]
    depth = rows[1][1][1].image
    left, top = cv2.minMaxLoc(cv2.matchTemplate(plate, depth, cv2.TM_SQDIFF))[2]
    np.testing.assert_array_equal(plate[top : top + 72, left : left + 96], depth)


def test_a_plate_grows_with_its_legend():
    def plate(names):
        numbers = np.arange(len(names)).repeat(8).reshape(1, -1).repeat(20, axis=0)
        images = [colorize("mask", numbers, dict(enumerate(names)))]
        return ContactSheet(8 * len(names), 20).lay_out(["mask"], [("a", images)])

    assert plate(["long name"] * 40).shape[0] > plate([""] * 40).shape[0]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_one_line_that_goes_away(grasp, monkeypatch):
    monkeypatch.setattr("mygym_lite.cli.progress._EPISODE_PERIOD", 0.0)
    terminal = Terminal()
    progress = EpisodeProgress(grasp, 2, terminal, width=70)
    records = list(progress.track(run_seeds(grasp, "random", [0, 1], progress.on_step)))
    lines = terminal.getvalue().split("\r\x1b[K")
    shown = [line for line in lines if line]
    assert len(records) == 2
    assert len(shown) == 2 * (1 + STEPS)
    assert "\n" not in terminal.getvalue()
    assert lines[-1] == ""
    assert all(len(line) < 70 for line in shown)
    assert shown[5].startswith("episode 1/2 ")
    assert " 25%  0.2 s simulated, " in shown[5]
    assert shown[-1].startswith("episode 2/2 ")
    assert shown[-1].endswith(" left")


def test_progress_is_for_terminals(grasp):
    stream = io.StringIO()
    progress = EpisodeProgress(grasp, 1, stream)
    list(progress.track(run_seeds(grasp, "random", [0], progress.on_step)))
    assert stream.getvalue() == ""
