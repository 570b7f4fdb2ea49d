"""A connection to a policy server, over openpi's websocket protocol."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from typing import Any

from mygym_lite.errors import PolicyError, UnreachableError, UsageError
from mygym_lite.policies.remote.mapping import ConnectionConfig
from mygym_lite.policies.remote.protocol import import_extra, pack_message, unpack_message

_PAUSE = 0.25  # s before the second attempt; it doubles


class PolicyClient:
    """Made when it is needed, and again when it has broken.

    Args:
        url: Of the server.
        connection: How patient we are.
    """

    def __init__(self, url: str, connection: ConnectionConfig) -> None:
        self.url, self._settings = url, connection
        self._open = ExitStack()
        self._socket: Any = None
        self.metadata: dict[Any, Any] = {}

    def connect(self) -> None:
        """Make sure of a connection; wait and try again for a server that is starting or restarting."""
        pause = _PAUSE
        for attempt in range(self._settings.attempts):
            try:
                return self._connect_once()
            except (OSError, EOFError, import_extra("websockets.exceptions").WebSocketException) as error:
                self.close()
                self._require_admitted(error)
                if attempt == self._settings.attempts - 1:
                    said = str(error) or type(error).__name__
                    raise UnreachableError(
                        f"{self.url}: no policy server answers ({said}); start it, or correct the address"
                    ) from error
            time.sleep(pause)
            pause *= 2.0

    def _connect_once(self) -> None:
        if self._socket is not None and self._socket.protocol.state.name == "OPEN":
            return
        self.close()
        seconds = self._settings.connect_seconds
        connected = import_extra("websockets.sync.client").connect(
            self.url, compression=None, max_size=None, ping_interval=None, open_timeout=seconds, close_timeout=1.0,
            additional_headers=self._headers(),
        )  # fmt: skip
        self._socket = self._open.enter_context(connected)
        metadata = self._received(seconds)
        self.metadata = metadata if isinstance(metadata, dict) else {}

    def _headers(self) -> dict[str, str]:
        variable = self._settings.api_key_from
        if variable is None:
            return {}
        if not os.environ.get(variable):
            raise UsageError(f"{self.url}: the mapping takes the API key from {variable}, which is not set; set it")
        return {"Authorization": f"Api-Key {os.environ[variable]}"}

    def _require_admitted(self, error: Exception) -> None:
        """A server that knows what it does not want need not be asked again."""
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403):
            raise UsageError(
                f"{self.url}: the server refused the API key; put it in an environment variable and name that in the "
                "mapping: [connection] api_key_from"
            ) from error
        if isinstance(error, import_extra("websockets.exceptions").InvalidURI):
            raise UsageError(f"{self.url}: is not an address; write ws://HOST:PORT") from error

    def infer(self, message: dict[str, Any]) -> Any:
        """The answer to an observation."""
        try:
            self._socket.send(pack_message(message))
            return self._received(self._settings.act_seconds)
        except TimeoutError:
            self.close()
            raise PolicyError(f"{self.url}: no answer within {self._settings.act_seconds:g} s") from None
        except BaseException:  # an answer that comes later must not be taken for the next one's
            self.close()
            raise

    def _received(self, seconds: float) -> Any:
        data = self._socket.recv(timeout=seconds)
        if isinstance(data, str):
            raise PolicyError(f"{self.url}: {(data.strip().splitlines() or ['an error without words'])[-1]}")
        return unpack_message(data)

    def close(self) -> None:
        """Hang up."""
        self._socket = None
        self._open.close()
