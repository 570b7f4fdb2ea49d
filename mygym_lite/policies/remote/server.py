"""Policy server over openpi's websocket protocol, for robots and simulators elsewhere.

A client sends observations under the names of the task: ``{"proprio": array, "goal": array}``. The reply is
``{"actions": array of shape (1, size), "server_timing": {"infer_ms": ...}}``. Each connection begins a new episode; an
observation that also holds ``mygym_lite/seed`` begins the episode with that seed. A message of more than 64 MiB closes
the connection.
"""

from __future__ import annotations

import copy
import hmac
import logging
import time
import traceback
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.policies.metadata import get_observation_shapes
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.remote.policy import SEED_KEY
from mygym_lite.policies.remote.protocol import import_extra, pack_message, unpack_message
from mygym_lite.policies.watchdog import GuardedPolicy

MAX_MESSAGE_BYTES = 64 * 2**20
"""Maximum size of a client's message: an observation of twenty images of 1024 x 1024 px."""
_INTERNAL_ERROR = 1011


def open_server(
    policy: PolicySpec, env: TaskEnv, host: str = "127.0.0.1", port: int = 8000, api_key: str | None = None
) -> Any:
    """Open a server; it replies while its ``serve_forever`` runs, and closes at the end of a ``with`` block.

    Args:
        policy: Policy to serve.
        env: Environment that defines observations and actions; it is never stepped.
        host: Address to listen on; other machines cannot reach a loopback address.
        port: Port to listen on; 0 for any free one.
        api_key: Key that clients must send, if any.
    """
    handler = _ConnectionHandler(policy, env, api_key)
    try:
        return import_extra("websockets.sync.server").serve(
            handler.handle,
            host,
            port,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            process_request=handler.authorize,
            logger=_make_silent_logger(),
        )
    except (OSError, OverflowError) as error:
        raise UsageError(f"{host}:{port}: cannot listen there ({error}); choose another") from error


class _ConnectionHandler:
    """Handler that gives every client a policy of its own."""

    def __init__(self, spec: PolicySpec, env: TaskEnv, api_key: str | None) -> None:
        if spec.kind in ("expert", "remote", "lerobot"):
            reason = "acts on the ground-truth state, which is not observed" if spec.kind == "expert" else "is served"
            raise ConfigError(f"policy {spec.name}: {reason}; serve a saved policy, an SB3 .zip, a function or random")
        self._spec, self._env, self._api_key = spec, env, api_key
        shapes = get_observation_shapes(env)
        self._make_policy()  # raises for an incompatible policy before any client connects
        self._observation = {name: shapes[name] for name in spec.read_observation_shapes() or shapes}
        metadata = {
            "program": "mygym_lite",
            "policy": spec.label,
            "digest": spec.describe()["digest"],
            "task": env.task.name,
            "observation": {name: list(shape) for name, shape in self._observation.items()},
            "action": list(env.action_space.shape or ()),
            SEED_KEY: "optional",
        }
        self._greeting = pack_message(metadata)

    def _make_policy(self) -> GuardedPolicy:
        policy = self._spec.make(self._env)
        if self._spec.kind == "function":
            policy = copy.deepcopy(policy)  # a module holds one object, and clients must not share its state
        return GuardedPolicy(policy, self._env.action_space)  # type: ignore[arg-type]

    def authorize(self, connection: Any, request: Any) -> Any:
        """Answer health checks, and refuse clients without the API key."""
        if request.path == "/healthz":
            return connection.respond(200, "OK\n")
        header = request.headers.get("Authorization", "").encode()
        if self._api_key is not None and not hmac.compare_digest(header, f"Api-Key {self._api_key}".encode()):
            return connection.respond(401, "the API key is missing or wrong\n")
        return None

    def handle(self, connection: Any) -> None:
        """Serve one client until it disconnects."""
        connection.send(self._greeting)
        closed = import_extra("websockets.exceptions").ConnectionClosed
        try:
            policy = self._make_policy()
            policy.reset(0)
            for message in connection:
                connection.send(pack_message(self._reply(policy, message)))
        except closed:
            return
        except Exception:  # the protocol sends it to the client; the other clients go on
            connection.send(traceback.format_exc())
            connection.close(_INTERNAL_ERROR, "an error, see the last message")

    def _reply(self, policy: GuardedPolicy, message: bytes | str) -> dict[str, Any]:
        start = time.perf_counter()
        observation = unpack_message(message) if isinstance(message, bytes) else None
        if not isinstance(observation, dict):
            raise UsageError("an observation is a dictionary of arrays")
        if SEED_KEY in observation:
            policy.reset(int(observation.pop(SEED_KEY)))
        self._require_complete(observation)
        action = policy.act(observation)
        return {"actions": action[None], "server_timing": {"infer_ms": 1000.0 * (time.perf_counter() - start)}}

    def _require_complete(self, observation: dict[str, Any]) -> None:
        for name, expected in self._observation.items():
            shape = getattr(observation.get(name), "shape", None)
            if shape != expected:
                raise UsageError(f"observation: '{name}' has shape {shape}, this policy wants {expected}")


def _make_silent_logger() -> logging.Logger:
    """Silence connection logs; errors are sent to the client."""
    logger = logging.getLogger("mygym_lite.serve")
    logger.setLevel(logging.CRITICAL)
    return logger
