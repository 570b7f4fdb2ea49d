"""Images depend on task, variations and seed alone, to the byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import observations
from observations import IMAGE_KINDS, IMAGE_OPTIONS, compute_digest, have_equal_bytes, play_episode

from mygym_lite.envs.task_env import TaskEnv


def test_images_are_identical_in_another_environment_and_process(grasp_with_images: TaskEnv) -> None:
    here = compute_digest(play_episode(grasp_with_images))
    play_episode(grasp_with_images, seed=9)
    assert compute_digest(play_episode(grasp_with_images)) == here
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from observations import *; "
        "from mygym_lite.envs.task_env import TaskEnv; env = TaskEnv('grasp', **IMAGE_OPTIONS); "
        "print(compute_digest(play_episode(env)))"
    )
    there = subprocess.run([sys.executable, "-c", script, str(Path(observations.__file__).parent)],
                           capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert there.split()[-1] == here


VISUAL_VALUES = {
    "light.direction": [-0.5, 0.2, 0.6], "light.color": [1.0, 0.7, 0.5], "light.intensity": 1.6, "light.ambient": 0.2,
    "light.shadow": 0.2, "background.top": [0.1, 0.2, 0.9], "background.bottom": [0.6, 0.1, 0.1],
    "workspace.texture": "metal_brushed", "workspace.floor": "checker_blue", "workspace.color": [0.3, 0.5, 0.9],
    "workspace.height": 0.04, "objects.target.texture": "checker_grey", "objects.target.color": [0.9, 0.1, 0.8],
    "objects.target.size": 1.3, "cameras.front.fov": 60.0, "cameras.front.position": [1.2, 0.6, 0.7],
    "objects.target.model": "mug",
}  # fmt: skip


def test_visual_variations_hold_for_one_episode() -> None:
    """Each visual variation changes the image, and leaves no trace in the next episode."""
    env = TaskEnv("grasp", observe=["rgb", "depth", "mask"], cameras=["front"], size=(120, 100))

    def seen(**looks: Any) -> dict[str, Any]:
        variations = {path: {"value": value} for path, value in looks.items()}
        return env.reset(seed=3, options={"variations": variations})[0]

    plain = seen()
    for path, value in VISUAL_VALUES.items():
        changed = seen(**{path: value})
        assert not np.array_equal(changed["front_rgb"], plain["front_rgb"]), path
        if path.split(".")[0] in ("light", "background"):
            assert np.array_equal(changed["front_depth"], plain["front_depth"]), path
        assert have_equal_bytes(seen(), plain), path
    env.close()


def test_vector_environments_observe_the_same_images_as_single_ones() -> None:
    envs = gym.make_vec(
        "mygym_lite/Grasp-v0", num_envs=3, vectorization_mode="vector_entry_point", workers=2, **IMAGE_OPTIONS
    )
    actions = np.random.default_rng(1).uniform(-1, 1, (3, 3, *envs.single_action_space.shape)).astype(np.float32)
    together = [envs.reset(seed=10)[0], *(envs.step(batch)[0] for batch in actions)]
    assert together[0]["head_rgb"].shape == (3, 44, 60, 3)
    assert envs.observation_space.contains(together[0])
    envs.close()
    for index in range(3):
        env = TaskEnv("grasp", **IMAGE_OPTIONS)
        alone = [env.reset(seed=10 + index)[0], *(env.step(batch[index])[0] for batch in actions)]
        env.close()
        for a, b in zip(alone, together, strict=True):
            assert have_equal_bytes(a, {name: images[index] for name, images in b.items()})


def test_image_observations_do_not_change_the_physics() -> None:
    blind, seeing = TaskEnv("grasp_clutter"), TaskEnv("grasp_clutter", observe=["proprio", *IMAGE_KINDS], size=(40, 40))
    for seed in (0, 1):
        blind.reset(seed=seed)
        seeing.reset(seed=seed)
        for action in np.random.default_rng(seed).uniform(-1, 1, (10, *blind.action_space.shape)).astype(np.float32):
            results = [env.step(action)[1:] for env in (blind, seeing)]
            assert results[0] == results[1]
            assert blind.state.joints == seeing.state.joints
            assert blind.state.frames == seeing.state.frames
            assert blind.state.motions == seeing.state.motions
    blind.close()
    seeing.close()


def test_an_observation_shows_its_own_step_and_is_not_overwritten(grasp_with_images: TaskEnv) -> None:
    moments = []
    for seen in (
        grasp_with_images.reset(seed=0)[0],
        *(grasp_with_images.step(np.full(8, 0.8, np.float32))[0] for _ in range(3)),
    ):
        moments.append((seen, {name: image.copy() for name, image in seen.items()}))
        for camera in ("head", "wrist"):
            now = grasp_with_images.render_images(camera, ("rgb", "depth", "mask"), (60, 44), "fast")
            if len(moments) == 4:
                assert all(np.array_equal(seen[f"{camera}_{kind}"], now[kind]) for kind in now)
    assert all(have_equal_bytes(seen, copy) for seen, copy in moments)
    assert not np.array_equal(moments[0][0]["wrist_rgb"], moments[3][0]["wrist_rgb"])


def test_rendering_other_images_does_not_change_observations(grasp_with_images: TaskEnv) -> None:
    plain = play_episode(grasp_with_images)
    other = TaskEnv("grasp", **IMAGE_OPTIONS)
    seen = [other.reset(seed=4)[0]]
    for action in np.random.default_rng(4).uniform(-1, 1, (4, 8)).astype(np.float32):
        other.render_images("front", IMAGE_KINDS, (33, 21))
        other.render_images("head", ("rgb",), (60, 44))
        other.view("wrist", (10, 10))
        seen.append(other.step(action)[0])
    assert compute_digest(seen) == compute_digest(plain)
    other.close()


def test_observations_do_not_depend_on_the_order_of_cameras() -> None:
    envs = [
        TaskEnv("grasp", **{**IMAGE_OPTIONS, "cameras": cameras}) for cameras in (["head", "wrist"], ["wrist", "head"])
    ]
    assert have_equal_bytes(*(env.reset(seed=5)[0] for env in envs))
    for env in envs:
        env.close()
