"""Serve a policy to robots and simulators over openpi's websocket protocol."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
import threading
from contextlib import closing
from typing import TextIO

from mygym_lite.cli.options import add_count, add_policy_loading, add_settings
from mygym_lite.errors import UsageError

_POLL_PERIOD = 1.0  # s; on Windows, Ctrl-C is handled only between two polls


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the policy, the task and the address."""
    about = "a saved policy's folder, an SB3 .zip, module:function or random"
    parser.add_argument("policy", metavar="POLICY", help=about)
    spaces = "task that defines the observation and action spaces"
    parser.add_argument("--task", metavar="TASK", required=True, help=spaces)
    add_settings(parser)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1: this machine only)"
    )
    add_count(parser, "--port", "port (default 8000; 0 picks a free one)", 8000, minimum=0)
    key = "environment variable that holds the API key required of clients"
    parser.add_argument("--api-key-env", metavar="ENV", help=key)
    add_policy_loading(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Answer requests until interrupted."""
    from mygym_lite.envs.task_env import TaskEnv
    from mygym_lite.policies.policy_lookup import find_policy
    from mygym_lite.policies.remote.server import open_server

    policy = find_policy(
        arguments.policy,
        allow_pickle=arguments.allow_pickle,
        remote_mapping=arguments.remote_mapping,
        normalize=arguments.normalize,
        python=arguments.python,
    )
    key = _read_key(arguments.api_key_env)
    if key is None and not _is_loopback(arguments.host):
        warning = f"warning: all clients that reach {arguments.host} can use this policy; add --api-key-env ENV"
        print(warning, file=sys.stderr, flush=True)
    with (
        closing(TaskEnv(arguments.task, settings=arguments.settings, **policy.get_env_arguments())) as env,
        open_server(policy, env, arguments.host, arguments.port, key) as server,
    ):
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()  # the server can be closed only while it serves, and an interrupt may come at any time
        host, port = server.socket.getsockname()[:2]
        print(f"{policy.label} on {env.task.name}: ws://{f'[{host}]' if ':' in host else host}:{port}", file=out)
        print("press Ctrl-C to stop", file=sys.stderr, flush=True)
        out.flush()
        while serving.is_alive():
            serving.join(_POLL_PERIOD)
    return 0


def _read_key(variable: str | None) -> str | None:
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise UsageError(f"--api-key-env: {variable} is not set; set it to the key, for example with export")
    return os.environ[variable]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
