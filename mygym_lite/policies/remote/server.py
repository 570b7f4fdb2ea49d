"""Any policy of ours over openpi's websocket protocol, for robots and simulators elsewhere.

A client sends observations as an environment here shows them: ``{"proprio": array, "goal": array}``, each under its
own name. It gets ``{"actions": array of shape (1, size), "server_timing": {"infer_ms": ...}}``. A new connection is a
new episode; within one, an observation that also holds ``mygym_lite/seed`` begins the episode of that seed. A message
of more than 64 MiB ends its connection.
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
"""Bytes of a message that a client may send: an observation of twenty pictures of 1024 x 1024 px."""
_INTERNAL_ERROR = 1011


def open_server(
    policy: PolicySpec, env: TaskEnv, host: str = "127.0.0.1", port: int = 8000, api_key: str | None = None
) -> Any:
    """Listen; the server answers while its ``serve_forever`` runs, and closes at the end of a ``with``.

    Args:
        policy: The policy.
        env: What it is to see and do; it is never stepped.
        host: On which address; other machines reach no loopback address.
        port: 0 for any that is free.
        api_key: What clients must know.
    """
    server = _Answers(policy, env, api_key)
    try:
        return import_extra("websockets.sync.server").serve(
            server.converse,
            host,
            port,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            process_request=server.at_the_door,
            logger=_quiet(),
        )
    except (OSError, OverflowError) as error:
        raise UsageError(f"{host}:{port}: cannot listen there ({error}); choose another") from error


class _Answers:
    """Answers every client by a policy of its own."""

    def __init__(self, source: PolicySpec, env: TaskEnv, api_key: str | None) -> None:
        if source.kind in ("expert", "remote"):
            why = "acts by the true state, which observations do not tell" if source.kind == "expert" else "is served"
            raise ConfigError(f"policy {source.name}: {why}; serve a saved policy, an SB3 .zip, a function or random")
        self._source, self._env, self._key = source, env, api_key
        shown = get_observation_shapes(env)
        self._make()  # what does not fit is refused before anybody connects
        self._wanted = {name: shown[name] for name in source.read_observation_shapes() or shown}
        digest, wanted = source.describe()["digest"], {name: list(shape) for name, shape in self._wanted.items()}
        self._hello = pack_message({
            "program": "mygym_lite", "policy": source.label, "digest": digest, "task": env.task.name,
            "observation": wanted, "action": list(env.action_space.shape or ()), SEED_KEY: "optional",
        })  # fmt: skip

    def _make(self) -> GuardedPolicy:
        policy = self._source.make(self._env)
        if self._source.kind == "function":
            policy = copy.deepcopy(policy)  # an object in a module is there once, and clients must not share it
        return GuardedPolicy(policy, self._env.action_space)  # type: ignore[arg-type]

    def at_the_door(self, connection: Any, request: Any) -> Any:
        """Say that all is well to who only asks, and let in who knows the key."""
        if request.path == "/healthz":
            return connection.respond(200, "OK\n")
        shown = request.headers.get("Authorization", "").encode()
        if self._key is not None and not hmac.compare_digest(shown, f"Api-Key {self._key}".encode()):
            return connection.respond(401, "the API key is missing or wrong\n")
        return None

    def converse(self, connection: Any) -> None:
        """Answer one client until it goes."""
        connection.send(self._hello)
        closed = import_extra("websockets.exceptions").ConnectionClosed
        try:
            policy = self._make()
            policy.reset(0)
            for message in connection:
                connection.send(pack_message(self._answer(policy, message)))
        except closed:
            return
        except Exception:  # whatever it is, the client is told, as the protocol has it, and others go on
            connection.send(traceback.format_exc())
            connection.close(_INTERNAL_ERROR, "an error, see the last message")

    def _answer(self, policy: GuardedPolicy, message: bytes | str) -> dict[str, Any]:
        began = time.perf_counter()
        observation = unpack_message(message) if isinstance(message, bytes) else None
        if not isinstance(observation, dict):
            raise UsageError("an observation is a dictionary of arrays")
        if SEED_KEY in observation:
            policy.reset(int(observation.pop(SEED_KEY)))
        self._require_complete(observation)
        action = policy.act(observation)
        return {"actions": action[None], "server_timing": {"infer_ms": 1000.0 * (time.perf_counter() - began)}}

    def _require_complete(self, observation: dict[str, Any]) -> None:
        for name, shape in self._wanted.items():
            found = getattr(observation.get(name), "shape", None)
            if found != shape:
                raise UsageError(f"observation: '{name}' has shape {found}, this policy wants {shape}")


def _quiet() -> logging.Logger:
    """Who comes and goes is nobody's business; what goes wrong is told to the client."""
    logger = logging.getLogger("mygym_lite.serve")
    logger.setLevel(logging.CRITICAL)
    return logger
