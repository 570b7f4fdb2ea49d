"""Sense of what a task says about its looks: cameras look somewhere, light comes from somewhere, textures are there."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mygym_lite.config.field_path import explain_no_effect
from mygym_lite.config.gaze import compute_initial_position
from mygym_lite.config.robot import load_robot
from mygym_lite.config.scenery import Camera
from mygym_lite.config.task import Task
from mygym_lite.config.textures import check_texture
from mygym_lite.errors import suggest
from mygym_lite.schema import Location

_MOUNTS = ("head", "palm")
_TAKEN = ("floor", "background")  # names of what else is seen in a mask
_CLOSE = 1e-6  # m


def check_scenery(task: Task, location: Location) -> None:
    """Raise one line that names the key and the remedy, if something cannot be seen as declared."""
    check_cameras_and_light(task, location)
    _one_aim(task, location.at("cameras"))
    for name in _TAKEN:
        if name in task.objects:
            raise location.at("objects", name).error(
                "has the name of something else that is drawn; give it another name"
            )
    for keys, texture in _textures(task):
        check_texture(texture, location.at(*keys))


def check_cameras_and_light(task: Task, location: Location) -> None:
    """Refuse cameras and lights that make no picture; every episode may have others."""
    for name, camera in task.cameras.items():
        _camera(task, camera, location.at("cameras", name))
    _light(task, location)


def _camera(task: Task, camera: Camera, where: Location) -> None:
    """Refuse a camera that is carried by nothing, looks at nothing, or sees nothing."""
    if camera.near >= camera.far:
        raise where.at("near").error(f"{camera.near:g} m is not nearer than far, {camera.far:g} m; exchange them")
    if camera.mount is None:
        _standing(task, camera, where)
    else:
        _mounted(task, camera, where)


def _standing(task: Task, camera: Camera, where: Location) -> None:
    if camera.look_at is None:
        raise where.at("look_at").error("missing; add look_at, a point or the name of an object, or a mount")
    point = camera.look_at
    if isinstance(point, str):
        _known(task, point, where)
        point = compute_initial_position(task, point)
    if math.dist(point, camera.position) < _CLOSE:
        raise where.at("look_at").error("is where the camera is; move one of the two")


def _mounted(task: Task, camera: Camera, where: Location) -> None:
    links = load_robot(task.robot.model).tree.links
    if camera.mount not in (*_MOUNTS, *links):
        raise where.at("mount").error(
            f"no link '{camera.mount}' on {task.robot.model}{suggest(str(camera.mount), [*_MOUNTS, *links])}"
        )
    for name, still in (("orbit", 0.0), ("distance", 1.0)):
        if getattr(camera, name) != still:
            raise where.at(name).error(str(explain_no_effect(camera, name)))
    if camera.look_at is None:
        return
    if camera.mount != "head":
        raise where.at("look_at").error(f"a camera on '{camera.mount}' looks where that is turned; use rpy instead")
    if not isinstance(camera.look_at, str):
        raise where.at("look_at").error("a head looks at things, not at points; name an object or 'goal'")
    _known(task, camera.look_at, where)


def _known(task: Task, thing: str, where: Location) -> None:
    things = [*task.objects, *(["goal"] if task.goal is not None else [])]
    if thing not in things:
        raise where.at("look_at").error(f"nothing is called '{thing}' here{suggest(thing, things)}")


def _one_aim(task: Task, where: Location) -> None:
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


def _light(task: Task, where: Location) -> None:
    """Refuse a light from nowhere."""
    if math.hypot(*task.light.direction) < _CLOSE:
        raise where.at("light", "direction").error("has no length; give a vector from the scene towards the light")


def _textures(task: Task) -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("workspace", "texture"), task.workspace.texture or ""
    yield ("workspace", "floor"), task.workspace.floor or ""
    for name, thing in task.objects.items():
        yield ("objects", name, "texture"), thing.texture or ""
