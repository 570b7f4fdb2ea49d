"""The command ``mygym-lite serve``."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from command_line import COMMAND, make_environment
from policy_servers import connect_policy
from websockets.sync.client import connect

from mygym_lite.policies.policy_lookup import find_policy


def _start(*words, **variables):
    return subprocess.Popen(
        [*COMMAND, "serve", *words],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=make_environment(**variables),
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_serves_until_interrupted(reach, observation, saved_policy):
    process = _start(str(saved_policy), "--task", "reach", "--port", "0")
    try:
        said = process.stdout.readline()
        assert said.startswith("small_mlp on reach: ws://127.0.0.1:")
        url = said.split()[-1]
        local = find_policy(saved_policy).make(reach)
        with connect(url):  # a silent client does not keep the server running
            assert np.array_equal(connect_policy(url, reach).act(observation), local.act(observation))
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        assert process.returncode == 130
        assert "Traceback" not in errors
        assert "warning" not in errors
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("variables", "warned"), [({}, True), ({"KEY": "secret"}, False)])
def test_warns_about_a_public_address_without_api_key(variables, warned):
    words = ["--api-key-env", "KEY"] if variables else []
    process = _start("random", "--task", "reach", "--port", "0", "--host", "0.0.0.0", *words, **variables)
    try:
        assert process.stdout.readline().startswith("random on reach: ws://0.0.0.0:")
        process.terminate()
        assert ("all clients that reach 0.0.0.0 can use this policy" in process.communicate(timeout=20)[1]) == warned
    finally:
        process.kill()
        process.wait()


def test_requires_the_api_key_variable_to_be_set():
    process = _start("random", "--task", "reach", "--api-key-env", "NO_SUCH_KEY")
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors.count("\n")) == (2, 1)
    assert "NO_SUCH_KEY is not set" in errors
