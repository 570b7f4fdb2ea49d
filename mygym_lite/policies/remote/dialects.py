"""Dialects of policy servers: the messages that open a connection, begin an episode and ask for actions."""

from __future__ import annotations

import time
import uuid
from typing import Any, Protocol

from mygym_lite.errors import PolicyError, UsageError
from mygym_lite.policies.remote.protocol import pack_message, unpack_message

OPENPI = "openpi"
_VERSION = 1  # of vla-eval's protocol
_PROMPT = "prompt"


class Channel(Protocol):
    """Open connection of a client."""

    def send(self, data: bytes) -> None:
        """Send a message."""

    def receive(self, seconds: float) -> bytes | str:
        """Receive the next message; a text is no msgpack.

        Raises:
            TimeoutError: None has arrived in time.
        """


class Dialect(Protocol):
    """Messages that one kind of server understands."""

    def open(self, channel: Channel, seconds: float) -> dict[Any, Any]:
        """Begin a connection, and return the metadata of the server."""

    def begin_episode(self, channel: Channel, seconds: float, /) -> None:
        """Announce an episode."""

    def ask(self, channel: Channel, message: dict[str, Any], seconds: float) -> Any:
        """Send an observation, and return the reply with the actions."""


class OpenPi:
    """openpi: the server sends its metadata, then answers each observation."""

    def open(self, channel: Channel, seconds: float) -> dict[Any, Any]:
        """Receive the metadata."""
        metadata = _parse(channel.receive(seconds))
        return metadata if isinstance(metadata, dict) else {}

    def begin_episode(self, channel: Channel, seconds: float) -> None:
        """Do nothing: openpi has no episodes."""

    def ask(self, channel: Channel, message: dict[str, Any], seconds: float) -> Any:
        """Exchange observation and actions."""
        channel.send(pack_message(message))
        return _parse(channel.receive(seconds))


class RoboArena(OpenPi):
    """RoboArena and vLLM-Omni: openpi's format with an endpoint and a session, and actions without a table."""

    def __init__(self) -> None:
        self._session = ""

    def begin_episode(self, channel: Channel, seconds: float) -> None:
        """Reset the server, for a session of its own; any answer counts."""
        self._session = str(uuid.uuid4())
        channel.send(pack_message({"endpoint": "reset", "session_id": self._session}))
        channel.receive(seconds)

    def ask(self, channel: Channel, message: dict[str, Any], seconds: float) -> Any:
        """Exchange observation and actions, an array (steps, numbers)."""
        reply = super().ask(channel, {**message, "endpoint": "infer", "session_id": self._session}, seconds)
        return reply if isinstance(reply, dict) else {"actions": reply}


class VlaEval:
    """vla-eval: numbered messages of several types; ``prompt`` is called ``task_description``."""

    def __init__(self) -> None:
        self._number = 0

    def open(self, channel: Channel, seconds: float) -> dict[Any, Any]:
        """Exchange greetings.

        Raises:
            UsageError: The server speaks another version.
        """
        payload = {"harness_version": "mygym_lite", "protocol_version": _VERSION, "benchmark": "mygym_lite"}
        self._send(channel, "hello", payload)
        metadata = self._receive(channel, "hello", seconds)
        if metadata.get("protocol_version") != _VERSION:
            raise UsageError(
                f"the server speaks version {metadata.get('protocol_version')} of vla-eval's protocol, and this client "
                f"version {_VERSION}; serve the policy with vla-eval 0.8"
            )
        return metadata

    def begin_episode(self, channel: Channel, _seconds: float) -> None:
        """Announce an episode, which the server does not answer."""
        self._send(channel, "episode_start", {"task": {}})

    def ask(self, channel: Channel, message: dict[str, Any], seconds: float) -> Any:
        """Exchange observation and actions."""
        renamed = {"task_description" if key == _PROMPT else key: value for key, value in message.items()}
        self._send(channel, "observation", renamed)
        return self._receive(channel, "action", seconds)

    def _send(self, channel: Channel, kind: str, payload: dict[str, Any]) -> None:
        self._number += 1
        table = {"type": kind, "payload": payload, "seq": self._number, "timestamp": time.time()}
        channel.send(pack_message(table, text_keys=True))

    def _receive(self, channel: Channel, kind: str, seconds: float) -> dict[Any, Any]:
        """Receive the answer to the last message."""
        message = _parse(channel.receive(seconds))
        if not isinstance(message, dict) or not isinstance(message.get("payload"), dict):
            raise PolicyError("a message that is not of vla-eval's protocol: it has no payload")
        payload: dict[Any, Any] = message["payload"]
        if message.get("type") == "error":
            raise PolicyError(f"the server failed: {payload.get('error', payload)}")
        if message.get("type") != kind or message.get("seq") != self._number:
            raise PolicyError(
                f"a message {message.get('seq')} of type {message.get('type')!r}, and {self._number} of type "
                f"'{kind}' is due"
            )
        return payload


def _parse(data: bytes | str) -> Any:
    """Parse a message; a text is the last line of an error."""
    if isinstance(data, str):
        raise PolicyError((data.strip().splitlines() or ["an error without a message"])[-1])
    return unpack_message(data)


DIALECTS: dict[str, type[Dialect]] = {OPENPI: OpenPi, "roboarena": RoboArena, "vla-eval": VlaEval}
"""Dialects by name, as mappings choose them."""
