"""Remote policies: chunks of actions, faulty and slow servers, lost connections."""

import signal
import socket
import threading
from importlib.metadata import version

import numpy as np
import pytest
from policy_servers import connect_policy, make_protocol_server, reply_with
from servers import running

from mygym_lite.errors import ConfigError, PolicyError, UnreachableError, UsageError
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.watchdog import GuardedPolicy


def test_an_action_chunk_is_executed_before_the_next_request(reach, observation):
    asked = []

    def infer(seen, connection):
        asked.append(seen)
        return {"actions": np.full((3, 4), 0.1 * len(asked))}

    with running(make_protocol_server(infer)) as url:
        policy = connect_policy(url, reach)
        taken = [policy.act(observation)[0] for _ in range(4)]
        policy.reset(1)  # what is left of the chunk belongs to the last episode
        taken.append(policy.act(observation)[0])
    assert taken == pytest.approx([0.1, 0.1, 0.1, 0.2, 0.3])
    assert set(asked[0]) == {"proprio", "goal"}
    assert np.array_equal(asked[0]["proprio"], observation["proprio"])


@pytest.mark.parametrize(
    ("infer", "message"),
    [
        (reply_with([0, np.nan, 0, 0]), "nan in its action"),
        (reply_with([0, 0, 0]), r"shape \(3,\), this task takes \(4,\)"),
        (reply_with([0, 0, 0, 2]), r"must be in \[-1, 1\]"),
        (reply_with(), "'actions' are not actions"),
        (lambda seen, connection: {"action": [0, 0, 0, 0]}, "holds no 'actions' but 'action'"),
        (lambda seen, connection: {"actions": "left"}, "'actions' are not actions"),
        (lambda seen, connection: [1], "is a list, not a dictionary"),
        (lambda seen, connection: connection.send(b"\xc1"), "not of openpi's protocol"),
        (lambda seen, connection: connection.send("Traceback\n  line 3\nKeyError: 'image'\n"), "KeyError: 'image'$"),
        (lambda seen, connection: connection.close(1011), "hung up"),
        (lambda seen, connection: connection.socket.shutdown(socket.SHUT_RDWR), "hung up"),
    ],
)
def test_invalid_replies_are_policy_errors(reach, observation, infer, message):
    with running(make_protocol_server(infer)) as url:
        policy = connect_policy(url, reach)
        for seed in (0, 1):  # the next episode is tried again
            policy.reset(seed)
            with pytest.raises(PolicyError, match=message) as caught:
                policy.act(observation)
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "message"), [(5, "front_rgb: expected an array"), (["x"], r"front_rgb\.0: expected an integer")]
)
def test_invalid_observation_metadata_is_refused(shape, message):
    with (
        running(make_protocol_server(reply_with([0.0] * 4), {"observation": {"front_rgb": shape}})) as url,
        pytest.raises(ConfigError, match=message),
    ):
        find_policy(url).get_env_arguments()


def test_a_late_answer_is_an_error_and_is_discarded(reach, observation, write_mapping):
    calls, done = [], threading.Event()

    def infer(seen, connection):
        calls.append(seen)
        if len(calls) == 1:
            done.wait(30)
            return {"actions": np.full((1, 4), 0.9)}
        return {"actions": np.full((1, 4), 0.1)}

    with running(make_protocol_server(infer)) as url:
        policy = connect_policy(url, reach, write_mapping(act=0.5))
        with pytest.raises(PolicyError, match=r"no answer within 0.5 s"):
            policy.act(observation)
        done.set()
        policy.reset(1)
        assert policy.act(observation)[0] == pytest.approx(0.1)  # and not the answer that came too late


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="time limits need POSIX signals")
def test_the_action_timeout_interrupts_a_slow_server(reach, observation):
    calls, done = [], threading.Event()

    def infer(seen, connection):
        calls.append(seen)
        if len(calls) == 1:
            done.wait(30)
        return {"actions": np.full((1, 4), 0.1 * len(calls))}

    with (
        running(make_protocol_server(infer)) as url,
        GuardedPolicy(find_policy(url).make(reach), reach.action_space, 0.5) as policy,
    ):
        policy.reset(0)
        with pytest.raises(PolicyError, match=r"took longer than 0.5 s"):
            policy.act(observation)
        done.set()
        policy.reset(1)
        assert policy.act(observation)[0] == pytest.approx(0.2)


@pytest.mark.skipif(int(version("websockets").partition(".")[0]) < 17, reason="shutdown leaves connections open")
def test_client_reconnects_to_a_restarted_server(reach, observation, write_mapping):
    with running(make_protocol_server(reply_with([0.1] * 4))) as url:
        port = int(url.rpartition(":")[2])
        policy = connect_policy(url, reach, write_mapping())
        policy.act(observation)
    with pytest.raises(PolicyError, match="hung up"):
        policy.act(observation)  # in mid-episode
    with pytest.raises(PolicyError, match="no policy server answers"):
        policy.reset(1)
    with running(make_protocol_server(reply_with([0.2] * 4), port=port)):
        policy.reset(2)
        assert policy.act(observation)[0] == pytest.approx(0.2)
    with running(make_protocol_server(reply_with([0.3] * 4), port=port)):  # restarted between two episodes
        policy.reset(3)
        assert policy.act(observation)[0] == pytest.approx(0.3)


def test_client_waits_for_a_server_that_starts_late(reach, observation):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    policy = GuardedPolicy(find_policy(f"ws://127.0.0.1:{port}").make(reach), reach.action_space)
    failed = []
    thread = threading.Thread(target=lambda: failed.append(policy.reset(0)))
    thread.start()
    with running(make_protocol_server(reply_with([0.2] * 4), port=port)):
        thread.join()
        assert policy.act(observation)[0] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("url", "message"), [("ws://", "is not an address"), ("ws://127.0.0.1:{port}", "no policy server answers")]
)
def test_unreachable_addresses_are_errors_of_one_line(write_mapping, url, message):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = url.format(port=free.getsockname()[1])
    with pytest.raises((UsageError, UnreachableError), match=message) as caught:
        find_policy(url, remote_mapping=write_mapping()).describe()
    assert "\n" not in str(caught.value)
