"""Contact forces of every physics step, summed by pairs of named groups of links."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from mygym_lite.config.state import NO_TOUCH, Touch
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.sim.engine import ActionContacts, LinkForces, LinkId, LinkPair
from mygym_lite.summation import sum_in_order

WINDOW_SECONDS = 0.05  # peaks are means over this window, so that they do not depend on the physics rate
GroupPair = tuple[str, str]


class _Groups:
    """Assignment of contacts to pairs of named groups."""

    def __init__(self, members: dict[str, frozenset[LinkId]]) -> None:
        self.members = members
        self._caches: dict[GroupPair, dict[LinkPair, bool]] = {}

    def get_cache(self, pair: GroupPair) -> dict[LinkPair, bool]:
        """Return the link pairs tested so far for a pair of groups; unknown names raise ConfigError."""
        if pair not in self._caches:
            for name in pair:
                if name not in self.members:
                    raise ConfigError(f"no body or contact group '{name}'{suggest(name, self.members)}")
            self._caches[pair] = {}
        return self._caches[pair]

    def connects(self, pair: GroupPair, links: LinkPair) -> bool:
        """Return True if a contact has one side in each group."""
        first, second = links[:2], links[2:]
        a, b = self.members[pair[0]], self.members[pair[1]]
        return (first in a and second in b) or (first in b and second in a)


class Contacts:
    """The contacts of one action: a mapping from two group names to their :class:`Touch`."""

    def __init__(
        self, groups: _Groups, forces: dict[LinkPair, list[float]], substeps: int, dt: float, penetration: float
    ) -> None:
        self._groups = groups
        self._forces = forces  # N, for each pair of links at each physics step
        self._substeps = substeps
        self._dt = dt
        self.penetration = penetration  # m, deepest penetration of a robot link
        self._touches: dict[GroupPair, Touch] = {}

    def get(self, pair: GroupPair) -> Touch:
        """Return the force between two groups, zero without contact; unknown groups raise ConfigError."""
        touch = self._touches.get(pair)
        if touch is None:
            touch = self._touches[pair] = self._compute_touch(pair)
        return touch

    def seconds_above(self, pair: GroupPair, newtons: float) -> float:
        """Return the time, s, for which the force between two groups, averaged over 50 ms, exceeds a threshold."""
        if self.get(pair).peak <= newtons:
            return 0.0
        series, window = self._sum_series(pair) or [], _count_window_steps(self._dt)
        ends = range(max(0, len(series) - self._substeps), len(series))
        sums = (sum_in_order(series[max(0, end + 1 - window) : end + 1]) for end in ends)
        return self._dt * sum(force > newtons * window for force in sums)

    def _compute_touch(self, pair: GroupPair) -> Touch:
        series = self._sum_series(pair)
        return NO_TOUCH if series is None else self._summarize(series)

    def _sum_series(self, pair: GroupPair) -> list[float] | None:
        """Sum the force between two groups at each physics step, N; None without contact."""
        cache, series = self._groups.get_cache(pair), None
        for links, force in self._forces.items():
            connected = cache.get(links)
            if connected is None:
                connected = cache[links] = self._groups.connects(pair, links)
            if connected:
                series = force if series is None else [a + b for a, b in zip(series, force, strict=True)]
        return series

    def _summarize(self, series: list[float]) -> Touch:
        impulse = sum_in_order(series[-self._substeps :]) * self._dt
        window = _count_window_steps(self._dt)
        width = min(window, len(series))
        running = peak = sum_in_order(series[:width])
        for first, last in zip(series, series[width:], strict=False):
            running += last - first
            if running > peak:
                peak = running
        return Touch(impulse / (self._substeps * self._dt), peak / window, impulse)


class ContactRecorder:
    """Recorder of the contacts of every physics step, summarized for each action."""

    def __init__(self, step_seconds: float, substeps: int) -> None:
        self._dt = step_seconds
        self._substeps = substeps
        # the averaging window may reach into the previous action
        self._steps: deque[LinkForces] = deque(maxlen=substeps + _count_window_steps(step_seconds) - 1)
        self._groups = _Groups({})

    def set_groups(self, groups: Mapping[str, Iterable[LinkId]]) -> None:
        """Define the links of each contact group."""
        members = {name: frozenset(members) for name, members in groups.items()}
        if members != self._groups.members:
            self._groups = _Groups(members)

    def summarize(self, contacts: ActionContacts) -> Contacts:
        """Return the contacts of the action that just ended."""
        self._steps.extend(contacts.steps)
        series: dict[LinkPair, list[float]] = {}
        for i, forces in enumerate(self._steps):
            for links, force in forces.items():
                row = series.get(links)
                if row is None:
                    row = series[links] = [0.0] * len(self._steps)
                row[i] = force
        return Contacts(self._groups, series, self._substeps, self._dt, contacts.penetration)


def _count_window_steps(step_seconds: float) -> int:
    return max(1, round(WINDOW_SECONDS / step_seconds))
