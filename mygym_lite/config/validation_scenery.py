"""Sense of what a task says about its looks: cameras look somewhere, light comes from somewhere, textures are there."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mygym_lite.config.field_path import why_meaningless
from mygym_lite.config.gaze import begins_at
from mygym_lite.config.robot import load_robot
from mygym_lite.config.scenery import Camera
from mygym_lite.config.task import Task
from mygym_lite.config.textures import check_texture
from mygym_lite.errors import nearest
from mygym_lite.schema import Where

_MOUNTS = ("head", "palm")
_TAKEN = ("floor", "background")  # names of what else is seen in a mask
_CLOSE = 1e-6  # m


def check_looks(task: Task, where: Where) -> None:
    """Raise one line that names the key and the remedy, if something cannot be seen as declared."""
    check_views(task, where)
    _one_aim(task, where.at("cameras"))
    for name in _TAKEN:
        if name in task.objects:
            raise where.at("objects", name).error("has the name of something else that is drawn; give it another name")
    for keys, texture in _textures(task):
        check_texture(texture, where.at(*keys))


def check_views(task: Task, where: Where) -> None:
    """Refuse cameras and lights that make no picture; every episode may have others."""
    for name, camera in task.cameras.items():
        _camera(task, camera, where.at("cameras", name))
    _light(task, where)


def _camera(task: Task, camera: Camera, where: Where) -> None:
    """Refuse a camera that is carried by nothing, looks at nothing, or sees nothing."""
    if camera.near >= camera.far:
        raise where.at("near").error(f"{camera.near:g} m is not nearer than far, {camera.far:g} m; exchange them")
    if camera.mount is None:
        _standing(task, camera, where)
    else:
        _mounted(task, camera, where)


def _standing(task: Task, camera: Camera, where: Where) -> None:
    if camera.look_at is None:
        raise where.at("look_at").error("missing; add look_at, a point or the name of an object, or a mount")
    point = camera.look_at
    if isinstance(point, str):
        _known(task, point, where)
        point = begins_at(task, point)
    if math.dist(point, camera.position) < _CLOSE:
        raise where.at("look_at").error("is where the camera is; move one of the two")


def _mounted(task: Task, camera: Camera, where: Where) -> None:
    links = load_robot(task.robot.model).tree.links
    if camera.mount not in (*_MOUNTS, *links):
        raise where.at("mount").error(
            f"no link '{camera.mount}' on {task.robot.model}{nearest(str(camera.mount), [*_MOUNTS, *links])}"
        )
    for name, still in (("orbit", 0.0), ("distance", 1.0)):
        if getattr(camera, name) != still:
            raise where.at(name).error(str(why_meaningless(camera, name)))
    if camera.look_at is None:
        return
    if camera.mount != "head":
        raise where.at("look_at").error(f"a camera on '{camera.mount}' looks where that is turned; use rpy instead")
    if not isinstance(camera.look_at, str):
        raise where.at("look_at").error("a head looks at things, not at points; name an object or 'goal'")
    _known(task, camera.look_at, where)


def _known(task: Task, thing: str, where: Where) -> None:
    things = [*task.objects, *(["goal"] if task.goal is not None else [])]
    if thing not in things:
        raise where.at("look_at").error(f"nothing is called '{thing}' here{nearest(thing, things)}")


def _one_aim(task: Task, where: Where) -> None:
    """There is one neck."""
    aims = {n: c.look_at for n, c in task.cameras.items() if c.mount == "head" and c.look_at is not None}
    if not aims:
        return
    name, *others = aims
    for other in others:
        if aims[other] != aims[name]:
            raise where.at(other, "look_at").error(
                f"the head looks at '{aims[name]}' for camera '{name}' and cannot look at '{aims[other]}'; "
                "give both the same"
            )


def _light(task: Task, where: Where) -> None:
    """Refuse a light from nowhere."""
    if math.hypot(*task.light.direction) < _CLOSE:
        raise where.at("light", "direction").error("has no length; give a vector from the scene towards the light")


def _textures(task: Task) -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("workspace", "texture"), task.workspace.texture or ""
    yield ("workspace", "floor"), task.workspace.floor or ""
    for name, thing in task.objects.items():
        yield ("objects", name, "texture"), thing.texture or ""
