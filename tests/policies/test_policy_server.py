"""The policy server: what it answers, what it refuses, and to whom."""

import socket
import urllib.request
from contextlib import closing

import numpy as np
import pytest
from policy_servers import connect_policy, serve_policy
from servers import running
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, PolicyError, UsageError
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.remote.protocol import pack_message, unpack_message
from mygym_lite.policies.remote.server import MAX_MESSAGE_BYTES, open_server


@pytest.mark.parametrize("name", ["small_mlp", "random"])
def test_a_served_policy_acts_like_the_local_one(reach, observation, saved_policy, name):
    policy = str(saved_policy) if name == "small_mlp" else name
    local = find_policy(policy).make(reach)
    with serve_policy(policy, reach) as url:
        served = connect_policy(url, reach)
        for seed in (3, 4, 3):
            local.reset(seed)
            served.reset(seed)
            for _ in range(3):
                assert np.array_equal(served.act(observation), local.act(observation))


def test_server_metadata_names_the_policy_and_its_observation(reach, saved_policy):
    with serve_policy(str(saved_policy), reach) as url:
        card = find_policy(f"far={url}").describe()
        with urllib.request.urlopen(url.replace("ws", "http") + "/healthz", timeout=5) as answer:
            assert (answer.status, answer.read().strip()) == (200, b"OK")
    assert (card["source"], card["kind"]) == (url, "remote")
    assert card["metadata"]["policy"] == "small_mlp"
    assert card["metadata"]["observation"] == {"goal": [3], "proprio": [27]}


def test_digest_depends_on_policy_and_mapping_but_not_on_address(reach, saved_policy, write_mapping):
    digests = []
    for policy in (str(saved_policy), str(saved_policy), "random"):
        with serve_policy(policy, reach) as url:
            digests.append(find_policy(url).describe()["digest"])
            if policy == "random":
                digests.append(find_policy(url, remote_mapping=write_mapping()).describe()["digest"])
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_each_connection_has_its_own_episode(reach, observation):
    with serve_policy("random", reach) as url, connect(url, ping_interval=None) as one, connect(url) as other:
        first = [unpack_message(client.recv())["policy"] for client in (one, other)]
        assert first == ["random", "random"]

        def ask(client):
            client.send(pack_message(observation))
            return unpack_message(client.recv())["actions"]

        rows = [ask(one), ask(one), ask(other), ask(one), ask(other)]
    assert rows[0].shape == (1, 4)
    assert np.array_equal(rows[0], rows[2])
    assert np.array_equal(rows[1], rows[4])
    assert not np.array_equal(rows[0], rows[1])


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (pack_message({"proprio": np.zeros(27)}), "'goal' has shape None, this policy wants (3,)"),
        (pack_message({"proprio": np.zeros(26), "goal": np.zeros(3)}), "'proprio' has shape (26,)"),
        (pack_message([1, 2]), "an observation is a dictionary"),
        ("hello", "an observation is a dictionary"),
        (b"\xc1", "not of openpi's protocol"),
    ],
)
def test_invalid_messages_close_only_their_connection(reach, saved_policy, observation, message, said):
    with serve_policy(str(saved_policy), reach) as url:
        with connect(url) as client:
            client.recv()
            client.send(message)
            trace = client.recv()
            assert isinstance(trace, str)
            assert said in trace
            with pytest.raises(ConnectionClosed) as closed:
                client.recv()
            assert closed.value.rcvd.code == 1011
        connect_policy(url, reach).act(observation)  # other clients are still served


def test_oversized_messages_are_rejected(reach, saved_policy, observation):
    with serve_policy(str(saved_policy), reach) as url:
        with connect(url, max_size=None) as client:
            client.recv()
            client.send(pack_message(observation | {"more": np.zeros(MAX_MESSAGE_BYTES, np.uint8)}))
            with pytest.raises(ConnectionClosed) as closed:
                client.recv()
            assert closed.value.rcvd.code == 1009
        connect_policy(url, reach).act(observation)


def test_a_served_image_policy_announces_its_cameras(tmp_path):
    from stable_baselines3 import PPO

    arguments = {"observe": ["goal", "rgb"], "cameras": ["wrist"], "size": (40, 36)}
    with closing(TaskEnv("reach", **arguments)) as env:
        PPO("MultiInputPolicy", env, n_steps=2, batch_size=2, device="cpu").save(tmp_path / "eyes.zip")
        local, seen = find_policy(tmp_path / "eyes.zip", allow_pickle=True), env.reset(seed=0)[0]
        with running(open_server(local, env, port=0)) as url:
            assert find_policy(url).get_env_arguments() == arguments
            assert np.array_equal(connect_policy(url, env).act(seen), local.make(env).act(seen))


@pytest.mark.parametrize("name", ["expert", "ws://127.0.0.1:9"])
def test_only_saved_policies_can_be_served(reach, name):
    with pytest.raises(ConfigError, match="serve a saved policy"):
        open_server(find_policy(name), reach, port=0)


def test_a_port_in_use_is_an_error(reach):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1:{port}: cannot listen there"):
            open_server(find_policy("random"), reach, port=port)


def test_server_checks_the_api_key(reach, observation, write_mapping, monkeypatch):
    monkeypatch.setenv("ROBOT_KEY", "wrong")
    with serve_policy("random", reach, api_key="open sesame") as url:
        with pytest.raises(UsageError, match="refused the API key"):
            find_policy(url).describe()
        keyed = write_mapping()
        keyed.write_text(keyed.read_text() + 'api_key_from = "ROBOT_KEY"\n', encoding="utf-8")
        with pytest.raises(PolicyError, match="refused the API key"):
            connect_policy(url, reach, keyed)
        monkeypatch.setenv("ROBOT_KEY", "open sesame")
        assert connect_policy(url, reach, keyed).act(observation).shape == (4,)
        monkeypatch.delenv("ROBOT_KEY")
        with pytest.raises(UsageError, match="ROBOT_KEY, which is not set"):
            find_policy(url, remote_mapping=keyed).describe()
