"""Saved policies: folders of weights and metadata."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from command_line import make_environment
from mlp_policies import make_mlp

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.saved import load_policy


def collect_actions(policy, observations, seed=0):
    policy.reset(seed)
    return np.array([policy.act(observation) for observation in observations])


def test_a_loaded_policy_acts_like_the_saved_one(reach, saved_policy, observations):
    loaded = find_policy(saved_policy).make(reach)
    assert np.array_equal(collect_actions(loaded, observations), collect_actions(make_mlp(reach), observations))
    assert loaded.act(observations[0]).dtype == np.float32
    assert find_policy(saved_policy).read_observation_shapes() == {"goal": (3,), "proprio": (27,)}
    assert find_policy(saved_policy).get_env_arguments() == {}  # a task's environment shows that by itself
    assert json.loads((saved_policy / "policy.json").read_text(encoding="utf-8"))["provenance"]["command"] == "by hand"


def test_a_pickled_policy_acts_the_same(reach, observations):
    policy = make_mlp(reach)
    again = pickle.loads(pickle.dumps(policy))
    assert np.array_equal(collect_actions(again, observations), collect_actions(policy, observations))


@pytest.mark.parametrize(("activation", "output"), [("tanh", "tanh"), ("relu", "clip")])
def test_mlp_matches_torch(reach, observations, activation, output):
    import torch

    policy = make_mlp(reach, activation=activation, output=output)
    x = torch.tensor(np.concatenate([observations[0]["goal"], observations[0]["proprio"]]))
    x = (x - torch.tensor(policy.tensors["observation.mean"])) / torch.tensor(policy.tensors["observation.std"])
    for i in range(3):
        x = torch.tensor(policy.tensors[f"layers.{i}.weight"]) @ x + torch.tensor(policy.tensors[f"layers.{i}.bias"])
        x = x if i == 2 else {"tanh": torch.tanh, "relu": torch.relu}[activation](x)
    x = torch.tanh(x) if output == "tanh" else torch.clip(x, -1, 1)
    assert policy.act(observations[0]) == pytest.approx(x.numpy(), abs=2e-6)


def test_actions_do_not_depend_on_the_number_of_threads(reach, tmp_path, observations):
    folder = make_mlp(reach, hidden=(512, 512)).save(tmp_path / "wide")
    np.savez(
        tmp_path / "seen.npz", goal=[s["goal"] for s in observations], proprio=[s["proprio"] for s in observations]
    )
    code = (
        "import numpy as np\nfrom mygym_lite.policies.saved import load_policy\n"
        f"seen, policy = np.load({str(tmp_path / 'seen.npz')!r}), load_policy({str(folder)!r})\n"
        "rows = [dict(goal=g, proprio=p) for g, p in zip(seen['goal'], seen['proprio'])]\n"
        "print(np.array([policy.act(row) for row in rows]).tobytes().hex())"
    )
    bits = set()
    for threads in ("1", "4"):
        env = make_environment(OPENBLAS_NUM_THREADS=threads, OMP_NUM_THREADS=threads)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
        bits.add(done.stdout.splitlines()[-1])
    assert bits == {collect_actions(load_policy(folder), observations).tobytes().hex()}


@pytest.mark.parametrize(
    ("task", "how", "message"),
    [
        ("reach_moving", {}, "was made for task 'reach', not for 'reach_moving'"),
        ("reach", {"robot": "panda"}, "robot 'humanoid_right', not for 'panda'"),
        ("reach", {"control": "joint_delta"}, "control 'ee_translation', not for 'joint_delta'"),
        ("reach", {"observe": ["proprio"]}, r"wants to see 'goal' of shape \(3,\); .* 'proprio' of shape \(27,\)"),
    ],
)
def test_a_saved_policy_refuses_other_tasks_robots_and_observations(saved_policy, task, how, message):
    env = TaskEnv(task, **how)
    try:
        with pytest.raises(ConfigError, match=message):
            find_policy(saved_policy).make(env)
    finally:
        env.close()


def _cut(folder):
    data = (folder / "weights.safetensors").read_bytes()
    (folder / "weights.safetensors").write_bytes(data[: len(data) // 2])


def _without_bias(folder):
    from safetensors.numpy import load_file, save_file

    tensors = load_file(folder / "weights.safetensors")
    del tensors["layers.1.bias"]
    save_file(tensors, folder / "weights.safetensors")


def _edited(**changes):
    def change(folder):
        table = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
        (folder / "policy.json").write_text(json.dumps({**table, **changes}), encoding="utf-8")

    return change


def test_a_failed_save_keeps_the_previous_policy(reach, saved_policy, observations):
    with pytest.raises(ValueError, match="JSON compliant"):
        make_mlp(reach, seed=1, provenance={"loss": float("nan")}).save(saved_policy)
    assert np.array_equal(
        collect_actions(load_policy(saved_policy), observations), collect_actions(make_mlp(reach), observations)
    )


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_cut, "weights.safetensors: damaged"),
        (lambda folder: (folder / "weights.safetensors").write_bytes(b""), "weights.safetensors: damaged"),
        (_without_bias, r"layers.1.bias: has shape none, policy.json asks for \(64,\)"),
        (lambda folder: (folder / "policy.json").write_text("{", encoding="utf-8"), "not valid JSON"),
        (lambda folder: (folder / "policy.json").write_text("[]", encoding="utf-8"), "not an object"),
        (_edited(schema=2), "schema: is 2, this release reads 1"),
        (_edited(kind="mpl"), "kind: 'mpl' is not a kind; did you mean 'mlp'"),
        (_edited(action="four"), "action: expected an integer"),
        (_edited(network={"hidden": [64, 32]}), r"layers.1.\w+: has shape"),
        (_edited(network={"hidden": [64, 64], "activation": "thanh"}), "did you mean 'tanh'"),
        (_edited(observation={"front_rgb": [8, 8, 3]}), "an mlp sees rows of numbers"),
    ],
)
def test_damaged_policies_are_refused_in_one_line(saved_policy, damage, message):
    damage(saved_policy)
    with pytest.raises(ConfigError, match=message) as caught:
        load_policy(saved_policy)
    assert "\n" not in str(caught.value)
    assert str(saved_policy) in str(caught.value)
