"""The adapter of PyBullet's TinyRenderer: camera, settings and textures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mygym_lite.config.field_path import set_value
from mygym_lite.config.sampling import sample
from mygym_lite.config.scenery import Camera
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.render.camera import View, compute_view
from mygym_lite.schema import Location
from mygym_lite.sim.bullet.tiny_renderer import render_images
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task


def make_ball_task() -> Task:
    """Make a task with a floating ball of 6 cm over an empty table."""
    task = load_task("grasp")
    ball = ObjectConfig("ball", (0.45, 0.1, 0.2), fixed=True)
    camera = Camera(position=(1.1, 0.4, 0.5), look_at="ball", size=(120, 90), fov=25)
    parts: dict[str, Any] = {"reward": {}, "start": {}, "failure": {}, "pushes": {}}
    show = {"p": load_task("reach").observe["proprio"]}
    done = {"a": {"term": "lower_than", "of": "palm", "metres": -1}}
    return replace(task, objects={"ball": ball}, cameras={"near": camera}, observe=show, success=done, **parts)


def draw_with_tiny(task: Task) -> tuple[dict[str, Any], View]:
    with World(visuals=True) as world:
        state = world.reset(sample(load_task(task), (), 0), 0)
        camera = task.cameras["near"]
        view = compute_view("near", camera, None, state.position("ball"))
        numbers = {key: (int(name == "ball"), 0) for key, (name, _) in world.engine.link_names.items()}
        return render_images(world.engine.client, view, task.light, task.background, numbers), view


def test_a_ball_is_drawn_at_its_projected_position() -> None:
    picture, view = draw_with_tiny(make_ball_task())
    rows, columns = np.nonzero(picture["mask"])
    middle = view.project(np.array([0.45, 0.1, 0.23]))[0]
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx(tuple(middle[:2]), abs=0.1)
    assert picture["depth"][picture["mask"] == 1].min() == pytest.approx(middle[2] - 0.03, abs=1.5e-3)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("light.direction", (-0.5, -0.5, 1.0)), ("light.color", (1.0, 0.5, 0.5)), ("light.intensity", 0.5),
        ("light.ambient", 0.8), ("light.shadow", 0.0), ("background.top", (0.1, 0.2, 0.3)),
        ("objects.ball.color", (0.1, 0.9, 0.1)), ("objects.ball.texture", "checker_blue"),
        ("workspace.texture", "marble_white"), ("workspace.color", (0.3, 0.3, 0.9)),
        ("workspace.floor", "wood_oak"), ("workspace.floor_color", (0.1, 0.1, 0.1)), ("cameras.near.near", 0.8),
        ("cameras.near.far", 0.8), ("cameras.near.rpy", (0.2, 0.0, 0.0)),
    ],
)  # fmt: skip
def test_every_visual_setting_changes_the_image(path: str, value: Any) -> None:
    task = replace(make_ball_task(), cameras={"near": Camera((1.6, 0.4, 0.3), "ball", size=(96, 72), fov=60)})
    plain, changed = (draw_with_tiny(t)[0]["rgb"] for t in (task, set_value(task, path, value, Location("test"))))
    assert (plain != changed).any()


def test_a_texture_is_removed_in_the_next_episode() -> None:
    task = make_ball_task()
    worn = set_value(task, "objects.ball.texture", "checker_blue", Location("test"))
    camera, pictures = task.cameras["near"], []
    with World(visuals=True) as world:
        for each in (task, worn, task):
            state = world.reset(sample(each, (), 0), 0)
            view = compute_view("near", camera, None, state.position("ball"))
            pictures.append(render_images(world.engine.client, view, task.light, task.background, {})["rgb"])
    assert (pictures[0] != pictures[1]).any()
    assert (pictures[0] == pictures[2]).all()
