"""Contact forces, sampled at every physics step and summed by pairs of named groups of bodies."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from operator import itemgetter

import pybullet as bullet

from mygym_lite.config.state import NO_TOUCH, Touch
from mygym_lite.errors import ConfigError, suggest

WINDOW_SECONDS = 0.05  # peaks are means over this window, so that they do not depend on the physics rate
LinkId = tuple[int, int]  # body and link, as the engine numbers them
LinkPair = tuple[int, int, int, int]  # body and link on either side of a contact
GroupPair = tuple[str, str]
LinkForces = dict[LinkPair, float]  # N, in one physics step
_links = itemgetter(1, 3, 2, 4)  # of a contact point as the engine lists it
_DISTANCE, _FORCE = 8, 9  # likewise: m, negative inside one another; N


class _Groups:
    """Which contacts are between which named groups."""

    def __init__(self, parts: dict[str, frozenset[LinkId]]) -> None:
        self.parts = parts
        self._joined: dict[GroupPair, dict[LinkPair, bool]] = {}

    def joined_by(self, pair: GroupPair) -> dict[LinkPair, bool]:
        """What is known so far about a pair; a name that does not exist is refused."""
        if pair not in self._joined:
            for name in pair:
                if name not in self.parts:
                    raise ConfigError(f"no body or group '{name}' to touch{suggest(name, self.parts)}")
            self._joined[pair] = {}
        return self._joined[pair]

    def join(self, pair: GroupPair, links: LinkPair) -> bool:
        """Whether a contact has one side in each group."""
        one, two = links[:2], links[2:]
        a, b = self.parts[pair[0]], self.parts[pair[1]]
        return (one in a and two in b) or (one in b and two in a)


class Contacts:
    """The contacts of one action: a mapping from two group names to their :class:`Touch`."""

    def __init__(
        self, groups: _Groups, forces: dict[LinkPair, list[float]], substeps: int, dt: float, penetration: float
    ) -> None:
        self._groups = groups
        self._forces = forces  # N, of each pair of links at each physics step
        self._last = substeps
        self._dt = dt
        self.penetration = penetration  # m, how deep a link of the robot was inside anything
        self._known: dict[GroupPair, Touch] = {}

    def get(self, pair: GroupPair) -> Touch:
        """Force between two groups; one that touched nothing gives zeros, one that does not exist is refused."""
        known = self._known.get(pair)
        if known is None:
            known = self._known[pair] = self._touch(pair)
        return known

    def seconds_above(self, pair: GroupPair, newtons: float) -> float:
        """For how long two groups pressed harder than this, as the mean over the 50 ms before."""
        if self.get(pair).peak <= newtons:
            return 0.0
        series, window = self._series(pair) or [], _window(self._dt)
        ends = range(max(0, len(series) - self._last), len(series))
        return self._dt * sum(sum(series[max(0, end + 1 - window) : end + 1]) > newtons * window for end in ends)

    def _touch(self, pair: GroupPair) -> Touch:
        series = self._series(pair)
        return NO_TOUCH if series is None else self._summed(series)

    def _series(self, pair: GroupPair) -> list[float] | None:
        """The force between two groups at each physics step, N."""
        joined, series = self._groups.joined_by(pair), None
        for links, force in self._forces.items():
            if links not in joined:
                joined[links] = self._groups.join(pair, links)
            if joined[links]:
                series = force if series is None else [a + b for a, b in zip(series, force, strict=True)]
        return series

    def _summed(self, series: list[float]) -> Touch:
        impulse = sum(series[-self._last :]) * self._dt
        window = _window(self._dt)
        width = min(window, len(series))
        running = peak = sum(series[:width])
        for i in range(width, len(series)):
            running += series[i] - series[i - width]
            peak = max(peak, running)
        return Touch(impulse / (self._last * self._dt), peak / window, impulse)


class ContactRecorder:
    """Takes the contacts of every physics step and hands out those of each action.

    While nothing moves but a robot that touches nothing, contacts do not change from step to step: they are then
    taken once an action, which spares most of the cost of looking.
    """

    def __init__(self, client: int, robot: int, step_seconds: float, substeps: int) -> None:
        self._client = client
        self._robot = robot
        self._dt = step_seconds
        self._substeps = substeps
        # a peak of this action may have begun in the one before
        self._steps: deque[LinkForces] = deque(maxlen=substeps + _window(step_seconds) - 1)
        self._resting: LinkForces | None = None  # of objects at rest, once they have been looked at in this action
        self.depth = 0.0  # m, of the deepest contact at the last physics step
        self._penetration = 0.0  # m, the deepest of the robot in this action
        self.deepest_links: tuple[LinkId, LinkId] | None = (
            None  # the links of the last contact that was deeper than those before
        )
        self._groups = _Groups({})

    def set_groups(self, groups: Mapping[str, Iterable[LinkId]]) -> None:
        """Say which links make up each group."""
        named = {name: frozenset(parts) for name, parts in groups.items()}
        if named != self._groups.parts:
            self._groups = _Groups(named)

    def sample(self, at_rest: bool) -> None:
        """Take the contacts of the physics step just made.

        Args:
            at_rest: Whether every object stood still when the action began.
        """
        if not at_rest or bullet.getContactPoints(self._robot, physicsClientId=self._client):
            self._steps.append(self._look())
            return
        if self._resting is None:
            self._resting = self._look()
        self._steps.append(self._resting)
        self.depth = 0.0

    def _look(self) -> LinkForces:
        forces: LinkForces = {}
        self.depth = 0.0
        for point in bullet.getContactPoints(physicsClientId=self._client):
            links, depth = _links(point), -point[_DISTANCE]
            forces[links] = forces.get(links, 0.0) + point[_FORCE]
            if depth > self.depth:
                self.depth = depth
            if depth > self._penetration and self._robot in links[::2]:
                self._penetration, self.deepest_links = depth, (links[:2], links[2:])
        return forces

    def finish(self) -> Contacts:
        """The contacts of the action just made."""
        series: dict[LinkPair, list[float]] = {}
        for i, forces in enumerate(self._steps):
            for links, force in forces.items():
                if links not in series:
                    series[links] = [0.0] * len(self._steps)
                series[links][i] = force
        penetration, self._penetration, self._resting = self._penetration, 0.0, None
        return Contacts(self._groups, series, self._substeps, self._dt, penetration)


def _window(step_seconds: float) -> int:
    return max(1, round(WINDOW_SECONDS / step_seconds))
