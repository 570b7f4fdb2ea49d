"""Labels of every shipped object."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mygym_lite.config.objects import list_objects
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.datasets.labels import Labeller, Thresholds
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.terms import load_task

SIZE = (240, 240)


@pytest.mark.parametrize("name", [name for name in list_objects() if name not in list_objects("marker")])
def test_every_object_is_labelled(name: str) -> None:
    """Alone on the table: its visible pixels are its silhouette, and its box and keypoints surround them."""
    task = replace(load_task("reach"), objects={"thing": ObjectConfig(name, (0.48, 0.05, 0.0), yaw=0.4)})
    env = TaskEnv(task)
    env.reset(seed=0)
    labeller = Labeller(env.episode_task, env.world.pose_names, Thresholds())
    labeller.set_poses(env.world.compute_poses(), env.state.frames)
    view, images = env.view("side", SIZE), env.render_images("side", ("mask", "depth"), SIZE)
    mask, labels = labeller.label_image(view, images["mask"], images["depth"])
    env.close()
    label = next(label for label in labels if label.name == "thing")
    rows, columns = np.nonzero(mask == label.instance)
    assert (label.model, label.truncated, label.small) == (name, False, False)
    assert 0.5 < label.visible_fraction <= 1.0
    assert label.box_visible is not None
    assert label.box_visible[:2] == (columns.min(), rows.min())
    assert len(rows) == label.px_visible == np.count_nonzero(label.whole_mask & (mask == label.instance))
    left, top = label.keypoints[:, :2].min(axis=0)
    right, bottom = label.keypoints[:, :2].max(axis=0)
    x, y, width, height = label.box_whole
    assert left <= x + 1
    assert top <= y + 1
    assert x + width <= right + 1
    assert y + height <= bottom + 1
