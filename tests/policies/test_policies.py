"""Where policies come from: names, saved folders, archives of Stable-Baselines3, objects made in Python."""

import ast
import functools
import json
import os
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, MyGymError, UsageError
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.saved import load_policy

ROOT = Path(__file__).resolve().parents[2]
OWN = """
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


@pytest.fixture(scope="module")
def reach():
    env = TaskEnv("reach", settings=("episode.seconds=0.5", "episode.hold_seconds=0.1"))
    yield env
    env.close()


@pytest.fixture(scope="module")
def seen(reach):
    """What is seen in one episode."""
    shown = [reach.reset(seed=0)[0]]
    shown += [reach.step(np.full(4, 0.3, np.float32))[0] for _ in range(5)]
    return shown


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    """A module of somebody's own, as `mine`."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine.py").write_text(OWN, encoding="utf-8")
    yield tmp_path / "mine.py"
    sys.modules.pop("mine", None)


def mlp(env, hidden=(64, 64), seed=0, **settings):
    rng = np.random.default_rng(seed)
    widths = [30, *hidden, 4]
    layers = [(rng.normal(0, 0.3, (b, a)), rng.normal(0, 0.1, b)) for a, b in pairwise(widths)]
    return MlpPolicy.from_layers(env, layers, rng.normal(0, 0.1, 30), rng.uniform(0.5, 2, 30), **settings)


@pytest.fixture
def saved(reach, tmp_path):
    return mlp(reach, provenance={"command": "by hand", "seed": 0}).save(tmp_path / "still")


def acts(policy, shown, seed=0):
    policy.reset(seed)
    return np.array([policy.act(observation) for observation in shown])


def digest(policy, **how):
    return find_policy(policy, **how).describe()["digest"]


# names


@pytest.mark.parametrize(
    ("text", "label", "name", "kind"),
    [
        ("expert", "expert", "expert", "expert"),
        ("random", "random", "random", "random"),
        ("best=expert", "best", "expert", "expert"),
        ("mine:zero", "mine:zero", "mine:zero", "function"),
        ("a.b:C.act", "a.b:C.act", "a.b:C.act", "function"),
        ("ws://host:8000", "ws://host:8000", "ws://host:8000", "remote"),
        ("pi0=ws://host:8000", "pi0", "ws://host:8000", "remote"),
        ("wss://host/?model=pi0", "wss://host/?model=pi0", "wss://host/?model=pi0", "remote"),
    ],
)
def test_names(text, label, name, kind):
    found = find_policy(text)
    assert (found.label, found.name, found.kind) == (label, name, kind)


def test_folders_are_called_by_their_last_part(saved, monkeypatch):
    assert find_policy(saved).label == "still"
    assert find_policy(f"{saved}/").label == "still"
    assert find_policy(f"a={saved}").label == "a"
    odd = saved.rename(saved.parent / "lr=3")
    monkeypatch.chdir(odd.parent)
    assert (find_policy("lr=3").label, find_policy("lr=3").name) == ("lr=3", "lr=3")
    assert find_policy(f"{odd}").label == "lr=3"


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("exprt", {}, "did you mean 'expert'"),
        ("", {}, "no policy ''"),
        ("runs/nothing", {}, "no such folder"),
        ("{saved}/../stil", {}, "did you mean 'still'"),
        ("{saved}/..", {}, "holds no policy.json"),
        ("{saved}.zip", {}, "no such file"),
        (
            "expert",
            {"remote_mapping": "m.toml"},
            "m.toml: maps what a server or a function sees, and expert is neither",
        ),
        (3, {}, "3 is neither a name"),
    ],
)
def test_what_is_refused_before_anything_starts(saved, name, how, message):
    with pytest.raises(MyGymError, match=message) as caught:
        find_policy(name.format(saved=saved) if isinstance(name, str) else name, **how)
    assert "\n" not in str(caught.value)


def test_a_class_gives_a_policy_of_its_own(reach, own_module):
    one, other = (find_policy("mine:Counting").make(reach) for _ in range(2))
    one.reset(0)
    other.reset(0)
    one.act(None)
    assert (one.steps, other.steps) == (1, 0)
    with pytest.raises(ConfigError, match="cannot be made without arguments"):
        find_policy("mine:Picky").make(reach)


# digests


def test_digests_are_of_what_policies_are_made_of(saved, own_module):
    marks = [digest(name) for name in ("expert", "random", "mine:zero", "mine:counting", str(saved))]
    assert len(set(marks)) == len(marks)
    own_module.write_text(OWN + "# changed\n", encoding="utf-8")
    assert digest("mine:zero") != marks[2]
    (saved / "notes.txt").write_text("anything", encoding="utf-8")
    assert digest(str(saved)) == marks[4]


def test_digests_know_neither_process_nor_place(reach, saved, own_module, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(saved, elsewhere / "moved")
    shutil.copy(own_module, elsewhere)
    names = f"['expert', 'random', {str(elsewhere / 'moved')!r}, 'mine:zero', mine.counting, lambda o: o + {{3}}]"
    code = (
        "import mine\nfrom mygym_lite.policies.policy_lookup import find_policy\n"
        f"print([find_policy(name).describe()['digest'] for name in {names}])"
    )

    def printed(hash_seed):
        env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(elsewhere), str(ROOT))), "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
        return ast.literal_eval(done.stdout.splitlines()[-1])

    there = printed("1")
    import mine

    here = [digest(name) for name in ("expert", "random", str(saved), "mine:zero", mine.counting)]
    assert there[:5] == here
    assert printed("2") == there


def test_digests_tell_functions_apart():
    def acting(gain):
        return lambda observation: gain * observation["goal"]

    assert digest(acting(1.0)) == digest(acting(1.0))
    assert digest(acting(1.0)) != digest(acting(2.0))
    assert digest(functools.partial(max, 1)) != digest(functools.partial(max, 2))
    assert digest(lambda observation: 1) != digest(lambda observation: 2)


# other processes


def _in_worker(policy):
    env = TaskEnv("reach")
    try:
        observation, _ = env.reset(seed=0)
        made = policy.make(env)
        made.reset(0)
        return np.asarray(made.act(observation))
    finally:
        env.close()


def test_policies_are_the_same_in_other_processes(saved, own_module):
    import mine

    gain = 0.5
    policies = [
        "expert",
        "random",
        str(saved),
        "mine:zero",
        mine.counting,
        lambda seen: gain * np.tanh(seen["proprio"][:4]),
    ]
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        for there, policy in zip(pool.map(_in_worker, map(find_policy, policies)), policies, strict=True):
            assert np.array_equal(there, _in_worker(find_policy(policy)))


def test_what_cannot_be_sent(tmp_path):
    with open(tmp_path / "log", "w", encoding="utf-8") as log:
        policy = find_policy(lambda observation: log.write("x"))
        with pytest.raises(UsageError, match="cannot be sent to other processes") as caught:
            pickle.dumps(policy)
    assert "\n" not in str(caught.value)


# saved policies


def test_saved_and_loaded(reach, saved, seen):
    loaded = find_policy(saved).make(reach)
    assert np.array_equal(acts(loaded, seen), acts(mlp(reach), seen))
    assert loaded.act(seen[0]).dtype == np.float32
    assert find_policy(saved).read_observation_shapes() == {"goal": (3,), "proprio": (27,)}
    assert find_policy(saved).get_env_arguments() == {}  # a task's environment shows that by itself
    assert json.loads((saved / "policy.json").read_text(encoding="utf-8"))["provenance"]["command"] == "by hand"


@pytest.mark.parametrize(("activation", "output"), [("tanh", "tanh"), ("relu", "clip")])
def test_does_what_torch_would(reach, seen, activation, output):
    import torch

    policy = mlp(reach, activation=activation, output=output)
    x = torch.tensor(np.concatenate([seen[0]["goal"], seen[0]["proprio"]]))
    x = (x - torch.tensor(policy.tensors["observation.mean"])) / torch.tensor(policy.tensors["observation.std"])
    for i in range(3):
        x = torch.tensor(policy.tensors[f"layers.{i}.weight"]) @ x + torch.tensor(policy.tensors[f"layers.{i}.bias"])
        x = x if i == 2 else {"tanh": torch.tanh, "relu": torch.relu}[activation](x)
    x = torch.tanh(x) if output == "tanh" else torch.clip(x, -1, 1)
    assert policy.act(seen[0]) == pytest.approx(x.numpy(), abs=2e-6)


def test_the_same_bits_whatever_the_threads(reach, tmp_path, seen):
    folder = mlp(reach, hidden=(512, 512)).save(tmp_path / "wide")
    np.savez(tmp_path / "seen.npz", goal=[s["goal"] for s in seen], proprio=[s["proprio"] for s in seen])
    code = (
        "import numpy as np\nfrom mygym_lite.policies.saved import load_policy\n"
        f"seen, policy = np.load({str(tmp_path / 'seen.npz')!r}), load_policy({str(folder)!r})\n"
        "rows = [dict(goal=g, proprio=p) for g, p in zip(seen['goal'], seen['proprio'])]\n"
        "print(np.array([policy.act(row) for row in rows]).tobytes().hex())"
    )
    bits = set()
    for threads in ("1", "4"):
        env = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
        bits.add(done.stdout.splitlines()[-1])
    assert bits == {acts(load_policy(folder), seen).tobytes().hex()}


@pytest.mark.parametrize(
    ("task", "how", "message"),
    [
        ("reach_moving", {}, "was made for task 'reach', not for 'reach_moving'"),
        ("reach", {"robot": "panda"}, "robot 'humanoid_right', not for 'panda'"),
        ("reach", {"control": "joint_delta"}, "control 'ee_translation', not for 'joint_delta'"),
        ("reach", {"observe": ["proprio"]}, r"wants to see 'goal' of shape \(3,\); .* 'proprio' of shape \(27,\)"),
    ],
)
def test_saved_policies_stay_with_what_they_were_made_for(saved, task, how, message):
    env = TaskEnv(task, **how)
    try:
        with pytest.raises(ConfigError, match=message):
            find_policy(saved).make(env)
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


def test_what_cannot_be_written_leaves_the_policy_that_was_there(reach, saved, seen):
    with pytest.raises(ValueError, match="JSON compliant"):
        mlp(reach, seed=1, provenance={"loss": float("nan")}).save(saved)
    assert np.array_equal(acts(load_policy(saved), seen), acts(mlp(reach), seen))


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
def test_damaged_policies(saved, damage, message):
    damage(saved)
    with pytest.raises(ConfigError, match=message) as caught:
        load_policy(saved)
    assert "\n" not in str(caught.value)
    assert str(saved) in str(caught.value)


# Stable-Baselines3


def _tiny(algorithm, env, **settings):
    return algorithm("MultiInputPolicy", env, seed=0, device="cpu", policy_kwargs={"net_arch": [8]}, **settings)


@pytest.fixture(scope="module")
def models(reach, tmp_path_factory):
    """Models that have learned next to nothing, and where they were saved."""
    from sb3_contrib import TQC, TRPO, RecurrentPPO
    from stable_baselines3 import A2C, DDPG, PPO, SAC, TD3

    found = {
        "PPO": _tiny(PPO, reach, n_steps=32, batch_size=32).learn(32),
        **{kind.__name__: _tiny(kind, reach) for kind in (A2C, TRPO)},
        **{kind.__name__: _tiny(kind, reach, buffer_size=10) for kind in (SAC, TD3, DDPG, TQC)},
        "RecurrentPPO": RecurrentPPO(
            "MultiInputLstmPolicy", reach, seed=0, device="cpu", policy_kwargs={"lstm_hidden_size": 8}
        ),
    }
    folder = tmp_path_factory.mktemp("models")
    for name, model in found.items():
        model.save(folder / name)
    return folder, found


@pytest.mark.parametrize("name", ["PPO", "A2C", "TRPO", "SAC", "TD3", "DDPG", "TQC"])
def test_sb3_models_act_as_they_did(models, reach, seen, name):
    folder, found = models
    policy = find_policy(folder / f"{name}.zip", allow_pickle=True)
    wanted = [found[name].predict(observation, deterministic=True)[0] for observation in seen]
    assert policy.label == name
    assert policy.read_observation_shapes() == {"goal": (3,), "proprio": (27,)}
    assert np.array_equal(acts(policy.make(reach), seen), wanted)


def test_recurrent_models_remember_within_an_episode(models, reach, seen):
    folder, found = models
    policy = find_policy(folder / "RecurrentPPO.zip", allow_pickle=True).make(reach)
    state, wanted = None, []
    for i, observation in enumerate(seen):
        action, state = found["RecurrentPPO"].predict(observation, state, np.array([i == 0]), deterministic=True)
        wanted.append(action)
    assert np.array_equal(acts(policy, seen), wanted)
    assert np.array_equal(acts(policy, seen), wanted)  # and forget it at the end
    assert not np.array_equal(acts(policy, seen[1:])[0], wanted[1])


def test_sb3_models_see_images_and_no_more_than_they_want(tmp_path):
    from stable_baselines3 import PPO

    arguments = {"observe": ["proprio", "rgb"], "cameras": ["wrist"], "size": (40, 36)}
    env = TaskEnv("reach", **arguments)
    try:
        _tiny(PPO, env, n_steps=2, batch_size=2).save(tmp_path / "eyes.zip")
        policy = find_policy(tmp_path / "eyes.zip", allow_pickle=True)
        assert policy.get_env_arguments() == arguments
        observation, _ = env.reset(seed=0)
        made = policy.make(env)
        made.reset(0)
        assert np.array_equal(made.act(observation), made.act({**observation, "more": np.zeros(3)}))
    finally:
        env.close()


def test_a_zip_needs_trust(models):
    with pytest.raises(UsageError, match=r"can run any program when it is read.*--allow-pickle"):
        find_policy(models[0] / "PPO.zip")


@pytest.mark.parametrize(
    ("task", "how", "message"),
    [
        ("reach", {"observe": ["proprio"]}, r"wants to see 'goal' of shape \(3,\)"),
        ("reach", {"control": "joint_delta"}, r"gives actions of shape \(4,\).*takes \(8,\)"),
    ],
)
def test_sb3_models_stay_with_their_spaces(models, task, how, message):
    env = TaskEnv(task, **how)
    try:
        with pytest.raises(ConfigError, match=message):
            find_policy(models[0] / "PPO.zip", allow_pickle=True).make(env)
    finally:
        env.close()


def test_other_archives(tmp_path, reach):
    import zipfile

    (tmp_path / "text.zip").write_text("no archive", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "something else")
    for name in ("text", "other"):
        with pytest.raises(ConfigError, match=r"not an archive of Stable-Baselines3"):
            find_policy(tmp_path / f"{name}.zip", allow_pickle=True).make(reach)
