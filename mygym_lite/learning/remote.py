"""A policy that runs in another program, maybe on another machine, reached over openpi's websocket protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PolicyError
from mygym_lite.learning.digest import digest_of_parts
from mygym_lite.learning.line import Line
from mygym_lite.learning.mapped import MappedPolicy
from mygym_lite.learning.mapping import MappingFile, RemoteMapping
from mygym_lite.learning.shown import arguments_for, require_shown
from mygym_lite.learning.wire import extra, packed

SEED = "mygym_lite/seed"
"""Where metadata hold this, the first observation of an episode may: the server begins the episode of that seed."""


class RemotePolicy:
    """Asks a server what to do."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def reset(self, seed: int) -> None:
        """Begin an episode, over a new connection if the last one has died."""
        self._line.connect()
        self._opening: dict[str, Any] | None = {SEED: seed} if SEED in self._line.metadata else {}

    def act(self, message: dict[str, Any]) -> dict[Any, Any]:
        """The server's answer."""
        reply = self._asked(message)
        if not isinstance(reply, dict):
            raise PolicyError(f"policy: its reply is a {type(reply).__name__}, not a dictionary that holds actions")
        return reply

    def _asked(self, message: dict[str, Any]) -> Any:
        closed = extra("websockets.exceptions").ConnectionClosed
        opening, self._opening = self._opening, None
        try:
            try:
                return self._line.ask(message | (opening or {}))
            except closed:
                if opening is None:
                    raise
                self._line.connect()  # it died between two episodes: nothing of this one is lost
                return self._line.ask(message | opening)
        except (closed, OSError) as error:
            raise PolicyError(f"{self._line.url}: the policy server hung up ({error})") from error


@dataclass(frozen=True)
class RemoteSource:
    """A remote policy before any environment exists."""

    url: str
    mapping: RemoteMapping
    text: bytes
    """The mapping file's."""

    @classmethod
    def read(cls, url: str, file: MappingFile | None) -> RemoteSource:
        """Find one by its address and the mapping's file, if there is one."""
        return cls(url, RemoteMapping(), b"") if file is None else cls(url, file.mapping, file.text.encode())

    def metadata(self) -> dict[Any, Any]:
        """What the server says of itself."""
        line = Line(self.url, self.mapping.connection)
        line.connect()
        line.close()
        return line.metadata

    def card(self) -> dict[str, Any]:
        """What a run notes about it."""
        metadata = self.metadata()
        return {"digest": digest_of_parts([packed(metadata), self.text]), "metadata": _plain(metadata)}

    def env_arguments(self) -> dict[str, Any]:
        """What the mapping names, or without one what the server says that it wants to see."""
        if self.mapping.observation or self.mapping.observe:
            return self.mapping.env_arguments()
        wanted = self.metadata().get("observation")
        return arguments_for({name: tuple(shape) for name, shape in wanted.items()}) if isinstance(wanted, dict) else {}

    def make(self, env: TaskEnv) -> MappedPolicy:
        """The policy, for an environment that shows what is mapped; it connects when an episode begins."""
        require_shown(env, self.mapping.names(), f"{self.url}: the mapping")
        return MappedPolicy(RemotePolicy(Line(self.url, self.mapping.connection)), self.mapping)


def _plain(thing: Any) -> Any:
    """Metadata as JSON can hold them."""
    if isinstance(thing, dict):
        return {str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_plain(value) for value in thing]
    return thing if thing is None or isinstance(thing, str | bool | int | float) else str(thing)
