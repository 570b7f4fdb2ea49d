"""How fast pictures are drawn, and what they add to a step."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from mygym_lite.bench import BenchmarkResult
from mygym_lite.bench.actions import record_expert_actions
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.sim import tiny_renderer
from mygym_lite.terms import load_task

_TASK = "grasp"
_DRAWS = 20  # of a moment in a row, by each renderer in turn
_EVERY = 10  # steps between moments
_TARGETS = {84: 10.0, 128: 15.0, 256: 15.0}  # px: times as many pictures as TinyRenderer
_ALL = ("rgb", "depth", "mask", "links")
_SEEDS = (0, 1)
_SMALL = (84, 84)
_THREE = ("front", "head", "wrist")
_FIRST_PICTURE = """
import mygym_lite
env = mygym_lite.make("grasp", observe=["rgb"], size=(84, 84))
env.reset(seed=0)
"""


def run_benchmark() -> list[BenchmarkResult]:
    """All that `bench render` measures."""
    return [
        *(measure_renderers(edge, target) for edge, target in _TARGETS.items()),
        measure_image_step(),
        measure_cameras(),
        *measure_startup(),
    ]


def measure_renderers(edge: int, target: float) -> BenchmarkResult:
    """Pictures of moments of the expert's episodes by both renderers; ours begin with where everything is."""
    ours: list[float] = []
    theirs: list[float] = []
    raster, engine = TaskEnv(_TASK), TaskEnv(_TASK, renderer="tiny")
    with closing(raster), closing(engine):
        for seed in _SEEDS:
            actions = record_expert_actions(raster, seed)
            raster.reset(seed=seed)
            engine.reset(seed=seed)
            for number, action in enumerate(actions):
                raster.step(action)
                engine.step(action)
                if number % _EVERY == 0:
                    ours += [_seconds(lambda: _raster_picture(raster, edge)) for _ in range(_DRAWS)]
                    theirs += [_seconds(lambda: _engine_picture(engine, edge)) for _ in range(_DRAWS)]
    return BenchmarkResult(
        f"picture {edge} px", 1 / median(ours), 1 / median(theirs), "1/s", target, "at least",
        note=f"{_TASK}: colour, depth, masks and shadow, {_DRAWS} in a row; against TinyRenderer",
    )  # fmt: skip


def _raster_picture(env: TaskEnv, edge: int) -> None:
    env.world.state = replace(env.world.state)  # as if the moment had just come
    env.camera_rig.draw(None, _ALL, (edge, edge))


def _engine_picture(env: TaskEnv, edge: int) -> None:
    tiny_renderer.render_raw(env.world.client, env.view(None, (edge, edge)), env.episode_task.light)


def measure_image_step() -> BenchmarkResult:
    """A step that is seen by one camera, against the same step unseen."""
    with closing(TaskEnv(_TASK)) as blind, closing(_seeing(("front",))) as seeing:
        return _against("image step", seeing, blind, 2.5, f"{_TASK}: 84 px, one camera, colour; against no image")


def measure_cameras() -> BenchmarkResult:
    """Images of three cameras against those of one, without the physics."""
    one: list[float] = []
    three: list[float] = []
    with closing(_seeing(_THREE)) as env:
        actions = record_expert_actions(env, 0)
        env.reset(seed=0)
        for action in actions:
            env.step(action)
            env.world.state = replace(env.world.state)
            one.append(_seconds(lambda: env.camera_rig.draw("front", ("rgb",), _SMALL)))
            env.world.state = replace(env.world.state)
            three.append(_seconds(lambda: [env.camera_rig.draw(name, ("rgb",), _SMALL) for name in _THREE]))
    return BenchmarkResult("three cameras", 1e3 * median(three), 1e3 * median(one), "ms", 2.2, "at most",
                  note=f"{_TASK}: 84 px, colour, one moment; against one camera")  # fmt: skip


def measure_startup() -> list[BenchmarkResult]:
    """From starting Python to the first image: compiled anew, and as it is ever after."""
    with TemporaryDirectory() as folder:
        cold, warm = (_first_picture(folder) for _ in range(2))
    return [
        BenchmarkResult(
            "first use", cold, warm, "s", 30.0, "at most", compared="ours", note="compiling, against a later process"
        ),
        BenchmarkResult(
            "start", warm, cold, "s", 2.0, "at most", compared="ours", note="from starting Python to the first image"
        ),
    ]


def _first_picture(folder: str) -> float:
    environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
    return _seconds(lambda: subprocess.run([sys.executable, "-c", _FIRST_PICTURE], env=environment, check=True,
                                           capture_output=True))  # fmt: skip


def _seeing(cameras: tuple[str, ...]) -> TaskEnv:
    groups = load_task(_TASK).observe
    return TaskEnv(_TASK, observe=[*groups, "rgb"], cameras=cameras, size=_SMALL)


def _against(name: str, seeing: TaskEnv, blind: TaskEnv, target: float, note: str) -> BenchmarkResult:
    ours: list[float] = []
    theirs: list[float] = []
    for seed in _SEEDS:
        actions = record_expert_actions(blind, seed)
        seeing.reset(seed=seed)
        blind.reset(seed=seed)
        for action in actions:
            ours.append(_seconds(partial(seeing.step, action)))
            theirs.append(_seconds(partial(blind.step, action)))
    return BenchmarkResult(name, 1e3 * median(ours), 1e3 * median(theirs), "ms", target, "at most", note=note)


def _seconds(act: Callable[[], object]) -> float:
    started = perf_counter()
    act()
    return perf_counter() - started
