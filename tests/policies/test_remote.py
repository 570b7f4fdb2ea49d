"""Policies in other programs: our server and one written to the protocol, and all that can go wrong in between."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import urllib.request
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path

import msgpack
import numpy as np
import pytest
from servers import running
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import serve

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, PolicyError, UnreachableError, UsageError
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.remote.protocol import pack_message, unpack_message
from mygym_lite.policies.remote.server import MAX_MESSAGE_BYTES, open_server
from mygym_lite.policies.watchdog import GuardedPolicy

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "import sys; from mygym_lite.cli import main; sys.exit(main())"]
QUICK = "[connection]\nconnect_seconds = 5\nact_seconds = {act}\nattempts = 1\n"


@pytest.fixture(scope="module")
def reach():
    env = TaskEnv("reach")
    yield env
    env.close()


@pytest.fixture(scope="module")
def observation(reach):
    return reach.reset(seed=0)[0]


@pytest.fixture
def saved(reach, tmp_path):
    rng = np.random.default_rng(0)
    layers = [(rng.normal(0, 0.3, (8, 30)), np.zeros(8)), (rng.normal(0, 0.3, (4, 8)), np.zeros(4))]
    return MlpPolicy.from_layers(reach, layers, np.zeros(30), np.ones(30)).save(tmp_path / "tiny")


@contextmanager
def ours(policy, env, **settings):
    with running(open_server(find_policy(policy), env, port=0, **settings)) as url:
        yield url


# A minimal server, written to the protocol and to nothing of ours.


def _coded(array):
    return {b"__ndarray__": True, b"data": array.tobytes(), b"dtype": array.dtype.str, b"shape": array.shape}


def _decoded(table):
    if b"__ndarray__" in table:
        return np.ndarray(buffer=table[b"data"], dtype=np.dtype(table[b"dtype"]), shape=table[b"shape"])
    return table


def theirs(infer, metadata=None, door=None, port=0):
    def converse(connection):
        connection.send(msgpack.packb(metadata or {}))
        for data in connection:
            reply = infer(msgpack.unpackb(data, object_hook=_decoded), connection)
            if reply is not None:
                connection.send(msgpack.packb(reply, default=_coded))

    return serve(converse, "127.0.0.1", port, compression=None, max_size=None, process_request=door)


def actions(*rows):
    return lambda seen, connection: {"actions": np.array(rows, np.float32), "server_timing": {"infer_ms": 1.0}}


@pytest.fixture
def mapping(tmp_path):
    def write(text="", act=5.0):
        file = tmp_path / "mapping.toml"
        file.write_text("schema = 1\n" + textwrap.dedent(text) + QUICK.format(act=act), encoding="utf-8")
        return file

    return write


def remote(url, env, mapping=None):
    policy = GuardedPolicy(find_policy(url, remote_mapping=mapping).make(env), env.action_space)
    policy.reset(0)
    return policy


# ours


@pytest.mark.parametrize("name", ["saved", "random"])
def test_a_served_policy_acts_as_it_would_here(reach, observation, saved, name):
    policy = str(saved) if name == "saved" else name
    here = find_policy(policy).make(reach)
    with ours(policy, reach) as url:
        there = remote(url, reach)
        for seed in (3, 4, 3):
            here.reset(seed)
            there.reset(seed)
            for _ in range(3):
                assert np.array_equal(there.act(observation), here.act(observation))


def test_what_a_server_says_of_itself(reach, saved):
    with ours(str(saved), reach) as url:
        card = find_policy(f"far={url}").describe()
        with urllib.request.urlopen(url.replace("ws", "http") + "/healthz", timeout=5) as answer:
            assert (answer.status, answer.read().strip()) == (200, b"OK")
    assert (card["source"], card["kind"]) == (url, "remote")
    assert card["metadata"]["policy"] == "tiny"
    assert card["metadata"]["observation"] == {"goal": [3], "proprio": [27]}


def test_the_digest_is_of_the_policy_and_the_mapping_not_of_the_address(reach, saved, mapping):
    digests = []
    for policy in (str(saved), str(saved), "random"):
        with ours(policy, reach) as url:
            digests.append(find_policy(url).describe()["digest"])
            if policy == "random":
                digests.append(find_policy(url, remote_mapping=mapping()).describe()["digest"])
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_a_connection_is_an_episode_of_its_own(reach, observation):
    with ours("random", reach) as url, connect(url, ping_interval=None) as one, connect(url) as other:
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
def test_what_our_server_refuses(reach, saved, observation, message, said):
    with ours(str(saved), reach) as url:
        with connect(url) as client:
            client.recv()
            client.send(message)
            trace = client.recv()
            assert isinstance(trace, str)
            assert said in trace
            with pytest.raises(ConnectionClosed) as closed:
                client.recv()
            assert closed.value.rcvd.code == 1011
        remote(url, reach).act(observation)  # others are not bothered


def test_a_message_to_our_server_has_a_limit(reach, saved, observation):
    with ours(str(saved), reach) as url:
        with connect(url, max_size=None) as client:
            client.recv()
            client.send(pack_message(observation | {"more": np.zeros(MAX_MESSAGE_BYTES, np.uint8)}))
            with pytest.raises(ConnectionClosed) as closed:
                client.recv()
            assert closed.value.rcvd.code == 1009
        remote(url, reach).act(observation)


def test_a_served_policy_that_sees_images_says_so(tmp_path):
    from stable_baselines3 import PPO

    arguments = {"observe": ["goal", "rgb"], "cameras": ["wrist"], "size": (40, 36)}
    with closing(TaskEnv("reach", **arguments)) as env:
        PPO("MultiInputPolicy", env, n_steps=2, batch_size=2, device="cpu").save(tmp_path / "eyes.zip")
        here, seen = find_policy(tmp_path / "eyes.zip", allow_pickle=True), env.reset(seed=0)[0]
        with running(open_server(here, env, port=0)) as url:
            assert find_policy(url).get_env_arguments() == arguments
            assert np.array_equal(remote(url, env).act(seen), here.make(env).act(seen))


@pytest.mark.parametrize("name", ["expert", "ws://127.0.0.1:9"])
def test_what_cannot_be_served(reach, name):
    with pytest.raises(ConfigError, match="serve a saved policy"):
        open_server(find_policy(name), reach, port=0)


def test_a_port_that_is_taken(reach):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1:{port}: cannot listen there"):
            open_server(find_policy("random"), reach, port=port)


def test_an_api_key(reach, observation, mapping, monkeypatch):
    monkeypatch.setenv("ROBOT_KEY", "wrong")
    with ours("random", reach, api_key="open sesame") as url:
        with pytest.raises(UsageError, match="refused the API key"):
            find_policy(url).describe()
        keyed = mapping()
        keyed.write_text(keyed.read_text() + 'api_key_from = "ROBOT_KEY"\n', encoding="utf-8")
        with pytest.raises(PolicyError, match="refused the API key"):
            remote(url, reach, keyed)
        monkeypatch.setenv("ROBOT_KEY", "open sesame")
        assert remote(url, reach, keyed).act(observation).shape == (4,)
        monkeypatch.delenv("ROBOT_KEY")
        with pytest.raises(UsageError, match="ROBOT_KEY, which is not set"):
            find_policy(url, remote_mapping=keyed).describe()


# theirs


def test_a_chunk_is_carried_out_before_the_next_one_is_asked_for(reach, observation):
    asked = []

    def infer(seen, connection):
        asked.append(seen)
        return {"actions": np.full((3, 4), 0.1 * len(asked))}

    with running(theirs(infer)) as url:
        policy = remote(url, reach)
        taken = [policy.act(observation)[0] for _ in range(4)]
        policy.reset(1)  # what is left of the chunk belongs to the last episode
        taken.append(policy.act(observation)[0])
    assert taken == pytest.approx([0.1, 0.1, 0.1, 0.2, 0.3])
    assert set(asked[0]) == {"proprio", "goal"}
    assert np.array_equal(asked[0]["proprio"], observation["proprio"])


def test_a_mapping(mapping):
    file = mapping(
        """
        prompt = "bring the hand to the point"
        [observation]
        "observation/joints" = "proprio[0:7]"
        "observation/goal"   = "goal"
        images.front = { camera = "front", size = [24, 16] }
        images.wrist = { camera = "wrist", size = [24, 16] }
        [action]
        key = "act"
        order = [3, 1, 0, 2]
        scale = [1.0, 1.0, 1.0, 2.0]
        shift = [0.0, 0.0, 0.0, -1.0]
        steps = 1
        clip = true
        """
    )
    asked = []

    def infer(seen, connection):
        asked.append(seen)
        return {"act": [[0.1, 0.2, 0.25, 7.0, 99.0], [0.0] * 5]}

    with running(theirs(infer)) as url:
        arguments = find_policy(url, remote_mapping=file).get_env_arguments()
        assert arguments == {"observe": ["proprio", "goal", "rgb"], "cameras": ["front", "wrist"], "size": (24, 16)}
        with closing(TaskEnv("reach", **arguments)) as env:
            seen, _ = env.reset(seed=0)
            policy = remote(url, env, file)
            rows = [policy.act(seen) for _ in range(2)]
    assert len(asked) == 2
    assert rows[0] == pytest.approx([1.0, 0.2, 0.1, -0.5])
    assert asked[0]["prompt"] == "bring the hand to the point"
    assert np.array_equal(asked[0]["observation/joints"], seen["proprio"][:7])
    assert np.array_equal(asked[0]["images"]["wrist"], seen["wrist_rgb"])
    assert asked[0]["images"]["front"].shape == (16, 24, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[observation]\na = 'proprio[x]'\n", r"mapping.toml: observation.a: 'proprio\[x\]' is no place"),
        ("[observation]\na = { camera = 'front' }\n", "mapping.toml: observation.a.size: missing"),
        ("[observation]\na.b = 3\n", "mapping.toml: observation.a.b: 3 is no place"),
        (
            "[observation]\na = { camera = 'front', size = [8, 8] }\nb = { camera = 'side', size = [9, 8] }\n",
            "mapping.toml: observation: images of 2 sizes",
        ),
        ("[action]\nordr = [1]\n", "action.ordr: no field 'ordr'; did you mean 'order'"),
        ("[action]\nsteps = 0\n", "action.steps: 0 is below"),
        ("promt = 'x'\n", "did you mean 'prompt'"),
        ("[observation]\na = 'propio'\n", "wants 'propio', which reach does not show; did you mean 'proprio'"),
    ],
)
def test_mappings_that_are_wrong(reach, mapping, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        find_policy("ws://127.0.0.1:9", remote_mapping=mapping(text)).make(reach)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("infer", "message"),
    [
        (actions([0, np.nan, 0, 0]), "nan in its action"),
        (actions([0, 0, 0]), r"shape \(3,\), this task takes \(4,\)"),
        (actions([0, 0, 0, 2]), r"must be in \[-1, 1\]"),
        (actions(), "'actions' are not actions"),
        (lambda seen, connection: {"action": [0, 0, 0, 0]}, "holds no 'actions' but 'action'"),
        (lambda seen, connection: {"actions": "left"}, "'actions' are not actions"),
        (lambda seen, connection: [1], "is a list, not a dictionary"),
        (lambda seen, connection: connection.send(b"\xc1"), "not of openpi's protocol"),
        (lambda seen, connection: connection.send("Traceback\n  line 3\nKeyError: 'image'\n"), "KeyError: 'image'$"),
        (lambda seen, connection: connection.close(1011), "hung up"),
        (lambda seen, connection: connection.socket.shutdown(socket.SHUT_RDWR), "hung up"),
    ],
)
def test_servers_that_are_wrong(reach, observation, infer, message):
    with running(theirs(infer)) as url:
        policy = remote(url, reach)
        for seed in (0, 1):  # the next episode is tried again
            policy.reset(seed)
            with pytest.raises(PolicyError, match=message) as caught:
                policy.act(observation)
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "message"), [(5, "front_rgb: expected an array"), (["x"], r"front_rgb\.0: expected an integer")]
)
def test_a_server_that_says_nonsense_of_what_it_wants_to_see(shape, message):
    with (
        running(theirs(actions([0.0] * 4), {"observation": {"front_rgb": shape}})) as url,
        pytest.raises(ConfigError, match=message),
    ):
        find_policy(url).get_env_arguments()


def test_a_slow_server(reach, observation, mapping):
    calls, done = [], threading.Event()

    def infer(seen, connection):
        calls.append(seen)
        if len(calls) == 1:
            done.wait(30)
            return {"actions": np.full((1, 4), 0.9)}
        return {"actions": np.full((1, 4), 0.1)}

    with running(theirs(infer)) as url:
        policy = remote(url, reach, mapping(act=0.5))
        with pytest.raises(PolicyError, match=r"no answer within 0.5 s"):
            policy.act(observation)
        done.set()
        policy.reset(1)
        assert policy.act(observation)[0] == pytest.approx(0.1)  # and not the answer that came too late


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="time limits need POSIX signals")
def test_a_slow_server_under_a_limit_of_the_caller(reach, observation):
    calls, done = [], threading.Event()

    def infer(seen, connection):
        calls.append(seen)
        if len(calls) == 1:
            done.wait(30)
        return {"actions": np.full((1, 4), 0.1 * len(calls))}

    with running(theirs(infer)) as url, GuardedPolicy(find_policy(url).make(reach), reach.action_space, 0.5) as policy:
        policy.reset(0)
        with pytest.raises(PolicyError, match=r"took longer than 0.5 s"):
            policy.act(observation)
        done.set()
        policy.reset(1)
        assert policy.act(observation)[0] == pytest.approx(0.2)


@pytest.mark.skipif(int(version("websockets").partition(".")[0]) < 17, reason="shutdown leaves connections open")
def test_a_server_that_dies_and_comes_back(reach, observation, mapping):
    with running(theirs(actions([0.1] * 4))) as url:
        port = int(url.rpartition(":")[2])
        policy = remote(url, reach, mapping())
        policy.act(observation)
    with pytest.raises(PolicyError, match="hung up"):
        policy.act(observation)  # in mid-episode
    with pytest.raises(PolicyError, match="no policy server answers"):
        policy.reset(1)
    with running(theirs(actions([0.2] * 4), port=port)):
        policy.reset(2)
        assert policy.act(observation)[0] == pytest.approx(0.2)
    with running(theirs(actions([0.3] * 4), port=port)):  # it died between two episodes, which nobody need notice
        policy.reset(3)
        assert policy.act(observation)[0] == pytest.approx(0.3)


def test_a_server_that_starts_late(reach, observation):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    policy = GuardedPolicy(find_policy(f"ws://127.0.0.1:{port}").make(reach), reach.action_space)
    failed = []
    thread = threading.Thread(target=lambda: failed.append(policy.reset(0)))
    thread.start()
    with running(theirs(actions([0.2] * 4), port=port)):
        thread.join()
        assert policy.act(observation)[0] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("url", "message"), [("ws://", "is not an address"), ("ws://127.0.0.1:{port}", "no policy server answers")]
)
def test_addresses_without_a_server(mapping, url, message):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = url.format(port=free.getsockname()[1])
    with pytest.raises((UsageError, UnreachableError), match=message) as caught:
        find_policy(url, remote_mapping=mapping()).describe()
    assert "\n" not in str(caught.value)


# messages


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int64", "bool", ">f4", "<U3"])
def test_arrays_go_there_and_back(dtype):
    array = np.arange(6).astype(dtype).reshape(2, 3)
    back = unpack_message(pack_message({"images": {"a": array}, "one": array[0, 0]}))
    assert np.array_equal(back["images"]["a"], array)
    assert back["images"]["a"].dtype == array.dtype
    assert back["one"] == array[0, 0]


@pytest.mark.parametrize("thing", [np.array([object()]), np.array([1j]), np.zeros(1, "V4"), {1, 2}])
def test_what_cannot_be_sent(thing):
    with pytest.raises(TypeError, match="cannot be sent"):
        pack_message({"a": thing})


@pytest.mark.parametrize(
    "table",
    [
        {b"__ndarray__": True, b"data": b"12345678", b"dtype": "|O", b"shape": (1,)},
        {b"__ndarray__": True, b"data": b"1234", b"dtype": "<f4", b"shape": (2,)},
        {b"__ndarray__": True, b"dtype": "<f4", b"shape": (2,)},
        {b"__npgeneric__": True, b"data": "x", b"dtype": "<f4"},
        {b"__ndarray__": True, b"data": b"1234", b"dtype": "(1,", b"shape": (1,)},
        {b"__ndarray__": True, b"data": b"1234", b"dtype": "f4,f4", b"shape": (1,)},
        {b"__ndarray__": True, b"data": b"1234", b"dtype": "<f4", b"shape": (2**63,)},
    ],
)
def test_what_is_not_accepted(table):
    with pytest.raises(PolicyError, match="not of openpi's protocol"):
        unpack_message(msgpack.packb(table))


# the command


def _started(*words, **variables):
    env = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.Popen(
        [*COMMAND, "serve", *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_the_command_serves_until_interrupted(reach, observation, saved):
    process = _started(str(saved), "--task", "reach", "--port", "0")
    try:
        said = process.stdout.readline()
        assert said.startswith("tiny on reach: ws://127.0.0.1:")
        url = said.split()[-1]
        here = find_policy(saved).make(reach)
        with connect(url):  # somebody who says nothing is no reason to stay
            assert np.array_equal(remote(url, reach).act(observation), here.act(observation))
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        assert process.returncode == 130
        assert "Traceback" not in errors
        assert "warning" not in errors
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("variables", "warned"), [({}, True), ({"KEY": "secret"}, False)])
def test_the_command_warns_when_anybody_may_come(variables, warned):
    words = ["--api-key-env", "KEY"] if variables else []
    process = _started("random", "--task", "reach", "--port", "0", "--host", "0.0.0.0", *words, **variables)
    try:
        assert process.stdout.readline().startswith("random on reach: ws://0.0.0.0:")
        process.terminate()
        assert ("all clients that reach 0.0.0.0 can use this policy" in process.communicate(timeout=20)[1]) == warned
    finally:
        process.kill()
        process.wait()


def test_the_command_needs_the_key_that_it_asks_for():
    process = _started("random", "--task", "reach", "--api-key-env", "NO_SUCH_KEY")
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors.count("\n")) == (2, 1)
    assert "NO_SUCH_KEY is not set" in errors
