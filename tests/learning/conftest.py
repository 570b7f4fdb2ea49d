"""Fixtures of the tests of learning."""

from contextlib import closing

import pytest

from mygym_lite.envs.task_env import TaskEnv


@pytest.fixture(scope="module")
def reach():
    with closing(TaskEnv("reach")) as env:
        yield env
