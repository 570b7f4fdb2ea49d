"""Networks in files: ours, exported as ONNX, act the same, and those of others act through a mapping."""

from dataclasses import asdict

import numpy as np
import pytest
import torch
from mlp_policies import ACTION_SIZE, OBSERVATION_SIZE, make_mlp

import mygym_lite as mg
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.policies.gru import RecurrentPolicy, RecurrentPolicyConfig
from mygym_lite.policies.metadata import PolicyMetadata
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.networks.graph import OnnxGraph
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.saved import list_policies, load_policy

TOLERANCE = 1e-5


def compare_actions(policy, other, observations):
    """The largest difference between the actions of two policies, over two episodes."""
    rows = []
    for each in (policy, other):
        actions = []
        for seed in (0, 1):
            each.reset(seed)
            actions += [np.array(each.act(observation)) for observation in observations]
        rows.append(np.array(actions))
    return np.abs(rows[0] - rows[1]).max()


def make_recurrent(env):
    """A recurrent policy for reach with random weights."""
    rng, memory, hidden = np.random.default_rng(0), 8, 6
    inputs = OBSERVATION_SIZE + ACTION_SIZE
    shapes = {
        "cell.weight_ih": (3 * memory, inputs), "cell.weight_hh": (3 * memory, memory),
        "cell.bias_ih": (3 * memory,), "cell.bias_hh": (3 * memory,),
        "hidden.weight": (hidden, memory + inputs), "hidden.bias": (hidden,),
        "out.weight": (ACTION_SIZE, hidden), "out.bias": (ACTION_SIZE,),
        "observation.mean": (OBSERVATION_SIZE,), "action.mean": (ACTION_SIZE,),
    }  # fmt: skip
    tensors = {name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    tensors["observation.std"] = rng.uniform(0.5, 2.0, OBSERVATION_SIZE).astype(np.float32)
    tensors["action.std"] = rng.uniform(0.5, 2.0, ACTION_SIZE).astype(np.float32)
    config = asdict(RecurrentPolicyConfig(memory, hidden))
    return RecurrentPolicy(PolicyMetadata.for_env(env, "recurrent", config, {}), tensors)


@pytest.mark.parametrize(
    "make",
    [make_mlp, lambda env: make_mlp(env, hidden=(16,), activation="relu", output="clip"), make_recurrent],
    ids=["tanh", "relu", "recurrent"],
)
def test_exported_policies_act_the_same(make, reach, observations, tmp_path):
    policy = make(reach)
    policy.save(tmp_path / "policy")
    file = mg.export_onnx(tmp_path / "policy", tmp_path / "net.onnx")
    assert compare_actions(policy, find_policy(file).make(reach), observations) < TOLERANCE


@pytest.mark.parametrize("name", [name for name in list_policies() if isinstance(load_policy(name), MlpPolicy)])
def test_shipped_perceptrons_are_exported(name, tmp_path):
    policy = load_policy(name)
    spec = find_policy(mg.export_onnx(name, tmp_path / f"{name}.onnx"))
    assert spec.read_observation_shapes() == policy.metadata.observation
    rng = np.random.default_rng(0)
    shapes = policy.metadata.observation
    observations = [
        {key: rng.normal(0, 0.3, shape).astype(np.float32) for key, shape in shapes.items()} for _ in range(12)
    ]
    env = spec.get_env_class()(policy.metadata.task)
    assert compare_actions(policy, spec.make(env), observations) < TOLERANCE
    env.close()


def test_an_episode_with_an_exported_policy_ends_like_the_original(tmp_path):
    file = mg.export_onnx("reach_bc", tmp_path / "net.onnx")
    [record], [original] = (mg.run("reach", policy, episodes=1) for policy in (str(file), "reach_bc"))
    assert record.success
    assert record.time_to_success == original.time_to_success


def test_the_same_policy_gives_the_same_bytes(tmp_path):
    files = [mg.export_onnx("reach_bc", tmp_path / name) for name in ("a.onnx", "b.onnx")]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("name", ["PPO", "SAC", "TD3"])
def test_sb3_models_are_exported(name, reach, observations, tmp_path):
    import stable_baselines3

    settings = {"n_steps": 32, "batch_size": 32} if name == "PPO" else {"buffer_size": 10}
    kind = getattr(stable_baselines3, name)
    model = kind("MultiInputPolicy", reach, seed=0, device="cpu", policy_kwargs={"net_arch": [8]}, **settings)
    model.save(tmp_path / "model.zip")
    file = mg.export_onnx(tmp_path / "model.zip", tmp_path / "net.onnx", task="reach", allow_pickle=True)
    original = find_policy(tmp_path / "model.zip", allow_pickle=True).make(reach)
    assert compare_actions(original, find_policy(file).make(reach), observations) < TOLERANCE


def write_foreign_net(file):
    """A network with foreign names: a running sum of its input, and the first four of it as actions."""
    graph = OnnxGraph()
    obs, h = graph.add_input("obs", 10), graph.add_input("h_in", 10)
    total = graph.add("Add", obs, h)
    graph.add_output("h_out", total, 10)
    graph.add_output("policy", graph.add("Tanh", graph.add_slice(total, 0, 4)), 4)
    graph.write(file, "foreign", {})
    return file


def test_a_foreign_network_acts_through_a_mapping(reach, observations, tmp_path, write_mapping):
    file = write_foreign_net(tmp_path / "foreign.onnx")
    mapping = write_mapping('[observation]\nobs = ["goal", "proprio[0:7]"]\n[action]\norder = [1, 0, 2, 3]\n')
    policy = find_policy(file, remote_mapping=mapping).make(reach)
    rows = [np.concatenate([seen["goal"], seen["proprio"][:7]]) for seen in observations]
    for _ in range(2):  # the state starts at zero in each episode
        policy.reset(0)
        for seen, total in zip(observations, np.cumsum(rows, axis=0), strict=True):
            assert policy.act(seen) == pytest.approx(np.tanh(total[[1, 0, 2, 3]]), abs=TOLERANCE)


def test_images_can_be_scaled_with_their_channels_first(tmp_path, write_mapping):
    mapping = write_mapping(
        '[observation]\nimage = { camera = "front", size = [24, 16], layout = "CHW", scale = 0.00392156862745098 }\n'
    )
    seen = {}

    def act(observation):
        seen.update(observation)
        return np.zeros(4)

    spec = find_policy(act, remote_mapping=mapping)
    env = mg.make("reach", **spec.get_env_arguments())
    observation, _ = env.reset(seed=0)
    spec.make(env).act(observation)
    env.close()
    assert seen["image"].shape == (3, 16, 24)
    assert np.allclose(seen["image"], observation["front_rgb"].transpose(2, 0, 1) / 255.0, atol=1e-6)


@pytest.mark.parametrize(
    ("mapping", "error", "message"),
    [
        ("", ConfigError, "input 'obs' is none of the observations goal, proprio; map it in a --remote-mapping file"),
        ('[observation]\nobs = "goal"\n', UsageError, r"input 'obs' has the shape \(1, 10\), and gets \(3\)"),
        ('[state]\nh_n = "h_out"\n[observation]\nobs = "goal"\n', ConfigError, "state: no input 'h_n'; did you mean"),
        ('[state]\nh_in = "h"\n[observation]\nobs = "goal"\n', ConfigError, "state: no output 'h'; one of h_out"),
        ('[observation]\nobs = ["goal", "prop"]\n', ConfigError, "the mapping wants 'prop'"),
        ('[observation]\nobs = ["goal", 7]\n', ConfigError, "observation.obs: 7 is no place in an observation"),
    ],
)
def test_what_does_not_fit_is_named(mapping, error, message, reach, observations, tmp_path, write_mapping):
    file = write_foreign_net(tmp_path / "foreign.onnx")
    with pytest.raises(error, match=message):
        find_policy(file, remote_mapping=write_mapping(mapping) if mapping else None).make(reach).act(observations[0])


def test_a_program_of_torch_export_acts_alike(reach, observations, tmp_path, write_mapping):
    class Foreign(torch.nn.Module):
        def forward(self, obs, h_in):
            total = obs + h_in
            return {"policy": torch.tanh(total[:, :4]), "h_out": total}

    torch.export.save(torch.export.export(Foreign(), (torch.zeros(1, 10), torch.zeros(1, 10))), tmp_path / "net.pt2")
    mapping = write_mapping('[observation]\nobs = ["goal", "proprio[0:7]"]\n')
    with pytest.raises(UsageError, match=r"a program of torch.export can run any program when it is read"):
        find_policy(tmp_path / "net.pt2", remote_mapping=mapping)
    other = find_policy(write_foreign_net(tmp_path / "net.onnx"), remote_mapping=mapping)
    policy = find_policy(tmp_path / "net.pt2", allow_pickle=True, remote_mapping=mapping)
    assert policy.runs_foreign_code
    assert compare_actions(policy.make(reach), other.make(reach), observations) < TOLERANCE


def test_several_outputs_need_the_name_of_the_actions(reach, observations, tmp_path, write_mapping):
    graph = OnnxGraph()
    goal = graph.add_input("goal", 3)
    graph.add_output("value", goal, 3)
    graph.add_output("mean", graph.add("Concat", goal, graph.add_slice(goal, 0, 1), axis=1), 4)
    graph.write(tmp_path / "two.onnx", "two", {})
    with pytest.raises(ConfigError, match=r"has the outputs value, mean; name that of the actions as action.key"):
        find_policy(tmp_path / "two.onnx").make(reach)
    mapped = find_policy(tmp_path / "two.onnx", remote_mapping=write_mapping('[action]\nkey = "mean"\nclip = true\n'))
    assert mapped.make(reach).act(observations[0]).shape == (4,)


def test_files_that_are_no_network_are_named(reach, tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"not a network")
    with pytest.raises(ConfigError, match=r"net.onnx: cannot be read"):
        find_policy(tmp_path / "net.onnx").make(reach)
    with pytest.raises(ConfigError, match=r"nett.onnx: no such file; did you mean 'net.onnx'"):
        find_policy(tmp_path / "nett.onnx")


@pytest.mark.parametrize(
    ("policy", "file", "message"),
    [
        ("grasp_pixels", "net.onnx", "is of the kind 'visuomotor', and 'mlp' and 'recurrent' are exported"),
        ("grasp_bc", "net.pt", "a network is written as .onnx; use this suffix"),
        ("expert", "net.onnx", "policy expert: is no saved policy and no .zip"),
    ],
)
def test_what_cannot_be_exported_is_refused(policy, file, message, tmp_path):
    with pytest.raises((ConfigError, UsageError), match=message):
        mg.export_onnx(policy, tmp_path / file)


def test_only_networks_take_recurrent_state(write_mapping):
    with pytest.raises(UsageError, match="state: is of a network in a file"):
        find_policy("ws://localhost:8000", remote_mapping=write_mapping('[state]\nh = "h_out"\n'))


def test_too_many_actions_fail_the_episode(tmp_path):
    graph = OnnxGraph()
    goal = graph.add_input("goal", 3)
    graph.add_output("actions", graph.add("Concat", goal, goal, axis=1), 6)
    graph.write(tmp_path / "six.onnx", "six", {})
    [record] = mg.run("reach", str(tmp_path / "six.onnx"), episodes=1)
    assert record.failure == "policy_error"
