"""Light, textures, colours, cameras and their faults drawn anew, over a world that stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mygym_lite.config.field_path import find_paths, get_value
from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.sampling import get_start_variations, resolve
from mygym_lite.config.scenery import Camera
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation, apply_variations
from mygym_lite.config.visual_fields import SURFACE_FIELDS, get_camera, get_sensing_fault, is_appearance


class AppearanceSampler:
    """Draws the looks of any moment of a task's scenes.

    Args:
        task: As declared.
        variations: What differs from scene to scene.
    """

    def __init__(self, task: Task, variations: Sequence[Variation]) -> None:
        self._task = task
        self._start = [v for v in get_start_variations(task) if _is_look(v)]
        self._variations = [v for v in variations if _is_look(v)]
        self._varied = [v.path for v in (*get_start_variations(task), *variations)]

    def sample(self, scene: Task, seed: int) -> Task:
        """The task of a scene with the looks of one of its moments."""
        declared = self._task
        base = resolve(replace(
            scene, light=declared.light, background=declared.background, sensing=declared.sensing,
            cameras={name: _aimed(scene, camera) for name, camera in declared.cameras.items()},
            workspace=_painted(scene.workspace, declared.workspace),
            objects={name: _painted(thing, declared.objects.get(name, thing)) for name, thing in scene.objects.items()},
        ))  # fmt: skip
        begun = apply_variations(base, _of(base, self._start), seed, "start/")
        return apply_variations(begun, _of(base, self._variations), seed)

    def read_values(self, task: Task) -> dict[str, Any]:
        """The values of a moment at every path that varies, as JSON has them."""
        return {path: _plain(get_value(task, path)) for name in self._varied for path in find_paths(task, name)}


def _is_look(variation: Variation) -> bool:
    path = variation.path
    return is_appearance(path) or get_camera(path) is not None or get_sensing_fault(path) is not None


def _of(task: Task, variations: Sequence[Variation]) -> list[Variation]:
    """Those that speak of something that is there."""
    return [variation for variation in variations if find_paths(task, variation.path)]


def _painted(thing: Any, declared: Any) -> Any:
    """With the surfaces of another."""
    return replace(thing, **{name: getattr(declared, name) for name in SURFACE_FIELDS if hasattr(thing, name)})


def _aimed(scene: Task, camera: Camera) -> Camera:
    """A standing camera looks where the thing began that it is to look at; it may have moved since, or be gone."""
    if camera.mount is not None or not isinstance(camera.look_at, str):
        return camera
    there = camera.look_at == "goal" or camera.look_at in scene.objects
    return replace(camera, look_at=compute_initial_position(scene, camera.look_at)) if there else camera


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
