"""Client of a policy server, over a websocket."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from mygym_lite.errors import PolicyError, UnreachableError, UsageError
from mygym_lite.policies.remote.dialects import DIALECTS
from mygym_lite.policies.remote.mapping import ConnectionConfig
from mygym_lite.policies.remote.protocol import import_extra

_PAUSE = 0.25  # s before the second attempt; it doubles


class PolicyClient:
    """Connection that opens on demand and reopens after a failure.

    Args:
        url: Address of the server, ``ws://HOST:PORT``.
        connection: Time limits, attempts and authentication.
    """

    def __init__(self, url: str, connection: ConnectionConfig) -> None:
        self.url, self._config = url, connection
        self._open = ExitStack()
        self._socket: Any = None
        self._dialect = DIALECTS[connection.dialect]()
        self.metadata: dict[Any, Any] = {}

    def connect(self) -> None:
        """Ensure an open connection; retry with growing pauses while the server starts or restarts."""
        pause = _PAUSE
        for attempt in range(self._config.attempts):
            try:
                return self._connect_once()
            except (OSError, EOFError, import_extra("websockets.exceptions").WebSocketException) as error:
                self.close()
                self._raise_if_permanent(error)
                if attempt == self._config.attempts - 1:
                    reason = str(error) or type(error).__name__
                    raise UnreachableError(
                        f"{self.url}: no policy server answers ({reason}); start it, or correct the address"
                    ) from error
            time.sleep(pause)
            pause *= 2.0

    def _connect_once(self) -> None:
        if self._socket is not None and self._socket.protocol.state.name == "OPEN":
            return
        self.close()
        seconds = self._config.connect_seconds
        options = {"compression": None, "max_size": None, "ping_interval": None, "close_timeout": 1.0}
        socket = import_extra("websockets.sync.client").connect(
            self.url, open_timeout=seconds, additional_headers=self._build_headers(), **options
        )
        self._socket = self._open.enter_context(socket)
        with self._name_address():
            self.metadata = self._dialect.open(self, seconds)

    def _build_headers(self) -> dict[str, str]:
        variable = self._config.api_key_from
        if variable is None:
            return {}
        if not os.environ.get(variable):
            raise UsageError(f"{self.url}: the mapping takes the API key from {variable}, which is not set; set it")
        return {"Authorization": f"Api-Key {os.environ[variable]}"}

    def _raise_if_permanent(self, error: Exception) -> None:
        """Raise a ``UsageError`` for failures that another attempt cannot cure."""
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403):
            raise UsageError(
                f"{self.url}: the server refused the API key; put it in an environment variable and name that in the "
                "mapping: [connection] api_key_from"
            ) from error
        if isinstance(error, import_extra("websockets.exceptions").InvalidURI):
            raise UsageError(f"{self.url}: is not an address; write ws://HOST:PORT") from error

    def begin_episode(self) -> None:
        """Announce an episode to the server."""
        with self._guard():
            self._dialect.begin_episode(self, self._config.act_seconds)

    def infer(self, message: dict[str, Any]) -> Any:
        """Send an observation and return the reply of the server."""
        with self._guard():
            return self._dialect.ask(self, message, self._config.act_seconds)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Close the connection after any failure: a late reply must not be taken for the next one."""
        try:
            with self._name_address():
                yield
        except TimeoutError:
            self.close()
            raise PolicyError(f"{self.url}: no answer within {self._config.act_seconds:g} s") from None
        except BaseException:
            self.close()
            raise

    @contextmanager
    def _name_address(self) -> Iterator[None]:
        """Put the address of the server before a message about it."""
        try:
            yield
        except (PolicyError, UsageError) as error:
            raise type(error)(f"{self.url}: {error}") from error

    def send(self, data: bytes) -> None:
        """Send a message."""
        self._socket.send(data)

    def receive(self, seconds: float) -> bytes | str:
        """Receive the next message."""
        data: bytes | str = self._socket.recv(timeout=seconds)
        return data

    def close(self) -> None:
        """Close the connection."""
        self._socket = None
        self._open.close()
