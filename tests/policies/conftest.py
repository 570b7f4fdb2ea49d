"""Fixtures of the tests of policies: an environment, a saved policy, and the policy module of a user."""

import sys
import textwrap

import numpy as np
import pytest
from mlp_policies import make_mlp

from mygym_lite.envs.task_env import TaskEnv

USER_MODULE = """
import numpy as np
class Counting:
    def reset(self, seed): self.steps = 0
    def act(self, observation):
        self.steps += 1
        return np.full(4, min(1.0, 0.1 * self.steps))
class Picky:
    def __init__(self, size): self.size = size
    def reset(self, seed): pass
    def act(self, observation): return np.zeros(self.size)
counting = Counting()
def zero(observation): return np.zeros(4)
"""
CONNECTION = "[connection]\nconnect_seconds = 5\nact_seconds = {act}\nattempts = 1\n"


@pytest.fixture(scope="module")
def reach():
    env = TaskEnv("reach")
    yield env
    env.close()


@pytest.fixture(scope="module")
def observation(reach):
    """First observation of an episode."""
    return reach.reset(seed=0)[0]


@pytest.fixture(scope="module")
def observations(reach):
    """First six observations of an episode."""
    first, _ = reach.reset(seed=0)
    return [first, *(reach.step(np.full(4, 0.3, np.float32))[0] for _ in range(5))]


@pytest.fixture
def saved_policy(reach, tmp_path):
    """Folder of an MLP policy."""
    return make_mlp(reach, provenance={"command": "by hand", "seed": 0}).save(tmp_path / "small_mlp")


@pytest.fixture
def user_module(tmp_path, monkeypatch):
    """File of a user's module with policies, importable as `mine`."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine.py").write_text(USER_MODULE, encoding="utf-8")
    yield tmp_path / "mine.py"
    sys.modules.pop("mine", None)


@pytest.fixture
def write_mapping(tmp_path):
    """Write a mapping for remote policies that gives up after one attempt."""

    def write(text="", act=5.0):
        file = tmp_path / "mapping.toml"
        file.write_text("schema = 1\n" + textwrap.dedent(text) + CONNECTION.format(act=act), encoding="utf-8")
        return file

    return write
