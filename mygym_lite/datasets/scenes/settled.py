"""Scenes of objects that were dropped above the workspace and came to rest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.objects import load_object
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig, Vec2
from mygym_lite.config.workspace import load_workspace
from mygym_lite.datasets.recipe import DatasetRecipe
from mygym_lite.errors import PhysicsError
from mygym_lite.rng import Rng, make_stream
from mygym_lite.sim.world import World

MAX_OBJECTS = 6  # loose objects of a scene
_OMISSION_PROBABILITY = 0.2  # of each of the task's own objects
_CLEARANCE = (0.01, 0.06)  # m, range of the free height below an object
_UPRIGHT_PROBABILITY = 0.4  # of an upright orientation, instead of a uniformly random one
_MAX_SECONDS = 1.5  # to come to rest
_REST_SPEED = 0.04  # m/s; slower rolling is accepted
_ATTEMPTS = 20
_MOTION = 0.5  # of the largest change of the joints, in videos
Array = NDArray[np.float64]


class SettledScenes:
    """Drops the objects of a scene and lets them settle."""

    def __init__(self, recipe: DatasetRecipe) -> None:
        self._recipe = recipe
        self.world = World()

    def iterate_moments(self, seed: int) -> Iterator[Task]:
        """Yield the task once for each moment of a scene: at rest, or in a video step by step from the drop."""
        for attempt in range(_ATTEMPTS):
            task = self._drop(seed, attempt)
            try:
                motion = self._move_arm(seed, attempt) if self._recipe.video else self._settle(task)
            except PhysicsError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        if self._recipe.video:
            self._drop(seed, attempt)
        for moment in range(self._recipe.moments):
            if self._recipe.video and moment:
                self.world.step(motion)
            yield task

    def _drop(self, seed: int, attempt: int) -> Task:
        """Start the scene with its objects in the air."""
        rng = make_stream(seed, f"dataset/drop/{attempt}")
        task = self._sample_task(seed, rng)
        self.world.reset(task, seed)
        self.world.set_object_poses(sample_drop_poses(task, rng))
        return task

    def _sample_task(self, seed: int, rng: Rng) -> Task:
        """Sample an episode's task, with a random set of objects and a robot that stands still at zero actions."""
        task = sample(self._recipe.task, self._recipe.variations, seed)
        objects = {name: config for name, config in task.objects.items() if config.fixed}
        loose = {name: config for name, config in task.objects.items() if not config.fixed}
        required = find_required_objects(task)
        count = max(len(required), int(rng.integers(1, MAX_OBJECTS, endpoint=True)))
        chosen = [name for name in loose if rng.random() >= _OMISSION_PROBABILITY or name in required]
        selected = sorted(chosen, key=lambda name: name not in required)[:count]
        extra = rng.choice(self._recipe.added_models, count - len(selected), replace=True).tolist()
        objects |= {name: loose[name] for name in selected}
        objects |= {f"extra_{i}": ObjectConfig(model, (0.0, 0.0, 0.0)) for i, model in enumerate(extra)}
        added = sum(name not in self._recipe.task.objects for name in objects)
        distractors = task.distractors and replace(task.distractors, count=added)
        robot = replace(task.robot, control="joint_delta")
        return resolve(replace(task, objects=objects, distractors=distractors, robot=robot, pushes={}))

    def _settle(self, task: Task) -> Array:
        """Step until nothing moves; return the action at rest."""
        action = np.zeros(self.world.action_size)
        for _ in range(math.ceil(_MAX_SECONDS * task.episode.control_hz)):
            if _is_at_rest(self.world.step(action), task.objects):
                break
        return action

    def _move_arm(self, seed: int, attempt: int) -> Array:
        """Try out a random motion of the robot for the length of a video; return its action."""
        limits = np.full(self.world.action_size, _MOTION)
        action = make_stream(seed, f"dataset/drop/{attempt}/motion").uniform(-limits, limits)
        for _ in range(self._recipe.moments):
            self.world.step(action)
        return action

    def close(self) -> None:
        """Disconnect the physics engine."""
        self.world.close()


def find_required_objects(task: Task) -> set[str]:
    """Find the loose objects that regions belong to or that cameras on the robot look at; a scene has them all."""
    named = {region.of for region in task.regions.values()}
    named |= {str(camera.look_at) for camera in task.cameras.values() if camera.mount is not None}
    return {name for name, config in task.objects.items() if not config.fixed and name in named}


def _is_at_rest(state: State, objects: Mapping[str, ObjectConfig]) -> bool:
    return all(abs(x) < _REST_SPEED for name in objects for x in state.motions[name].linear)


def sample_drop_poses(task: Task, rng: Rng) -> dict[str, Pose]:
    """Sample the poses from which loose objects fall, each above the earlier objects below it."""
    region = task.distractors.region if task.distractors else load_workspace(task.workspace.model).area
    pile: list[tuple[float, float, float, float]] = []  # x, y, radius and top of each placed object, m
    poses: dict[str, Pose] = {}
    for name, config in task.objects.items():
        radius = 0.5 * config.size * math.hypot(*load_object(config.model).extents)
        if config.fixed:
            pile.append((*config.initial_position[:2], radius, config.initial_position[2] + 2.0 * radius))
            continue
        x, y = _sample_position(region, rng)
        below = [top for px, py, extent, top in pile if math.hypot(x - px, y - py) < extent + radius]
        z = max([0.0, *below]) + radius + float(rng.uniform(*_CLEARANCE))
        pile.append((x, y, radius, z + radius))
        poses[name] = Pose((x, y, task.workspace.height + z), _sample_rotation(rng))
    return poses


def _sample_position(region: tuple[Vec2, Vec2], rng: Rng) -> tuple[float, float]:
    (x0, y0), (x1, y1) = region
    u, v = rng.random(2).tolist()
    return x0 + (x1 - x0) * u, y0 + (y1 - y0) * v


def _sample_rotation(rng: Rng) -> tuple[float, float, float, float]:
    """Sample a quaternion: upright with a random yaw, or uniform over all rotations."""
    numbers: Sequence[float] = rng.standard_normal(4).tolist()
    x, y, z, w = (0.0, 0.0, *numbers[2:]) if rng.random() < _UPRIGHT_PROBABILITY else numbers
    length = math.hypot(x, y, z, w)
    return x / length, y / length, z / length, w / length
