"""Tasks with another robot, their visual bodies, and comparison of poses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mygym_lite.config.task import Task
from mygym_lite.config.visuals import VisualBody, build_visual_bodies


def replace_robot(task: Task, robot: str) -> Task:
    return replace(task, robot=replace(task.robot, model=robot, control="joint_delta"))


def find_visuals(task: Task, body: str) -> dict[str, VisualBody]:
    """Return the visual bodies of one body, by link."""
    return {thing.link: thing for thing in build_visual_bodies(task) if thing.body == body}


def assert_same_pose(ours: Any, theirs: Any, name: str) -> None:
    assert np.asarray(ours[:3]) == pytest.approx(np.asarray(theirs[:3]), abs=1e-6), name
    assert abs(np.dot(ours[3:], theirs[3:])) == pytest.approx(1.0, abs=1e-6), name
