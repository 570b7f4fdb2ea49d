"""A policy that runs in another program, maybe on another machine, reached over openpi's websocket protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PolicyError, UnreachableError
from mygym_lite.fingerprint import fingerprint_parts
from mygym_lite.policies.metadata import build_env_arguments, require_observations
from mygym_lite.policies.remote.client import PolicyClient
from mygym_lite.policies.remote.mapped import MappedPolicy
from mygym_lite.policies.remote.mapping import MappingFile, RemoteMapping
from mygym_lite.policies.remote.protocol import import_extra, pack_message
from mygym_lite.schema import Location, convert

_LOST = (1001, 1006, 1012, 1013)  # codes of a connection that ends with its server, not for what was asked on it
SEED_KEY = "mygym_lite/seed"
"""Where metadata hold this, the first observation of an episode may: the server begins the episode of that seed."""


class RemotePolicy:
    """Asks a server what to do.

    Args:
        client: To the server.
        check: Refuses the metadata of a server that is not meant.
    """

    def __init__(self, client: PolicyClient, check: Callable[[dict[Any, Any]], None]) -> None:
        self._line, self._check = client, check

    def reset(self, seed: int) -> None:
        """Begin an episode, over a new connection if the last one has died."""
        self._connect()
        self._opening: dict[str, Any] | None = {SEED_KEY: seed} if SEED_KEY in self._line.metadata else {}

    def _connect(self) -> None:
        """Connect to the server that is meant; another one may have taken its address."""
        self._line.connect()
        try:
            self._check(self._line.metadata)
        except UnreachableError:
            self._line.close()
            raise

    def act(self, message: dict[str, Any]) -> dict[Any, Any]:
        """The server's answer."""
        reply = self._asked(message)
        if not isinstance(reply, dict):
            raise PolicyError(f"policy: its reply is a {type(reply).__name__}, not a dictionary that holds actions")
        return reply

    def _asked(self, message: dict[str, Any]) -> Any:
        closed = import_extra("websockets.exceptions").ConnectionClosed
        opening, self._opening = self._opening, None
        try:
            try:
                return self._line.infer(message | (opening or {}))
            except closed:
                if opening is None:
                    raise
                self._connect()  # it died between two episodes: nothing of this one is lost
                return self._line.infer(message | opening)
        except (closed, OSError) as error:
            kind = UnreachableError if _is_lost(error) else PolicyError
            raise kind(f"{self._line.url}: the policy server hung up ({error})") from error


def _is_lost(error: Exception) -> bool:
    """Whether a connection broke; a server that closes it for an error has answered."""
    close = getattr(error, "rcvd", None)
    return close is None or close.code in _LOST


@dataclass(frozen=True)
class RemotePolicySpec:
    """A remote policy before any environment exists."""

    url: str
    mapping: RemoteMapping
    mapping_text: bytes
    """The mapping file's."""
    expected_entry: Mapping[str, Any] | None = None
    """The card of the policy that is meant; whatever answers at the address if left out."""

    @classmethod
    def read(
        cls, url: str, file: MappingFile | None, expected_entry: Mapping[str, Any] | None = None
    ) -> RemotePolicySpec:
        """Find one by its address and the mapping's file, if there is one."""
        if file is None:
            return cls(url, RemoteMapping(), b"", expected_entry)
        return cls(url, file.mapping, file.text.encode(), expected_entry)

    def fetch_metadata(self) -> dict[Any, Any]:
        """What the server says of itself."""
        line = PolicyClient(self.url, self.mapping.connection)
        line.connect()
        line.close()
        self.require_same(line.metadata)
        return line.metadata

    def require_same(self, metadata: dict[Any, Any]) -> None:
        """Refuse a server that is not the one that is meant."""
        if self.expected_entry is not None and self._digest(metadata) != self.expected_entry["digest"]:
            raise UnreachableError(
                f"{self.url}: answers as another policy than at the start "
                f"({_difference(self.expected_entry['metadata'], _plain(metadata))}); serve the first one again"
            )

    def _digest(self, metadata: dict[Any, Any]) -> str:
        return fingerprint_parts([pack_message(metadata), self.mapping_text])

    def describe(self) -> dict[str, Any]:
        """What a run notes about it."""
        metadata = self.fetch_metadata()
        return {"digest": self._digest(metadata), "metadata": _plain(metadata)}

    def get_env_arguments(self) -> dict[str, Any]:
        """What the mapping names, or without one what the server says that it wants to see."""
        if self.mapping.observation or self.mapping.observe:
            return self.mapping.get_env_arguments()
        wanted = self.fetch_metadata().get("observation")
        if not isinstance(wanted, dict):
            return {}
        where = Location(self.url, ("metadata", "observation"))
        return build_env_arguments(convert(dict[str, tuple[int, ...]], wanted, where))

    def make(self, env: TaskEnv) -> MappedPolicy:
        """The policy, for an environment that shows what is mapped; it connects when an episode begins."""
        require_observations(env, self.mapping.list_array_names(), f"{self.url}: the mapping")
        return MappedPolicy(
            RemotePolicy(PolicyClient(self.url, self.mapping.connection), self.require_same), self.mapping
        )


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """The first entry of some metadata that differs."""
    for key in sorted({*before, *now}):
        if before.get(key) != now.get(key):
            return f"metadata.{key} was {before.get(key)!r:.60}, is {now.get(key)!r:.60}"
    return "its metadata or the mapping's file differ"


def _plain(thing: Any) -> Any:
    """Metadata as JSON can hold them."""
    if isinstance(thing, dict):
        return {str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_plain(value) for value in thing]
    return thing if thing is None or isinstance(thing, str | bool | int | float) else str(thing)
