"""Domain randomization of appearance: light, textures, cameras and their faults, in an unchanged physical scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mygym_lite.config.draws import sample_draws
from mygym_lite.config.field_path import find_paths, get_value
from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.sampling import get_start_variations, list_start_paths, resolve
from mygym_lite.config.scenery import Camera
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation, apply_variations
from mygym_lite.config.visual_fields import SURFACE_FIELDS, get_camera, get_sensing_fault, is_appearance


class AppearanceSampler:
    """Samples the appearance of single moments of a task's scenes.

    Args:
        task: Declared task.
        variations: Variations of the dataset; those that change physics are ignored here.
    """

    def __init__(self, task: Task, variations: Sequence[Variation]) -> None:
        self._task = task
        self._start = [v for v in get_start_variations(task) if _is_look(v)]
        self._variations = [v for v in variations if _is_look(v)]
        self._varied = [*list_start_paths(task), *(v.path for v in variations)]

    def sample(self, scene: Task, seed: int) -> Task:
        """Return the task of a scene with a newly sampled appearance."""
        declared = self._task
        objects = {
            name: _copy_surfaces(config, declared.objects.get(name, config)) for name, config in scene.objects.items()
        }
        base = replace(
            scene,
            light=declared.light,
            background=declared.background,
            sensing=declared.sensing,
            cameras={name: _aim_camera(scene, camera) for name, camera in declared.cameras.items()},
            robot=_copy_surfaces(scene.robot, declared.robot),
            workspace=_copy_surfaces(scene.workspace, declared.workspace),
            objects=objects,
        )
        base = resolve(base)
        start = [*(v for v in sample_draws(declared, seed) if _is_look(v)), *self._start]
        started = apply_variations(base, _select_present(base, start), seed, "start/")
        return apply_variations(started, _select_present(base, self._variations), seed)

    def read_values(self, task: Task) -> dict[str, Any]:
        """Return the value of every varied path, as plain JSON data."""
        paths = (path for name in self._varied for path in find_paths(task, name))
        return {path: _convert_to_json(get_value(task, path)) for path in paths}


def _is_look(variation: Variation) -> bool:
    path = variation.path
    return is_appearance(path) or get_camera(path) is not None or get_sensing_fault(path) is not None


def _select_present(task: Task, variations: Sequence[Variation]) -> list[Variation]:
    """Select the variations whose path exists in a task."""
    return [variation for variation in variations if find_paths(task, variation.path)]


def _copy_surfaces(config: Any, declared: Any) -> Any:
    """Return a workspace, robot or object with the colours and textures of another."""
    return replace(config, **{name: getattr(declared, name) for name in SURFACE_FIELDS if hasattr(config, name)})


def _aim_camera(scene: Task, camera: Camera) -> Camera:
    """Aim a fixed camera at the initial position of its target, which may have moved since or be missing."""
    if camera.mount is not None or not isinstance(camera.look_at, str):
        return camera
    is_present = camera.look_at == "goal" or camera.look_at in scene.objects
    return replace(camera, look_at=compute_initial_position(scene, camera.look_at)) if is_present else camera


def _convert_to_json(value: Any) -> Any:
    return [_convert_to_json(item) for item in value] if isinstance(value, tuple) else value
