"""Single entries of observation groups, and a mask of those that a task has."""

import pickle
from contextlib import closing

import numpy as np
import pytest

from mygym_lite.envs.component_names import list_component_names
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError

ENTRIES = ["object:offset[3]", "stage:stage[3]", "proprio:joints[7]"]  # push has no stages
OBSERVE = [*ENTRIES, "presence", "instruction"]


@pytest.fixture(scope="module")
def env():
    with closing(TaskEnv("push", observe=OBSERVE)) as env:
        yield env


def test_an_entry_is_a_part_of_its_group_and_zeros_where_the_task_lacks_it(env):
    entries, _ = env.reset(seed=0)
    with closing(TaskEnv("push")) as plain:
        groups, _ = plain.reset(seed=0)
        for name in ENTRIES[::2]:
            group, _, entry = name.partition("[")[0].partition(":")
            assert np.array_equal(entries[name], groups[group][plain.observation_reader.layout[group][entry]])
    assert entries["stage:stage[3]"].tolist() == [0.0, 0.0, 0.0]
    assert entries["presence"].tolist() == [1.0, 1.0, 0.0]  # object, proprio, stage
    assert env.observation_space.contains(entries)


def test_components_are_named_as_in_the_group(env):
    assert list_component_names(env)["proprio:joints[7]"][0] == "joints.right_shoulder_pitch"
    assert list_component_names(env)["stage:stage[3]"] == ["stage.0", "stage.1", "stage.2"]


def test_the_order_of_the_request_does_not_matter(env):
    first, _ = env.reset(seed=0)
    with (
        closing(TaskEnv("push", observe=OBSERVE[::-1])) as reversed_env,
        closing(pickle.loads(pickle.dumps(env))) as restored,
    ):
        for other in (reversed_env, restored):
            observation, _ = other.reset(seed=0)
            assert all(np.array_equal(observation[name], array) for name, array in first.items())


@pytest.mark.parametrize(
    ("observe", "message"),
    [
        (["object:ofset[3]"], r"no entry 'object:ofset\[3\]'.*did you mean 'object:offset\[3\]'"),
        (["object:offset[4]"], r"no entry 'object:offset\[4\]'.*did you mean 'object:offset\[3\]'"),
        (["object:offset"], "no observation group 'object:offset'; did you mean 'object'"),
        (["proprio", "presence"], "'presence' belongs to entries, and none is observed"),
    ],
)
def test_entries_that_do_not_exist_are_refused(observe, message):
    with pytest.raises(ConfigError, match=message):
        TaskEnv("push", observe=observe)
