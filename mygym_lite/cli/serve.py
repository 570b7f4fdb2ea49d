"""Serve a policy to robots and simulators elsewhere, over openpi's websocket protocol."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
import threading
from contextlib import closing
from typing import TextIO

from mygym_lite.cli.options import add_remote_mapping, add_settings, make_integer_parser
from mygym_lite.errors import UsageError

_LOOK = 1.0  # s; on Windows, Ctrl-C is noticed between two looks


def configure(parser: argparse.ArgumentParser) -> None:
    """Who acts, at what, and who may ask."""
    parser.add_argument(
        "policy", metavar="POLICY", help="a saved policy's folder, an SB3 .zip, module:function or random"
    )
    parser.add_argument("--task", metavar="TASK", required=True, help="whose observations come, whose actions go")
    add_settings(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; this machine alone by default")
    parser.add_argument(
        "--port", type=make_integer_parser(0), default=8000, metavar="N", help="8000 by default; 0 for a free one"
    )
    parser.add_argument("--api-key-env", metavar="ENV", help="environment variable with the key that clients need")
    add_remote_mapping(parser)
    parser.add_argument("--allow-pickle", action="store_true", help="read an SB3 .zip, which can run any program")


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Answer until interrupted."""
    from mygym_lite.envs.task_env import TaskEnv
    from mygym_lite.policies.policy_lookup import find_policy
    from mygym_lite.policies.remote.server import open_server

    policy = find_policy(arguments.policy, allow_pickle=arguments.allow_pickle, remote_mapping=arguments.remote_mapping)
    key = _key(arguments.api_key_env)
    if key is None and not _is_loopback(arguments.host):
        print(
            f"warning: whoever reaches {arguments.host} can use this policy; to ask for a key, --api-key-env ENV",
            file=sys.stderr, flush=True,
        )  # fmt: skip
    shown = policy.get_env_arguments()
    with (
        closing(TaskEnv(arguments.task, settings=arguments.settings, **shown)) as env,
        open_server(policy, env, arguments.host, arguments.port, key) as server,
    ):
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()  # an interrupt may come at any moment, and the server closes only once it serves
        host, port = server.socket.getsockname()[:2]
        print(f"{policy.label} on {env.task.name}: ws://{f'[{host}]' if ':' in host else host}:{port}", file=out)
        print("Ctrl-C ends it", file=sys.stderr, flush=True)
        out.flush()
        while serving.is_alive():
            serving.join(_LOOK)
    return 0


def _key(variable: str | None) -> str | None:
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise UsageError(f"--api-key-env: {variable} is not set; put the key there, for example in the shell")
    return os.environ[variable]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
