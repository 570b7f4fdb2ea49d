"""Small labelled pictures of objects that lie about on a floor: exact, and made without any physics."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from mygym_lite.config.objects import load_object
from mygym_lite.config.rotation import quaternion_from_rpy, rotation_from_quaternion
from mygym_lite.config.scenery import Background, Camera, Light
from mygym_lite.config.state import Pose
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.visuals import Material, Visual, VisualBody, build_object_visuals
from mygym_lite.datasets.formats.writers import WRITERS, write_image
from mygym_lite.datasets.frame import SPLITS, ClassList, Frame, ObjectLabel
from mygym_lite.datasets.scene_model import SceneModel
from mygym_lite.render.camera import View, compute_view
from mygym_lite.render.renderer import Renderer

CLASSES = ClassList.from_models(["cube", "hammer", "mug", "torus_segment", "can"])
CARD = {"name": "objects on a floor", "licence": "CC BY 4.0", "classes": list(CLASSES.names)}
SIZE = (96, 72)
SMALL, HIDDEN = 64, 0.1
FLOOR = VisualBody("floor", "", (Visual("box", Material((0.5, 0.5, 0.4)), (3.0, 3.0, 0.02)),),
              Pose((0.0, 0.0, -0.01), (0.0, 0.0, 0.0, 1.0)))  # fmt: skip


def make_frames(count: int = 10) -> list[Frame]:
    """Two pictures of each scene; the scenes take turns in the splits."""
    return [_frame(number) for number in range(count)]


def write_dataset(folder: Path, frames: list[Frame], *formats: str) -> Path:
    """Write frames in some formats, each into a folder of its own."""
    for frame in frames:
        write_image(folder, formats, frame)
    for name in formats:
        records = [WRITERS[name].write_frame(folder / name, frame, CLASSES) for frame in frames]
        WRITERS[name].merge(folder / name, iter(records), CARD)
    return folder


def _frame(number: int) -> Frame:
    scene = number // 2
    rng = np.random.default_rng(scene)
    models = rng.choice(CLASSES.names, size=3).tolist()
    sizes = {"object_0": 1.2, "object_1": 1.0, "object_2": 1.0, "hider": 1.2, "unseen": 1.0}
    things = {
        name: ObjectConfig(model, (0.0, 0.0, 0.0), size=sizes[name])
        for name, model in zip(sizes, (*models, "can", "cube"), strict=True)
    }
    poses = {name: _pose(rng) for name in things}
    poses["unseen"] = poses["hider"]  # a cube inside of a can
    view = _view(number)
    together = _draw(things, poses, view)
    masks = [together["mask"] == 2 + place for place in range(len(things))]  # 1 is the floor
    objects = [
        _labelled(name, thing, poses[name], view, mask, together["depth"])
        for (name, thing), mask in zip(things.items(), masks, strict=True)
    ]
    inside = [place for place, one in enumerate(objects) if one.whole_mask.any()]
    numbered = tuple(replace(objects[place], instance=i) for i, place in enumerate(inside, start=1))
    mask = sum((i * masks[place] for i, place in enumerate(inside, start=1)), np.zeros(masks[0].shape, int))
    return Frame(
        number, scene, ("left", "right")[number % 2], SPLITS[scene % len(SPLITS)], together["rgb"], together["depth"],
        mask.astype(np.int32), numbered, view.intrinsics, view.world_to_camera, view, (0.1, -0.2), scene,
        {"light.tilt": [0.1, 0.2]}, _model(things, poses),
    )  # fmt: skip


def _model(things: dict[str, ObjectConfig], poses: dict[str, Pose]) -> SceneModel:
    bodies = (FLOOR, *(VisualBody(name, "", build_object_visuals(thing)) for name, thing in things.items()))
    assert FLOOR.fixed_pose is not None
    return SceneModel(bodies, (FLOOR.fixed_pose, *poses.values()), Light(), Background())


def _pose(rng: np.random.Generator) -> Pose:
    x, y = rng.uniform((-0.22, -0.28), (0.22, 0.28))
    return Pose((float(x), float(y), 0.06), quaternion_from_rpy(tuple(rng.uniform(-3.0, 3.0, 3))))


def _view(number: int) -> View:
    camera = Camera(position=(0.6, 0.35 * (-1) ** number, 0.4), fov=30.0, size=SIZE)
    return compute_view("any", camera, None, (0.0, 0.0, 0.05))


def _draw(
    things: dict[str, ObjectConfig], poses: dict[str, Pose], view: View, floor: bool = True
) -> dict[str, np.ndarray]:
    renderer = Renderer()
    drawn = [FLOOR] * floor + [VisualBody(name, "", build_object_visuals(thing)) for name, thing in things.items()]
    renderer.load_scene(drawn, [(name, "") for name in things], Light(), Background())
    renderer.set_poses(np.array([(*poses[name].position, *poses[name].rotation) for name in things]))
    return {kind: image.copy() for kind, image in renderer.draw(view, ("rgb", "depth", "mask")).items()}


def _labelled(
    name: str, thing: ObjectConfig, pose: Pose, view: View, visible: np.ndarray, depth: np.ndarray
) -> ObjectLabel:
    rotation = view.world_to_camera[:3, :3] @ rotation_from_quaternion(pose.rotation)
    translation = view.world_to_camera[:3, :3] @ pose.position + view.world_to_camera[:3, 3]
    tall, wide = visible.shape
    wider = math.degrees(2 * math.atan(3 * math.tan(math.radians(view.fov) / 2)))
    alone = _draw({name: thing}, {name: pose}, replace(view, width=3 * wide, height=3 * tall, fov=wider), floor=False)
    canvas = alone["mask"] > 0
    whole = np.ascontiguousarray(canvas[tall : 2 * tall, wide : 2 * wide])
    left, top, width, height = _box(canvas)
    everything, seen = int(canvas.sum()), int(visible.sum())
    return ObjectLabel(
        instance=0, name=name, model=thing.model, rotation=rotation, translation=translation, pose_in_robot=pose,
        size=thing.size, whole_mask=whole, px_all=everything, px_visible=seen, visible_fraction=seen / everything,
        truncated=bool(whole.sum() < everything), box_visible=_box(visible) if seen else None,
        box_whole=(left - wide, top - tall, width, height),
        keypoints=_keypoints(thing, rotation, translation, view, depth),
        small=seen < SMALL, hidden=seen < HIDDEN * everything,
    )  # fmt: skip


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(mask)
    left, top = int(columns.min()), int(rows.min())
    return left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top


def _keypoints(
    thing: ObjectConfig, rotation: np.ndarray, translation: np.ndarray, view: View, depth: np.ndarray
) -> np.ndarray:
    low, high = load_object(thing.model).bounds
    points = np.array([np.add(low, high) / 2, *product(*zip(low, high, strict=True))])
    local = thing.size * points @ rotation.T + translation
    u, v = ((local @ view.intrinsics.T)[:, :2] / local[:, 2:]).T
    inside = (u >= 0) & (u < view.width) & (v >= 0) & (v < view.height)
    column, row = (np.clip(x.astype(int), 0, edge - 1) for x, edge in ((u, view.width), (v, view.height)))
    seen = local[:, 2] < depth[row, column] + 0.002
    return np.stack([u, v, np.where(inside, 1.0 + seen, 0.0)], axis=1)
