"""Remote policies: they run in another process or on another machine, over a websocket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PolicyError, UnreachableError
from mygym_lite.fingerprint import fingerprint_parts
from mygym_lite.policies.metadata import build_env_arguments, require_observations
from mygym_lite.policies.remote.client import PolicyClient
from mygym_lite.policies.remote.mapped_policy import MappedPolicy
from mygym_lite.policies.remote.mapping import MappingFile, RemoteMapping
from mygym_lite.policies.remote.protocol import import_extra, pack_message
from mygym_lite.schema import Location, convert

_SERVER_GONE = (1001, 1006, 1012, 1013)  # close codes of a server that stopped or restarts
SEED_KEY = "mygym_lite/seed"
"""Optional key of the first observation of an episode, if the metadata of the server contain it too."""


class RemotePolicy:
    """Policy whose actions come from a server.

    Args:
        client: Connection to the server.
        check: Function that raises ``UnreachableError`` for the metadata of another server.
    """

    def __init__(self, client: PolicyClient, check: Callable[[dict[Any, Any]], None]) -> None:
        self._client, self._check = client, check

    def reset(self, seed: int) -> None:
        """Begin an episode, over a new connection if the last one is lost."""
        with self._report_loss():
            try:
                self._begin_episode()
            except _get_closed_error():
                self._begin_episode()
        self._first_message: dict[str, Any] | None = {SEED_KEY: seed} if SEED_KEY in self._client.metadata else {}

    def _begin_episode(self) -> None:
        self._connect()
        self._client.begin_episode()

    def _connect(self) -> None:
        """Connect, and check that no other server has taken the address."""
        self._client.connect()
        try:
            self._check(self._client.metadata)
        except UnreachableError:
            self._client.close()
            raise

    def act(self, message: dict[str, Any]) -> dict[Any, Any]:
        """Return the reply of the server."""
        reply = self._request(message)
        if not isinstance(reply, dict):
            raise PolicyError(f"policy: its reply is a {type(reply).__name__}, not a dictionary that holds actions")
        return reply

    def _request(self, message: dict[str, Any]) -> Any:
        first, self._first_message = self._first_message, None
        with self._report_loss():
            try:
                return self._client.infer(message | (first or {}))
            except _get_closed_error():
                if first is None:
                    raise
                self._begin_episode()  # lost between two episodes: this one has not begun
                return self._client.infer(message | first)

    @contextmanager
    def _report_loss(self) -> Iterator[None]:
        """Report a lost connection as an error of the policy, or of a server that is gone."""
        try:
            yield
        except (_get_closed_error(), OSError) as error:
            error_class = UnreachableError if _is_server_gone(error) else PolicyError
            raise error_class(f"{self._client.url}: the policy server hung up ({error})") from error


def _get_closed_error() -> type[Exception]:
    """Return the error of a closed connection."""
    error: type[Exception] = import_extra("websockets.exceptions").ConnectionClosed
    return error


def _is_server_gone(error: Exception) -> bool:
    """Distinguish a broken connection from one that the server closed because of an error."""
    close = getattr(error, "rcvd", None)
    return close is None or close.code in _SERVER_GONE


@dataclass(frozen=True)
class RemotePolicySpec:
    """Specification of a remote policy, before any environment exists."""

    url: str
    mapping: RemoteMapping
    mapping_text: bytes
    """Contents of the mapping file."""
    expected_entry: Mapping[str, Any] | None = None
    """Manifest entry of the expected policy; any policy at the address is accepted if None."""

    @classmethod
    def read(
        cls, url: str, file: MappingFile | None, expected_entry: Mapping[str, Any] | None = None
    ) -> RemotePolicySpec:
        """Build a specification from an address and an optional mapping file."""
        if file is None:
            return cls(url, RemoteMapping(), b"", expected_entry)
        return cls(url, file.mapping, file.text.encode(), expected_entry)

    def fetch_metadata(self) -> dict[Any, Any]:
        """Fetch the metadata of the server."""
        client = PolicyClient(self.url, self.mapping.connection)
        client.connect()
        client.close()
        self.require_same(client.metadata)
        return client.metadata

    def require_same(self, metadata: dict[Any, Any]) -> None:
        """Refuse the metadata of another policy than the expected one."""
        if self.expected_entry is not None and self._compute_digest(metadata) != self.expected_entry["digest"]:
            difference = _describe_difference(self.expected_entry["metadata"], _to_plain_data(metadata))
            raise UnreachableError(
                f"{self.url}: answers as another policy than at the start ({difference}); serve the first one again"
            )

    def _compute_digest(self, metadata: dict[Any, Any]) -> str:
        return fingerprint_parts([pack_message(metadata), self.mapping_text])

    def describe(self) -> dict[str, Any]:
        """Build the manifest entry."""
        metadata = self.fetch_metadata()
        return {"digest": self._compute_digest(metadata), "metadata": _to_plain_data(metadata)}

    def get_env_arguments(self) -> dict[str, Any]:
        """Return the environment arguments that the mapping, or else the metadata of the server, asks for."""
        if self.mapping.observation or self.mapping.observe:
            return self.mapping.get_env_arguments()
        observation = self.fetch_metadata().get("observation")
        if not isinstance(observation, dict):
            return {}
        location = Location(self.url, ("metadata", "observation"))
        return build_env_arguments(convert(dict[str, tuple[int, ...]], observation, location))

    def make(self, env: TaskEnv) -> MappedPolicy:
        """Make the policy for an environment with the mapped observations; it connects when an episode begins."""
        require_observations(env, self.mapping.list_array_names(), f"{self.url}: the mapping")
        remote = RemotePolicy(PolicyClient(self.url, self.mapping.connection), self.require_same)
        return MappedPolicy(remote, self.mapping, env)


def _describe_difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Describe the first differing entry of two metadata."""
    for key in sorted({*before, *now}):
        if before.get(key) != now.get(key):
            return f"metadata.{key} was {before.get(key)!r:.60}, is {now.get(key)!r:.60}"
    return "its metadata or the mapping's file differ"


def _to_plain_data(value: Any) -> Any:
    """Convert metadata for JSON."""
    if isinstance(value, dict):
        return {str(key): _to_plain_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_plain_data(item) for item in value]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
