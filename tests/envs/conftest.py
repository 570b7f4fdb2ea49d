"""Fixtures of the environment tests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from fault_cases import make_task
from observations import IMAGE_OPTIONS

from mygym_lite.config.sampling import sample
from mygym_lite.config.state import State
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.sim.world import World


@pytest.fixture
def grasp() -> Iterator[TaskEnv]:
    env = TaskEnv("grasp")
    yield env
    env.close()


@pytest.fixture
def grasp_with_images() -> Iterator[TaskEnv]:
    env = TaskEnv("grasp", **IMAGE_OPTIONS)
    yield env
    env.close()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture(scope="module")
def true_state() -> Iterator[State]:
    """State of the task with the arm in motion."""
    with World() as world:
        world.reset(sample(make_task(), (), 0), 0)
        yield world.step(np.full(world.action_size, 0.5))
