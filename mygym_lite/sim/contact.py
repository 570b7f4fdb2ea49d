"""Contact forces, sampled at every physics step and summed by pairs of named groups of bodies."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import pybullet as bullet

from mygym_lite.errors import SpecError, nearest
from mygym_lite.spec.state import NO_TOUCH, Touch

WINDOW_SECONDS = 0.05  # peaks are means over this window, so that they do not depend on the physics rate
Part = tuple[int, int]  # body and link, as the engine numbers them
Pair = tuple[str, str]
_links = itemgetter(1, 3, 2, 4)  # body and link on either side of a contact
Points = tuple[tuple[Any, ...], ...]  # one physics step's contacts, as the engine lists them


def _window(step_seconds: float) -> int:
    """Physics steps that come nearest to the window."""
    return max(1, round(WINDOW_SECONDS / step_seconds))


@dataclass
class _Channels:
    """Which contacts count for which pair of groups."""

    groups: dict[str, frozenset[Part]]
    number: dict[Pair, int] = field(default_factory=dict)
    by_links: dict[tuple[int, int, int, int], tuple[int, ...]] = field(default_factory=dict)

    def add(self, pair: Pair) -> int:
        for name in pair:
            if name not in self.groups:
                raise SpecError(f"no body or group '{name}' to touch{nearest(name, self.groups)}")
        self.by_links.clear()
        return self.number.setdefault(pair, len(self.number))

    def of(self, key: tuple[int, int, int, int]) -> tuple[int, ...]:
        one, two = key[:2], key[2:]
        hits = tuple(
            number
            for (a, b), number in self.number.items()
            if (one in self.groups[a] and two in self.groups[b]) or (one in self.groups[b] and two in self.groups[a])
        )
        self.by_links[key] = hits
        return hits

    def row(self, points: Points) -> list[float]:
        """Normal force of each channel in one physics step, N."""
        row = [0.0] * len(self.number)
        known = self.by_links
        for point in points:
            key = _links(point)
            hits = known[key] if key in known else self.of(key)
            for number in hits:
                row[number] += point[9]
        return row


class Contacts:
    """The contacts of one action: a mapping from two group names to their :class:`Touch`."""

    def __init__(self, channels: _Channels, rows: list[list[float]], points: list[Points], last: int, dt: float):
        self._channels = channels
        self._rows = rows
        self._points = points
        self._last = last
        self._dt = dt
        self._known: dict[Pair, Touch] = {}

    def get(self, pair: Pair) -> Touch:
        """Force between two groups; one that touched nothing gives zeros, one that does not exist is refused."""
        known = self._known.get(pair)
        if known is None:
            known = self._known[pair] = self._touch(self._series(pair))
        return known

    def _series(self, pair: Pair) -> list[float]:
        """A pair asked for the first time is summed from the points themselves, later ones while sampling."""
        number = self._channels.number.get(pair)
        if number is None:
            number = self._channels.add(pair)
        if self._rows and number < len(self._rows[0]):
            return [row[number] for row in self._rows]
        return [self._channels.row(points)[number] for points in self._points]

    def _touch(self, series: list[float]) -> Touch:
        if not any(series):
            return NO_TOUCH
        impulse = sum(series[-self._last :]) * self._dt
        width = min(_window(self._dt), len(series))
        running = peak = sum(series[:width])
        for i in range(width, len(series)):
            running += series[i] - series[i - width]
            peak = max(peak, running)
        return Touch(impulse / (self._last * self._dt), peak / _window(self._dt), impulse)


class ContactRecorder:
    """Takes the contacts of every physics step and hands out those of each action."""

    def __init__(self, client: int, step_seconds: float, substeps: int) -> None:
        self._client = client
        self._dt = step_seconds
        self._substeps = substeps
        length = substeps + _window(step_seconds) - 1
        self._points: deque[Points] = deque(maxlen=length)
        self._rows: deque[list[float]] = deque(maxlen=length)
        self._channels = _Channels({})

    def name_groups(self, groups: Mapping[str, Iterable[Part]]) -> None:
        """Say which links make up each group."""
        named = {name: frozenset(parts) for name, parts in groups.items()}
        if named != self._channels.groups:
            self._channels = _Channels(named)

    def clear(self) -> Contacts:
        """Forget the episode before; nothing touches yet."""
        self._points.clear()
        self._rows.clear()
        return self.finish()

    def sample(self) -> None:
        """Take the contacts of the physics step just made."""
        self._points.append(bullet.getContactPoints(physicsClientId=self._client))

    def finish(self) -> Contacts:
        """The contacts of the action just made."""
        channels = self._channels
        fresh = list(self._points)[-self._substeps :]
        if self._rows and len(self._rows[0]) != len(channels.number):
            self._rows = deque((channels.row(p) for p in list(self._points)[: -self._substeps]), self._rows.maxlen)
        self._rows.extend(channels.row(points) for points in fresh)
        return Contacts(channels, list(self._rows), list(self._points), self._substeps, self._dt)
