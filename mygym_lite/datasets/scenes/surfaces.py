"""Surfaces of the objects in a scene: one distribution for every object, so that colour does not reveal the class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from mygym_lite.config.field_path import join_keys, split_path
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.config.visual_fields import is_appearance
from mygym_lite.config.visuals import build_object_visuals
from mygym_lite.render.geometry import build_solid
from mygym_lite.schema import Location

_FINISH = parse_variations(
    {
        "objects.*.specular": {"uniform": [0.02, 0.35]},
        "objects.*.roughness": {"uniform": [0.2, 0.8]},
        "objects.*.metallic": {"uniform": [0.7, 1.0], "probability": 0.2},
    },
    Location("surfaces of a dataset"),
)
"""Highlights of the objects, within the range of the shipped models; one in five is of metal."""


def vary_all_objects(variations: Sequence[Variation]) -> tuple[Variation, ...]:
    """Extend the variations of one object's colour or texture to all other objects, and vary their highlights.

    Each object draws from its own random stream. An object that is varied by name keeps its own distribution; all
    others share the first one of the field. Without such a variation, every object looks as declared.
    """
    shared: dict[str, Variation] = {}
    for variation in variations:
        if variation.path.startswith("objects.") and is_appearance(variation.path):
            path = join_keys(("objects", "*", split_path(variation.path)[-1]))
            shared.setdefault(path, replace(variation, path=path))
    finish = (variation for variation in _FINISH if shared)
    return (*finish, *shared.values(), *variations)


def remove_unmapped_textures(task: Task) -> Task:
    """Remove the textures of objects whose meshes have no texture coordinates."""
    objects = {
        name: config if not config.texture or _has_uvs(config.model) else replace(config, texture="")
        for name, config in task.objects.items()
    }
    return replace(task, objects=objects)


@lru_cache(maxsize=256)
def _has_uvs(model: str) -> bool:
    visuals = build_object_visuals(ObjectConfig(model, (0.0, 0.0, 0.0)))
    return all(build_solid(visual).has_uvs for visual in visuals)
