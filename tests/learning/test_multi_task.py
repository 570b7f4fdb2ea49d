"""One policy of several tasks, which tells them apart by their instruction and by the entries that they observe."""

import json
import pickle
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from training import catch_error_line

import mygym_lite
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.data import Examples, concatenate_tasks
from mygym_lite.learning.imitation.environment import ObservationConfig
from mygym_lite.learning.imitation.task_balance import hold_out, shuffle_rows
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.saved import load_policy

TASKS = ("reach", "reach_avoid")
QUICK = TrainingConfig(epochs=100, batch_size=32, hidden=(64, 64))
SHORT = replace(QUICK, epochs=1, hidden=(16,))
FEW = DemonstrationConfig(episodes=2)
SEED = 50_000


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    amount = DemonstrationConfig(episodes=20, noise=0.3)
    return imitate(TASKS, "bc", tmp_path_factory.mktemp("policy") / "both", demonstrations=amount, training=QUICK)


def count_successes(task, policy, episodes=8):
    return sum(record.success for record in mygym_lite.run(task, policy, episodes=episodes, seed=SEED))


@pytest.mark.parametrize("task", TASKS)
def test_one_policy_solves_both_tasks(trained, task):
    assert count_successes(task, str(trained.folder)) >= 7
    assert count_successes(task, "zero") == 0


def test_the_metadata_name_all_tasks_and_their_entries(trained):
    metadata = json.loads((trained.folder / "policy.json").read_text(encoding="utf-8"))
    assert metadata["tasks"] == list(TASKS)
    assert {"goal:offset[3]", "obstacle:offset[3]", "presence", "instruction"} <= metadata["observation"].keys()
    assert metadata["provenance"]["demonstrations"]["reach_avoid"]["episodes"] == 20


def test_a_loaded_policy_acts_the_same(trained):
    with closing(TaskEnv("reach", **find_policy(str(trained.folder)).get_env_arguments())) as env:
        observation, _ = env.reset(seed=SEED)
        assert (observation["presence"].sum(), observation["obstacle:offset[3]"].any()) == (6, False)
        loaded = load_policy(trained.folder, env)
        action = trained.policy.act(observation)
        for other in (loaded, pickle.loads(pickle.dumps(loaded))):
            assert np.array_equal(other.act(observation), action)


@pytest.mark.parametrize("algo", ["bc", "act", "flow"])
def test_the_same_seed_gives_the_same_weights(tmp_path, algo):
    for name in "ab":
        imitate(TASKS, algo, tmp_path / name, demonstrations=FEW, training=SHORT)
    a, b = ((tmp_path / name / "weights.safetensors").read_bytes() for name in "ab")
    assert a == b


def test_the_command_line_trains_evaluates_and_watches(run, tmp_path):
    folder = tmp_path / "policy"
    code, printed, errors = run("train", "imitate", *TASKS, "--episodes", 2, "--epochs", 1, "--out", folder)
    assert code == 0, errors
    assert f"mygym-lite evaluate reach reach_avoid --policy {folder}" in printed
    words = ("--policy", folder, "--episodes", 1, "--set", "episode.seconds=0.6")
    one_process = ("--workers", 1, "--clips", 0, "--json", "--out", tmp_path / "run")
    code, printed, errors = run("evaluate", *TASKS, *words, *one_process)
    assert code == 0, errors
    assert [row["task"] for row in json.loads(printed)["summary"]] == list(TASKS)
    assert run("watch", "reach", *words)[0] == 0


def test_a_multi_task_policy_is_fine_tuned_on_a_task_with_its_entries(trained, tmp_path):
    result = imitate(
        "reach", "bc", tmp_path / "policy", demonstrations=FEW, training=replace(QUICK, epochs=1), start=trained.folder
    )
    assert result.policy.metadata.observation == trained.policy.metadata.observation
    assert result.policy.metadata.tasks == ("reach",)
    assert count_successes("reach", str(result.folder)) >= 5


# --- balance


def make_examples(lengths, tasks):
    rows = np.arange(float(sum(lengths)))[:, None]
    examples = Examples.from_arrays({"a": rows}, np.zeros((len(rows), 2)), lengths, ["a"])
    return replace(examples, task_indices=tuple(tasks))


def test_every_task_holds_out_an_episode():
    parts = [make_examples([1] * count, [0] * count) for count in (20, 3)]
    train, val = hold_out(concatenate_tasks(parts), 10)
    assert val.task_indices.count(1) == 1
    assert train.task_indices.count(1) == 2
    single = concatenate_tasks([make_examples([2], [0]), make_examples([3], [0])])
    assert hold_out(single, 10) == (single, single)


def test_an_epoch_has_as_many_rows_of_each_task():
    rng = np.random.default_rng(0)
    rows = shuffle_rows([np.arange(90), np.arange(90, 100)], rng)
    long, short = rows[rows < 90], rows[rows >= 90]
    assert len(long) == len(short) == 50
    assert len(np.unique(long)) == 50
    assert np.bincount(short - 90).tolist() == [5] * 10


# --- mistakes


def test_a_task_with_other_entries_is_refused(trained):
    arguments = find_policy(str(trained.folder)).get_env_arguments()
    for task, message in (
        ("reach_moving", r"lacks 'goal:motion[3]', which reach_moving observes; it was made for reach, reach_avoid"),
        ("push", "was made for control 'ee_translation', not for 'joint_delta'"),
    ):
        with closing(TaskEnv(task, **arguments)) as env:
            assert message in catch_error_line(lambda env=env: load_policy(trained.folder, env), ConfigError)
    with closing(TaskEnv("reach")) as env:
        assert "get_env_arguments()" in catch_error_line(lambda: load_policy(trained.folder, env), ConfigError)


@pytest.mark.parametrize(
    ("tasks", "options", "message"),
    [
        (("reach", "grasp"), {}, "reach has control mode ee_translation and grasp joint_delta"),
        (("reach", "reach"), {}, "2 of the tasks have the name 'reach'"),
        (TASKS, {"algo": "dagger"}, "algo dagger is for one task, not for 2"),
        (TASKS, {"adr": "full"}, "--adr is for one task"),
        (TASKS, {"data": ["recorded"]}, "--demonstrations is for one task"),
        (TASKS, {"observation": ObservationConfig(("front",))}, "--cameras is for one task"),
        (TASKS, {"demonstrations": [FEW] * 3}, "3 amounts of demonstrations for 2 tasks"),
        (("reach", "reach_moving"), {"start": "START"}, "lacks 'goal:motion[3]'"),
    ],
)
def test_tasks_that_one_policy_cannot_learn_are_refused(trained, tmp_path, tasks, options, message):
    options = {"algo": "bc", **options}
    if "start" in options:
        options["start"] = trained.folder
    assert message in catch_error_line(lambda: imitate(tasks, out=tmp_path / "policy", **options))
    assert not (tmp_path / "policy").exists()


def test_a_single_task_policy_is_no_start_for_several_tasks(tmp_path):
    start = imitate("reach", "bc", tmp_path / "start", demonstrations=FEW, training=SHORT).folder
    line = catch_error_line(lambda: imitate(TASKS, "bc", tmp_path / "policy", start=start, network=None), ConfigError)
    assert "start" in line
    assert "observation" in line


def test_a_recurrent_network_learns_several_tasks(tmp_path):
    training = TrainingConfig(epochs=1, batch_size=2, hidden=(16, 12))
    network = NetworkConfig("recurrent")
    result = imitate(TASKS, "bc", tmp_path / "policy", demonstrations=FEW, training=training, network=network)
    assert result.policy.metadata.tasks == TASKS
