"""Single entries of observation groups, and a mask of those that a task has."""

import pickle
from contextlib import closing

import numpy as np
import pytest

from mygym_lite.envs.component_names import list_component_names
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError

ENTRIES = ["object.offset[3]", "stage.stage[3]", "proprio.joints[7]"]  # push has no stages
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
            group, _, entry = name.partition("[")[0].partition(".")
            assert np.array_equal(entries[name], groups[group][plain.observation_reader.layout[group][entry]])
    assert entries["stage.stage[3]"].tolist() == [0.0, 0.0, 0.0]
    assert entries["presence"].tolist() == [1.0, 0.0, 1.0]
    assert env.observation_space.contains(entries)


def test_entries_of_the_whole_task_are_its_groups(env):
    everything = [name for name in list_component_names(env)["proprio.joints[7]"]]
    assert everything[0] == "joints.right_shoulder_pitch"
    restored = pickle.loads(pickle.dumps(env))
    with closing(restored):
        assert restored.observation_space == env.observation_space


@pytest.mark.parametrize(
    ("observe", "message"),
    [
        (["object.ofset[3]"], r"no entry 'object.ofset\[3\]'.*did you mean 'object.offset\[3\]'"),
        (["object.offset[4]"], r"no entry 'object.offset\[4\]'.*did you mean 'object.offset\[3\]'"),
        (["object.offset"], "no observation group 'object.offset'; did you mean 'object'"),
        (["proprio", "presence"], "'presence' belongs to entries, and none is observed"),
    ],
)
def test_entries_that_do_not_exist_are_refused(observe, message):
    with pytest.raises(ConfigError, match=message):
        TaskEnv("push", observe=observe)
