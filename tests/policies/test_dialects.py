"""Dialects of policy servers: each is spoken to a server that was written from its protocol alone."""

import msgpack
import numpy as np
import pytest
from policy_servers import connect_policy
from servers import running
from websockets.sync.server import serve

import mygym_lite as mg
from mygym_lite.errors import PolicyError, UsageError
from mygym_lite.policies.policy_lookup import find_policy

ACTIONS = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]], np.float32)
MAPPING = """
schema = 1
prompt = "{{instruction}}"
[observation]
images.front = {{ camera = "front", size = [24, 16] }}
states = ["goal", "proprio[0:7]"]
[connection]
dialect = "{dialect}"
attempts = 1
act_seconds = 5
"""


def encode_with_text_keys(array):
    return {"__ndarray__": True, "data": array.tobytes(), "dtype": array.dtype.str, "shape": list(array.shape)}


def encode_with_byte_keys(array):
    return {b"__ndarray__": True, b"data": array.tobytes(), b"dtype": array.dtype.str, b"shape": array.shape}


def decode(table):
    for key in ("__ndarray__", b"__ndarray__"):
        if key in table:
            data, dtype, shape = (table[type(key)(name) if key == "__ndarray__" else name.encode()] for name in
                                  ("data", "dtype", "shape"))  # fmt: skip
            return np.frombuffer(data, dtype).reshape(shape)
    return table


class VlaEvalServer:
    """A model server of vla-eval: greets, takes the start of an episode without an answer, and acts."""

    def __init__(self, version=1, failing=False, shift=0):
        self.version, self.failing, self.shift, self.messages = version, failing, shift, []

    def converse(self, connection):
        for data in connection:
            message = msgpack.unpackb(data, object_hook=decode)
            self.messages.append(message)
            answer = self.answer(message["type"])
            if answer is not None:
                kind, payload = answer
                table = {"type": kind, "payload": payload, "seq": message["seq"] + self.shift, "timestamp": 0.0}
                connection.send(msgpack.packb(table, default=encode_with_text_keys))

    def answer(self, kind):
        if kind == "hello":
            return "hello", {"harness_version": "0.8.0", "protocol_version": self.version, "model_server": "Test"}
        if kind == "observation":
            return ("error", {"error": "out of memory"}) if self.failing else ("action", {"actions": ACTIONS})
        return None

    def open(self):
        return serve(self.converse, "127.0.0.1", 0, compression=None, max_size=None)


class RoboArenaServer:
    """A server of RoboArena: sends its configuration, answers a reset with text, and an observation with an array."""

    def __init__(self):
        self.messages = []

    def converse(self, connection):
        connection.send(msgpack.packb({"image_resolution": [16, 24], "action_space": "joint_position"}))
        for data in connection:
            message = msgpack.unpackb(data, object_hook=decode)
            self.messages.append(message)
            is_reset = message["endpoint"] == "reset"
            connection.send("reset successful" if is_reset else msgpack.packb(ACTIONS, default=encode_with_byte_keys))

    def open(self):
        return serve(self.converse, "127.0.0.1", 0, compression=None, max_size=None)


@pytest.fixture
def write_mapping(tmp_path):
    """Write the mapping of a dialect, and return its file."""

    def write(dialect):
        (tmp_path / "mapping.toml").write_text(MAPPING.format(dialect=dialect))
        return tmp_path / "mapping.toml"

    return write


@pytest.fixture
def env():
    env = mg.make("reach", observe=["goal", "proprio", "rgb"], cameras=["front"], size=(24, 16))
    yield env
    env.close()


def act_twice(server, dialect, env, write_mapping):
    """The actions of two steps in each of two episodes, and the observation before them."""
    observation, _ = env.reset(seed=0)
    with running(server.open()) as url:
        policy = connect_policy(url, env, write_mapping(dialect))
        rows = [np.array(policy.act(observation)) for _ in range(2)]
        policy.reset(1)
        rows += [np.array(policy.act(observation)) for _ in range(2)]
    return np.array(rows), observation


def check_observation(message, observation):
    assert np.array_equal(message["images"]["front"], observation["front_rgb"])
    assert np.array_equal(message["states"], np.concatenate([observation["goal"], observation["proprio"][:7]]))


def test_vla_eval(env, write_mapping):
    server = VlaEvalServer()
    rows, observation = act_twice(server, "vla-eval", env, write_mapping)
    assert np.allclose(rows, np.concatenate([ACTIONS, ACTIONS]))
    assert [m["type"] for m in server.messages] == ["hello", *["episode_start", "observation"] * 2]
    assert [m["seq"] for m in server.messages] == [1, 2, 3, 4, 5]
    assert server.messages[0]["payload"]["protocol_version"] == 1
    check_observation(server.messages[2]["payload"], observation)
    assert server.messages[2]["payload"]["task_description"] == env.task_description


def test_robo_arena(env, write_mapping):
    server = RoboArenaServer()
    rows, observation = act_twice(server, "roboarena", env, write_mapping)
    assert np.allclose(rows, np.concatenate([ACTIONS, ACTIONS]))
    assert [m["endpoint"] for m in server.messages] == ["reset", "infer"] * 2
    sessions = [m["session_id"] for m in server.messages]
    assert sessions[0] == sessions[1] != sessions[2] == sessions[3]
    check_observation(server.messages[1], observation)
    assert server.messages[1]["prompt"] == env.task_description


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (VlaEvalServer(version=2), "speaks version 2 of vla-eval's protocol, and this client version 1"),
        (VlaEvalServer(failing=True), "the server failed: out of memory"),
        (VlaEvalServer(shift=1), "a message 2 of type 'hello', and 1 of type 'hello' is due"),
        (RoboArenaServer(), "ws://127.0.0.1:"),
    ],
    ids=["version", "error", "number", "another dialect"],
)
def test_a_server_that_answers_otherwise_is_named(server, message, env, write_mapping):
    with pytest.raises(PolicyError, match=message) as caught:
        act_twice(server, "vla-eval", env, write_mapping)
    assert str(caught.value).startswith("ws://127.0.0.1:")
    assert "\n" not in str(caught.value)


def test_a_server_of_another_version_is_refused_before_a_run(write_mapping):
    with running(VlaEvalServer(version=2).open()) as url:
        policy = find_policy(url, remote_mapping=write_mapping("vla-eval"))
        with pytest.raises(UsageError, match="speaks version 2 of vla-eval's protocol"):
            policy.describe()


def test_unknown_dialects_are_refused(env, write_mapping):
    with pytest.raises(mg.MyGymError, match=r"connection.dialect: 'pi' .*openpi"):
        act_twice(RoboArenaServer(), "pi", env, write_mapping)
