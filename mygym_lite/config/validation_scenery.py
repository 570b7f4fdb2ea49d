"""Validation of the scenery of a task: cameras, light and textures."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mygym_lite.config.field_path import explain_no_effect
from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.robot import load_robot
from mygym_lite.config.scenery import Camera
from mygym_lite.config.task import Task
from mygym_lite.config.textures import check_texture
from mygym_lite.errors import suggest
from mygym_lite.schema import Location

_MOUNTS = ("head", "palm")
_RESERVED = ("floor", "background", "region")  # other names in instance masks
_EPSILON = 1e-6  # m


def check_scenery(task: Task, location: Location) -> None:
    """Validate cameras, light and textures.

    Raises:
        ConfigError: Something cannot be rendered as declared; the message names the key and the remedy.
    """
    check_cameras_and_light(task, location)
    _check_head_target(task, location.at("cameras"))
    for name in _RESERVED:
        if name in task.objects:
            raise location.at("objects", name).error("has a reserved name; give it another name")
    for keys, texture in _list_textures(task):
        check_texture(texture, location.at(*keys))


def check_cameras_and_light(task: Task, location: Location) -> None:
    """Validate cameras and light, which may differ in every episode."""
    for name, camera in task.cameras.items():
        _check_camera(task, camera, location.at("cameras", name))
    light = task.light
    for keys, direction in (((), light.direction), (("fill",), light.fill.direction), (("rim",), light.rim.direction)):
        if math.hypot(*direction) < _EPSILON:
            where = location.at("light", *keys, "direction")
            raise where.error("has no length; give a vector from the scene towards the light")


def _check_camera(task: Task, camera: Camera, where: Location) -> None:
    if camera.near >= camera.far:
        raise where.at("near").error(f"{camera.near:g} m is not nearer than far, {camera.far:g} m; exchange them")
    if camera.mount is None:
        _check_fixed_camera(task, camera, where)
    else:
        _check_mounted_camera(task, camera, where)


def _check_fixed_camera(task: Task, camera: Camera, where: Location) -> None:
    if camera.look_at is None:
        raise where.at("look_at").error("missing; add look_at, a point or the name of an object, or a mount")
    point = camera.look_at
    if isinstance(point, str):
        _check_target(task, point, where)
        point = compute_initial_position(task, point)
    if math.dist(point, camera.position) < _EPSILON:
        raise where.at("look_at").error("is where the camera is; move one of the two")


def _check_mounted_camera(task: Task, camera: Camera, where: Location) -> None:
    links = load_robot(task.robot.model).tree.links
    if camera.mount not in (*_MOUNTS, *links):
        raise where.at("mount").error(
            f"no link '{camera.mount}' on {task.robot.model}{suggest(str(camera.mount), [*_MOUNTS, *links])}"
        )
    for name, neutral in (("orbit", 0.0), ("distance", 1.0)):
        if getattr(camera, name) != neutral:
            raise where.at(name).error(str(explain_no_effect(camera, name)))
    if camera.look_at is None:
        return
    if camera.mount != "head":
        raise where.at("look_at").error(f"a camera on '{camera.mount}' points where its mount does; use rpy instead")
    if not isinstance(camera.look_at, str):
        raise where.at("look_at").error("a head looks at objects, not at points; name an object or 'goal'")
    _check_target(task, camera.look_at, where)


def _check_target(task: Task, target: str, where: Location) -> None:
    names = [*task.objects, *(["goal"] if task.goal is not None else [])]
    if target not in names:
        remedy = f"the task has no objects, add [objects.{target}] or give a point [x, y, z]"
        raise where.at("look_at").error(f"nothing is called '{target}' here{suggest(target, names, remedy)}")


def _check_head_target(task: Task, where: Location) -> None:
    """Check that all cameras on the head look at the same target, since there is one neck."""
    targets = {n: c.look_at for n, c in task.cameras.items() if c.mount == "head" and c.look_at is not None}
    if not targets:
        return
    name, *others = targets
    for other in others:
        if targets[other] != targets[name]:
            raise where.at(other, "look_at").error(
                f"the head looks at '{targets[name]}' for camera '{name}' and cannot look at '{targets[other]}'; "
                "give both the same"
            )


def _list_textures(task: Task) -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("workspace", "texture"), task.workspace.texture or ""
    yield ("workspace", "floor"), task.workspace.floor or ""
    for name, thing in task.objects.items():
        yield ("objects", name, "texture"), thing.texture or ""
