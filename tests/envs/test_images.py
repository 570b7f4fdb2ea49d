"""Environments with images: spaces, names, the same bytes for the same episode, learning, and what is refused."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as check_env_sb3

import mygym_lite  # registers the ids
from mygym_lite.config.robot import load_robot
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError

KINDS = ("rgb", "depth", "mask", "links", "normals")
SEEING: dict[str, Any] = {
    "observe": ["proprio", "rgb", "depth", "mask"],
    "cameras": ["head", "wrist"],
    "size": (60, 44),
}
DTYPES = {"rgb": np.uint8, "depth": np.float32, "mask": np.int32, "links": np.int32, "normals": np.float32}


@pytest.fixture
def grasp() -> Iterator[TaskEnv]:
    env = TaskEnv("grasp", **SEEING)
    yield env
    env.close()


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Equal to the last byte, name by name."""
    return a.keys() == b.keys() and all(a[n].dtype == b[n].dtype and a[n].tobytes() == b[n].tobytes() for n in a)


def life(env: gym.Env[Any, Any], seed: int = 4, steps: int = 4) -> list[dict[str, Any]]:
    """Everything that is observed in an episode's first steps."""
    actions = np.random.default_rng(seed).uniform(-1, 1, (steps, *env.action_space.shape)).astype(np.float32)
    return [env.reset(seed=seed)[0], *(env.step(action)[0] for action in actions)]


def digest(seen: list[dict[str, Any]]) -> str:
    return sha256(b"".join(image[name].tobytes() for image in seen for name in sorted(image))).hexdigest()


# --- spaces and names


@pytest.mark.parametrize("id", ["mygym_lite/Grasp-v0", "mygym_lite/ReachPose-v0", "mygym_lite/ReachGoal-v0"])
def test_checkers_find_nothing(id: str) -> None:
    env = gym.make(id, observe=["proprio", "rgb", "depth", "mask"], cameras=["head", "wrist"], size=(84, 84))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        check_env(env.unwrapped, skip_render_check=True)
        check_env_sb3(env.unwrapped)
    flat = {f"{camera}_{kind}" for camera in ("head", "wrist") for kind in ("depth", "mask")}
    advised = [str(warning.message) for warning in said]  # an image of one number a pixel is one to flatten, it says
    assert {words.split()[2] for words in advised if "has an unconventional shape" in words} == flat
    assert len(advised) == 4
    env.close()


def test_images_are_named_after_camera_and_kind_and_have_rows_before_columns() -> None:
    env = TaskEnv("grasp", observe=[*KINDS, "touch"], cameras=["wrist", "side"], size=(60, 44))
    seen, _ = env.reset(seed=0)
    assert set(seen) == {"touch", *(f"{camera}_{kind}" for camera in ("wrist", "side") for kind in KINDS)}
    assert env.observation_space.contains(seen)
    for camera in ("wrist", "side"):
        for kind in KINDS:
            image = seen[f"{camera}_{kind}"]
            assert image.dtype == DTYPES[kind] == env.observation_space[f"{camera}_{kind}"].dtype
            assert image.shape == ((44, 60, 3) if kind in ("rgb", "normals") else (44, 60))
            assert image.flags.c_contiguous
    env.close()


def test_the_first_camera_and_its_own_size_are_taken_if_none_is_named() -> None:
    env = TaskEnv("grasp", observe=["rgb"], settings=["cameras.front.size=[50, 40]"])
    assert list(env.observation_space) == ["front_rgb"]
    assert env.observation_space["front_rgb"].shape == (40, 50, 3)
    env.close()


def test_without_images_nothing_is_drawn_and_nothing_is_said_of_them() -> None:
    env = TaskEnv("grasp")
    assert set(env.reset(seed=0)[0]) == {"proprio", "object", "touch"}
    env.close()


@pytest.mark.parametrize("task", ["grasp_clutter", "reach_pose"])
def test_numbers_in_masks_have_names_and_nothing_is_where_there_is_no_depth(task: str) -> None:
    env = TaskEnv(task, observe=list(KINDS), cameras=["front", "head"], size=(200, 150))
    seen, _ = env.reset(seed=0)
    objects = env.episode_task.objects
    expected = ["background", "floor", "table", "robot", *objects, *(["goal"] if env.task.goal else [])]
    assert list(env.mask_names.items()) == list(enumerate(expected))
    assert env.link_names[0] == "background"
    for camera in ("front", "head"):
        mask, links, depth = (seen[f"{camera}_{kind}"] for kind in ("mask", "links", "depth"))
        assert (mask == 0).tolist() == (links == 0).tolist() == (depth == 0.0).tolist()
        assert {"floor", "table", "robot"} <= {env.mask_names[n] for n in np.unique(mask).tolist()}
        for link in np.unique(links).tolist():  # a link belongs to the body that its name begins with
            bodies = {env.mask_names[n] for n in np.unique(mask[links == link]).tolist()}
            assert bodies == {env.link_names[link].split("/")[0]}
        view = env.view(camera, (200, 150))
        assert depth[depth > 0].min() > view.near
        assert depth.max() < view.far
        assert not seen[f"{camera}_normals"][mask == 0].any()
        assert (seen[f"{camera}_rgb"] > 0).any(axis=2).mean() > 0.99  # nothing is left black
    assert (seen["front_mask"] == 0).any()
    env.close()


# --- the same bytes


def test_an_episode_looks_the_same_in_every_environment_and_process(grasp: TaskEnv) -> None:
    here = digest(life(grasp))
    life(grasp, seed=9)
    assert digest(life(grasp)) == here
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_images import *; "
        "env = TaskEnv('grasp', **SEEING); print(digest(life(env)))"
    )
    there = subprocess.run([sys.executable, "-c", script, str(Path(__file__).parent)],
                           capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert there.split()[-1] == here


LOOKS = {
    "light.direction": [-0.5, 0.2, 0.6], "light.color": [1.0, 0.7, 0.5], "light.intensity": 1.6, "light.ambient": 0.2,
    "light.shadow": 0.2, "background.top": [0.1, 0.2, 0.9], "background.bottom": [0.6, 0.1, 0.1],
    "workspace.texture": "metal_brushed", "workspace.floor": "checker_blue", "workspace.color": [0.3, 0.5, 0.9],
    "workspace.height": 0.04, "objects.target.texture": "checker_grey", "objects.target.color": [0.9, 0.1, 0.8],
    "objects.target.size": 1.3, "cameras.front.fov": 60.0, "cameras.front.position": [1.2, 0.6, 0.7],
    "objects.target.model": "mug",
}  # fmt: skip


def test_what_an_episode_looks_like_is_forgotten_at_the_next() -> None:
    """Every look that varies changes the picture, and leaves no trace in the episode after it."""
    env = TaskEnv("grasp", observe=["rgb", "depth", "mask"], cameras=["front"], size=(120, 100))

    def seen(**looks: Any) -> dict[str, Any]:
        variations = {path: {"value": value} for path, value in looks.items()}
        return env.reset(seed=3, options={"variations": variations})[0]

    plain = seen()
    for path, value in LOOKS.items():
        changed = seen(**{path: value})
        assert not np.array_equal(changed["front_rgb"], plain["front_rgb"]), path
        if path.split(".")[0] in ("light", "background"):
            assert np.array_equal(changed["front_depth"], plain["front_depth"]), path
        assert same(seen(), plain), path
    env.close()


def test_several_worlds_in_processes_see_what_single_ones_see() -> None:
    envs = gym.make_vec("mygym_lite/Grasp-v0", num_envs=3, vectorization_mode="vector_entry_point", workers=2, **SEEING)
    actions = np.random.default_rng(1).uniform(-1, 1, (3, 3, *envs.single_action_space.shape)).astype(np.float32)
    together = [envs.reset(seed=10)[0], *(envs.step(batch)[0] for batch in actions)]
    assert together[0]["head_rgb"].shape == (3, 44, 60, 3)
    assert envs.observation_space.contains(together[0])
    envs.close()
    for index in range(3):
        env = TaskEnv("grasp", **SEEING)
        alone = [env.reset(seed=10 + index)[0], *(env.step(batch[index])[0] for batch in actions)]
        env.close()
        for a, b in zip(alone, together, strict=True):
            assert same(a, {name: images[index] for name, images in b.items()})


def test_images_do_not_change_what_happens() -> None:
    blind, seeing = TaskEnv("grasp_clutter"), TaskEnv("grasp_clutter", observe=["proprio", *KINDS], size=(40, 40))
    for seed in (0, 1):
        blind.reset(seed=seed)
        seeing.reset(seed=seed)
        for action in np.random.default_rng(seed).uniform(-1, 1, (10, *blind.action_space.shape)).astype(np.float32):
            told = [env.step(action)[1:] for env in (blind, seeing)]
            assert told[0] == told[1]
            assert blind.state.joints == seeing.state.joints
            assert blind.state.frames == seeing.state.frames
            assert blind.state.motions == seeing.state.motions
    blind.close()
    seeing.close()


def test_an_observation_shows_the_moment_that_it_belongs_to_and_stays_as_it_was(grasp: TaskEnv) -> None:
    moments = []
    for seen in (grasp.reset(seed=0)[0], *(grasp.step(np.full(8, 0.8, np.float32))[0] for _ in range(3))):
        moments.append((seen, {name: image.copy() for name, image in seen.items()}))
        for camera in ("head", "wrist"):
            now = grasp.render_images(camera, ("rgb", "depth", "mask"), (60, 44), "fast")
            if len(moments) == 4:
                assert all(np.array_equal(seen[f"{camera}_{kind}"], now[kind]) for kind in now)
    assert all(same(seen, copy) for seen, copy in moments)
    assert not np.array_equal(moments[0][0]["wrist_rgb"], moments[3][0]["wrist_rgb"])


def test_pictures_of_any_size_and_kind_leave_observations_alone(grasp: TaskEnv) -> None:
    plain = life(grasp)
    other = TaskEnv("grasp", **SEEING)
    seen = [other.reset(seed=4)[0]]
    for action in np.random.default_rng(4).uniform(-1, 1, (4, 8)).astype(np.float32):
        other.render_images("front", KINDS, (33, 21))
        other.render_images("head", ("rgb",), (60, 44))
        other.view("wrist", (10, 10))
        seen.append(other.step(action)[0])
    assert digest(seen) == digest(plain)
    other.close()


def test_cameras_may_be_asked_for_in_any_order() -> None:
    envs = [TaskEnv("grasp", **{**SEEING, "cameras": cameras}) for cameras in (["head", "wrist"], ["wrist", "head"])]
    assert same(*(env.reset(seed=5)[0] for env in envs))
    for env in envs:
        env.close()


# --- goals, pickling, going back


def test_a_goal_environment_keeps_its_goals_beside_the_images() -> None:
    env = GoalEnv("reach", observe=["proprio", "rgb", "mask"], cameras=["head"], size=(40, 40))
    seen = life(env)[-1]
    assert set(seen) == {"observation", "achieved_goal", "desired_goal", "head_rgb", "head_mask"}
    assert env.observation_space.contains(seen)
    reward = env.compute_reward(seen["achieved_goal"], seen["achieved_goal"], {})
    assert reward == 0.0
    env.close()


def test_a_pickled_environment_sees_the_same_and_goes_on(grasp: TaskEnv) -> None:
    life(grasp)
    twin = pickle.loads(pickle.dumps(grasp))
    assert twin.observation_space == grasp.observation_space
    for camera in ("head", "wrist", "front"):
        assert same(*(env.render_images(camera, KINDS, (50, 30)) for env in (grasp, twin)))
    for action in np.random.default_rng(0).uniform(-1, 1, (3, 8)).astype(np.float32):
        assert same(grasp.step(action)[0], twin.step(action)[0])
    twin.close()


def test_a_moment_that_is_returned_to_looks_the_same(grasp: TaskEnv) -> None:
    seen = life(grasp)[-1]
    moment = grasp.get_state()
    life(grasp, seed=8)
    assert same(grasp.set_state(moment), seen)


# --- learning


def test_ppo_learns_from_images_unchanged() -> None:
    env = gym.make("mygym_lite/Grasp-v0", observe=["proprio", "rgb", "depth", "mask"], cameras=["head"], size=(64, 48))
    model = PPO("MultiInputPolicy", env, n_steps=32, batch_size=32, n_epochs=1, seed=0, device="cpu")
    before = {name: p.detach().clone() for name, p in model.policy.named_parameters()}
    model.learn(64)
    assert model.num_timesteps == 64
    after = dict(model.policy.named_parameters())
    assert all(bool(p.isfinite().all()) for p in after.values())
    cnn = [name for name in after if "head_rgb.cnn" in name and name.endswith("weight")]
    assert cnn
    assert not any(bool((before[name] == after[name]).all()) for name in cnn)
    env.close()


# --- ways to render


def test_render_modes_draw_the_first_camera() -> None:
    for mode, kind in (("rgb_array", "rgb"), ("depth_array", "depth")):
        env = gym.make("mygym_lite/Grasp-v0", render_mode=mode, settings=["cameras.front.size=[90, 70]"])
        env.reset(seed=0)
        image = env.render()
        assert image.shape == ((70, 90, 3) if kind == "rgb" else (70, 90))
        assert np.array_equal(image, env.unwrapped.render_images("front", (kind,), quality="fine")[kind])
        env.close()


def test_fine_observations_are_nearer_to_what_many_more_pixels_show() -> None:
    """And depth and masks are the same."""
    envs = [TaskEnv("grasp", **SEEING, quality=quality) for quality in ("fast", "fine")]
    fast, fine = (env.reset(seed=0)[0] for env in envs)
    for camera in ("head", "wrist"):
        assert np.array_equal(fast[f"{camera}_depth"], fine[f"{camera}_depth"])
        assert np.array_equal(fast[f"{camera}_mask"], fine[f"{camera}_mask"])
        large = envs[1].render_images(camera, size=(480, 352))["rgb"].reshape(44, 8, 60, 8, 3).mean(axis=(1, 3))
        rough, smooth = (np.sqrt(np.mean((seen[f"{camera}_rgb"] - large) ** 2)) for seen in (fast, fine))
        assert smooth < 0.7 * rough
    for env in envs:
        env.close()


def test_the_engines_renderer_observes_the_same_things() -> None:
    envs = [TaskEnv("grasp", **SEEING, renderer=renderer) for renderer in ("raster", "tiny")]
    ours, theirs = (life(env)[-1] for env in envs)
    assert envs[0].observation_space == envs[1].observation_space
    assert envs[1].observation_space.contains(theirs)
    assert np.array_equal(ours["proprio"], theirs["proprio"])
    for camera in ("head", "wrist"):
        assert (ours[f"{camera}_mask"] != theirs[f"{camera}_mask"]).mean() < 0.002
        for body in np.unique(ours[f"{camera}_mask"]):  # box textures lie otherwise there, and it knows less of light
            mine = ours[f"{camera}_mask"] == body
            a, b = (seen[f"{camera}_rgb"][mine].mean(axis=0) for seen in (ours, theirs))
            assert np.abs(a - b).max() < 45 or mine.sum() < 40, (envs[0].mask_names[int(body)], a, b)
    for env in envs:
        env.close()


# --- robots


@pytest.mark.parametrize(("task", "robot"), [("grasp", "panda"), ("reach", "kuka"), ("reach", "humanoid")])
def test_every_robot_is_seen_through_the_cameras_that_it_has(task: str, robot: str) -> None:
    env = TaskEnv(task, robot=robot, observe=["rgb", "mask"], cameras=["front", "wrist"], size=(64, 64))
    seen, _ = env.reset(seed=0)
    assert ("head" in env.cameras) == (load_robot(robot).gaze is not None)
    robot_number = next(number for number, name in env.mask_names.items() if name == "robot")
    assert (seen["front_mask"] == robot_number).mean() > 0.02
    assert (seen["wrist_mask"] > 0).mean() > 0.5
    env.close()


def test_a_head_that_is_not_there_is_told_in_one_line() -> None:
    told = r"^cameras: 'head' is on the head, and panda has none; use one of front, wrist, side$"
    with pytest.raises(ConfigError, match=told):
        TaskEnv("grasp", robot="panda", observe=["rgb"], cameras=["head"])
    env = TaskEnv("grasp", robot="panda")
    env.reset(seed=0)
    with pytest.raises(ConfigError, match=told):
        env.render_images("head")
    with pytest.raises(ConfigError, match=told):
        env.view("head")
    env.close()


# --- bad input

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "camera": ({"cameras": ["haed"]}, "cameras: no 'haed' in grasp; did you mean 'head'?"),
    "no-camera": ({"cameras": []}, "cameras: is [], not a list of names"),
    "word": ({"cameras": "head"}, "cameras: is 'head', not a list of names"),
    "unseen": ({"cameras": ["head"], "observe": ["proprio"]}, "cameras: no kind of image is observed; add 'rgb'"),
    "kind": ({"observe": ["rbg"]}, "observe: no observation group 'rbg'; did you mean 'rgb'?"),
    "zero": ({"size": (0, 84)}, "size: 0 x 84 px; use 1 to 4096 px for width and height"),
    "negative": ({"size": (84, -1)}, "size: 84 x -1 px; use 1 to 4096 px for width and height"),
    "huge": ({"size": (84, 4097)}, "size: 84 x 4097 px; use 1 to 4096 px for width and height"),
    "one": ({"size": 84}, "size: is 84, not a width and a height in px; use for example (84, 84)"),
    "three": ({"size": (84, 84, 3)}, "size: is (84, 84, 3), not a width and a height"),
    "text": ({"size": ("wide", "high")}, "size: is ('wide', 'high'), not a width and a height"),
    "renderer": ({"renderer": "rastr"}, "renderer: 'rastr' is not a renderer; did you mean 'raster'?"),
    "quality": ({"quality": "best"}, "quality: 'best' is not a quality"),
    "tiny-fine": (
        {"renderer": "tiny", "quality": "fine"},
        "renderer: 'tiny' knows no 'fine'; use renderer 'raster' for it",
    ),
    "tiny-normals": ({"renderer": "tiny", "observe": ["normals"]}, "renderer: 'tiny' knows no 'normals'"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=list(MISTAKES))
def test_mistake_is_refused_in_one_line_before_the_first_episode(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, UsageError)) as caught:
        TaskEnv("grasp", **{"observe": ["rgb"], **arguments})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_mistake_in_a_picture_is_refused_in_one_line(grasp: TaskEnv) -> None:
    grasp.reset(seed=0)
    for arguments, message in (
        ({"camera": "wirst"}, "cameras: no 'wirst' in grasp; did you mean 'wrist'?"),
        ({"kinds": ("color",)}, "picture: no kind 'color'; "),
        ({"kinds": "rgb"}, "picture: "),
        ({"size": (0, 0)}, "size: 0 x 0 px; use 1 to 4096 px"),
        ({"quality": "finest"}, "quality: 'finest' is not a quality; did you mean 'fine'?"),
    ):
        with pytest.raises(ConfigError) as caught:
            grasp.render_images(**arguments)  # type: ignore[arg-type]
        assert str(caught.value).startswith(message), arguments
        assert "\n" not in str(caught.value)


def test_a_pose_that_is_no_number_is_told_and_not_drawn(grasp: TaskEnv) -> None:
    grasp.reset(seed=0)
    state = grasp.state
    frames = dict(state.frames)
    frames["target"] = frames["target"]._replace(position=(float("nan"), 0.0, 0.0))
    grasp.world.state = type(state)(**{name: getattr(state, name) for name in state.__slots__} | {"frames": frames})
    with pytest.raises(ConfigError, match=r"^a pose to draw is not finite; [^\n]+$"):
        grasp.render_images("front")


def test_a_texture_that_is_missing_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"wood_oka[^\n]+did you mean 'wood_oak'\?$"):
        TaskEnv("grasp", observe=["rgb"], settings=["objects.target.texture=wood_oka"])


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The package in a folder of its own, where compiled kernels cannot be kept beside their sources."""
    source = Path(mygym_lite.__file__).parent
    copytree(source, tmp_path / "mygym_lite", ignore=ignore_patterns("__pycache__"))
    for name in ("assets", "tasks", "evaluation"):
        (tmp_path / name).symlink_to(source.parent / name)
    for name in ("render", "sim"):
        (tmp_path / "mygym_lite" / name / "__pycache__").touch()  # a file in place of the folder, even for root
    return tmp_path


PICTURE = "import sys; from mygym_lite.cli import main; sys.exit(main())"


def draw_there(folder: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
    environment |= {"PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(cache), "HOME": str(cache)}
    command = [sys.executable, "-c", PICTURE, "picture", "reach", "--cameras", "head", "--out", str(folder / "a.png")]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)


def test_kernels_that_can_be_kept_nowhere_are_told_in_one_line(copied: Path) -> None:
    (copied / "cache").touch()
    found = draw_there(copied, copied / "cache")
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1
    assert (
        "compiled kernels cannot be stored there, nor in the user's cache folder; set NUMBA_CACHE_DIR" in found.stderr
    )
    assert not (copied / "a.png").exists()


@pytest.mark.slow
def test_kernels_are_kept_in_the_users_cache_where_the_package_cannot_be_written(copied: Path) -> None:
    """The wait for the compiler is told, once; the second process begins to draw at once."""
    first, second = (draw_there(copied, copied / "cache") for _ in range(2))
    assert first.returncode == second.returncode == 0
    assert first.stderr.count("compiling the renderer, once after installation: about") == 1
    assert "compiling" not in second.stderr
    assert (copied / "a.png").stat().st_size > 10_000
    assert list((copied / "cache").rglob("shade.*.nbc"))
