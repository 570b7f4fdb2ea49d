"""Scenes of objects that were dropped above the workspace and have come to rest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task import ObjectConfig, Task, Vec2
from mygym_lite.config.workspace import load_workspace
from mygym_lite.datasets.recipe import MOMENTS_PER_SCENE, OBJECT_BANK, DatasetRecipe
from mygym_lite.errors import PhysicsError
from mygym_lite.rng import Rng, make_stream
from mygym_lite.sim.world import World

MAX_OBJECTS = 6  # objects
_LEFT_OUT = 0.2  # chance of each of the task's own objects to be missing
_AIR = (0.01, 0.06)  # m, least and most of free height below an object
_UPRIGHT = 0.4  # chance to fall as it stands, rather than turned in any way
_SECONDS = 1.5  # at most, to come to rest
_STILL = 0.04  # m/s; what only rolls slowly may go on to do so
_TRIES = 20


class SettledScenes:
    """Drops the objects of any scene."""

    def __init__(self, recipe: DatasetRecipe) -> None:
        self._recipe = recipe
        self.world = World()

    def iterate_moments(self, seed: int) -> Iterator[Task]:
        """The task of a scene as its world is: the same at all moments."""
        for attempt in range(_TRIES):
            rng = make_stream(seed, f"dataset/drop/{attempt}")
            task = self._drawn(seed, rng)
            self.world.reset(task, seed)
            self.world.set_object_poses(sample_drop_poses(task, rng))
            try:
                self._settle(task)
            except PhysicsError:
                if attempt == _TRIES - 1:
                    raise
            else:
                break
        for _ in range(MOMENTS_PER_SCENE):
            yield task

    def _drawn(self, seed: int, rng: Rng) -> Task:
        """The task of an episode with other objects, and with a robot that does nothing while it is told nothing."""
        drawn = sample(self._recipe.task, self._recipe.variations, seed)
        objects = {name: thing for name, thing in drawn.objects.items() if thing.fixed}
        loose = {name: thing for name, thing in drawn.objects.items() if not thing.fixed}
        count = int(rng.integers(1, MAX_OBJECTS, endpoint=True))
        kept = [name for name in loose if rng.random() >= _LEFT_OUT][:count]
        extra = rng.choice(list_objects(OBJECT_BANK), count - len(kept), replace=True).tolist()
        names = (f"extra_{number}" for number in range(len(extra)))
        objects |= {name: loose[name] for name in kept}
        objects |= {name: ObjectConfig(model, (0.0, 0.0, 0.0)) for name, model in zip(names, extra, strict=True)}
        rules = drawn.distractors and replace(
            drawn.distractors, count=sum(name not in self._recipe.task.objects for name in objects)
        )
        robot = replace(drawn.robot, control="joint_delta")
        return resolve(replace(drawn, objects=objects, distractors=rules, robot=robot, pushes={}))

    def _settle(self, task: Task) -> None:
        idle = np.zeros(self.world.action_size)
        for _ in range(math.ceil(_SECONDS * task.episode.control_hz)):
            if _at_rest(self.world.step(idle), task.objects):
                break

    def close(self) -> None:
        """Let the physics engine go."""
        self.world.close()


def _at_rest(state: State, objects: Mapping[str, ObjectConfig]) -> bool:
    return all(abs(x) < _STILL for name in objects for x in state.motions[name].linear)


def sample_drop_poses(task: Task, rng: Rng) -> dict[str, Pose]:
    """Where the loose objects begin to fall: each above those before it that it might fall upon."""
    region = task.distractors.region if task.distractors else load_workspace(task.workspace.model).area
    piled: list[tuple[float, float, float, float]] = []  # x, y, radius and top of what is there, m
    poses: dict[str, Pose] = {}
    for name, thing in task.objects.items():
        radius = 0.5 * thing.size * math.hypot(*load_object(thing.model).extents)
        if thing.fixed:
            piled.append((*thing.initial_position[:2], radius, thing.initial_position[2] + 2.0 * radius))
            continue
        x, y = _spot(region, rng)
        below = [top for px, py, reach, top in piled if math.hypot(x - px, y - py) < reach + radius]
        z = max([0.0, *below]) + radius + float(rng.uniform(*_AIR))
        piled.append((x, y, radius, z + radius))
        poses[name] = Pose((x, y, task.workspace.height + z), _turn(rng))
    return poses


def _spot(region: tuple[Vec2, Vec2], rng: Rng) -> tuple[float, float]:
    (x0, y0), (x1, y1) = region
    along, across = rng.random(2).tolist()
    return x0 + (x1 - x0) * along, y0 + (y1 - y0) * across


def _turn(rng: Rng) -> tuple[float, float, float, float]:
    """Upright with any yaw, or turned evenly over all rotations."""
    numbers: Sequence[float] = rng.standard_normal(4).tolist()
    x, y, z, w = (0.0, 0.0, *numbers[2:]) if rng.random() < _UPRIGHT else numbers
    length = math.hypot(x, y, z, w)
    return x / length, y / length, z / length, w / length
