"""Speed of rendering, and cost of image observations per step."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from functools import partial
from statistics import median
from tempfile import TemporaryDirectory

from mygym_lite.bench import BenchmarkResult, Target, time_call
from mygym_lite.bench.actions import record_expert_actions
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.sim.bullet import tiny_renderer
from mygym_lite.sim.bullet.engine import BulletEngine
from mygym_lite.terms import load_task

_TASK = "grasp"
_RENDERS = 20  # consecutive renders of a frame by each renderer
_EVERY = 10  # steps between measured frames
_TARGETS = {84: 10.0, 128: 15.0, 256: 15.0}  # image size in px: minimum speedup over TinyRenderer
_KINDS = ("rgb", "depth", "mask", "links")
_SEEDS = (0, 1)
_SIZE = (84, 84)
_CAMERAS = ("front", "head", "wrist")
_FIRST_IMAGE_SCRIPT = """
import mygym_lite
env = mygym_lite.make("grasp", observe=["rgb"], size=(84, 84))
env.reset(seed=0)
"""


def run_benchmark() -> list[BenchmarkResult]:
    """Run the benchmarks of `bench render`."""
    return [
        *(measure_renderers(edge, target) for edge, target in _TARGETS.items()),
        measure_image_step(),
        measure_cameras(),
        *measure_startup(),
    ]


def measure_renderers(edge: int, target: float) -> BenchmarkResult:
    """Measure images per second of both renderers over frames of expert episodes, including our pose updates."""
    ours: list[float] = []
    theirs: list[float] = []
    raster, tiny = TaskEnv(_TASK), TaskEnv(_TASK, renderer="tiny")
    with closing(raster), closing(tiny):
        for seed in _SEEDS:
            actions = record_expert_actions(raster, seed)
            raster.reset(seed=seed)
            tiny.reset(seed=seed)
            for number, action in enumerate(actions):
                raster.step(action)
                tiny.step(action)
                if number % _EVERY == 0:
                    ours += [time_call(lambda: _render_raster(raster, edge)) for _ in range(_RENDERS)]
                    theirs += [time_call(lambda: _render_tiny(tiny, edge)) for _ in range(_RENDERS)]
    return BenchmarkResult(
        f"image {edge} px",
        1 / median(ours),
        1 / median(theirs),
        "1/s",
        Target("at least", target),
        note=f"{_TASK}: color, depth, masks and shadow, {_RENDERS} in a row; reference: TinyRenderer",
    )


def _render_raster(env: TaskEnv, edge: int) -> None:
    env.world.state = replace(env.world.state)  # invalidates cached poses
    env.camera_rig.draw(None, _KINDS, (edge, edge))


def _render_tiny(env: TaskEnv, edge: int) -> None:
    assert isinstance(env.world.engine, BulletEngine)
    tiny_renderer.render_raw(env.world.engine.client, env.view(None, (edge, edge)), env.episode_task.light)


def measure_image_step() -> BenchmarkResult:
    """Measure a step with an image observation against the same step without."""
    ours: list[float] = []
    theirs: list[float] = []
    with closing(TaskEnv(_TASK)) as plain, closing(_make_image_env(("front",))) as imaging:
        for seed in _SEEDS:
            actions = record_expert_actions(plain, seed)
            imaging.reset(seed=seed)
            plain.reset(seed=seed)
            for action in actions:
                ours.append(time_call(partial(imaging.step, action)))
                theirs.append(time_call(partial(plain.step, action)))
    return BenchmarkResult.from_seconds(
        "image step", ours, theirs, Target("at most", 2.5), f"{_TASK}: 84 px, one camera, color; reference: no image"
    )


def measure_cameras() -> BenchmarkResult:
    """Measure images of three cameras against one camera, without physics."""
    one: list[float] = []
    three: list[float] = []
    with closing(_make_image_env(_CAMERAS)) as env:
        actions = record_expert_actions(env, 0)
        env.reset(seed=0)
        for action in actions:
            env.step(action)
            env.world.state = replace(env.world.state)
            one.append(time_call(lambda: env.camera_rig.draw("front", ("rgb",), _SIZE)))
            env.world.state = replace(env.world.state)
            three.append(time_call(lambda: [env.camera_rig.draw(name, ("rgb",), _SIZE) for name in _CAMERAS]))
    return BenchmarkResult.from_seconds(
        "three cameras", three, one, Target("at most", 2.2), f"{_TASK}: 84 px, color; reference: one camera"
    )


def measure_startup() -> list[BenchmarkResult]:
    """Measure the time from starting Python to the first image, without and with a cache of compiled kernels."""
    with TemporaryDirectory() as folder:
        cold, warm = (_time_first_image(folder) for _ in range(2))
    return [
        BenchmarkResult(name, ours, theirs, "s", Target("at most", target, "ours"), note=note)
        for name, ours, theirs, target, note in (
            ("first use", cold, warm, 30.0, "including compilation; reference: a later process"),
            ("start", warm, cold, 2.0, "from starting Python to the first image"),
        )
    ]


def _time_first_image(folder: str) -> float:
    environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
    command = [sys.executable, "-c", _FIRST_IMAGE_SCRIPT]
    return time_call(lambda: subprocess.run(command, env=environment, check=True, capture_output=True))


def _make_image_env(cameras: tuple[str, ...]) -> TaskEnv:
    groups = load_task(_TASK).observe
    return TaskEnv(_TASK, observe=[*groups, "rgb"], cameras=cameras, size=_SIZE)
