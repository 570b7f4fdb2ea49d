"""Contact points of PyBullet, read after every physics step."""

from __future__ import annotations

from operator import itemgetter

import pybullet as bullet

from mygym_lite.sim.engine import ActionContacts, LinkForces, LinkId

_get_links = itemgetter(1, 3, 2, 4)  # fields of a contact point of PyBullet
_DISTANCE, _FORCE = 8, 9  # fields of a contact point: distance, m, negative if penetrating; normal force, N


class ContactReader:
    """Reader of the contacts of one client.

    While all objects rest and the robot touches nothing, contacts do not change between steps. They are then read
    once per action, which saves most of the cost.
    """

    def __init__(self, client: int, robot: int) -> None:
        self._client = client
        self._robot = robot
        self._resting: LinkForces | None = None  # contacts of resting objects, once read in this action
        self.depth = 0.0  # m, deepest contact of the last physics step
        self._penetration = 0.0  # m, deepest contact of the robot in this action
        self._deepest_links: tuple[LinkId, LinkId] | None = None  # links of that contact
        self._steps: list[LinkForces] = []

    def sample(self, at_rest: bool) -> None:
        """Record the contacts of the last physics step.

        Args:
            at_rest: True when all objects were at rest at the start of the action.
        """
        if not at_rest or bullet.getContactPoints(self._robot, physicsClientId=self._client):
            self._steps.append(self._read_contacts())
            return
        if self._resting is None:
            self._resting = self._read_contacts()
        self._steps.append(self._resting)
        self.depth = 0.0

    def _read_contacts(self) -> LinkForces:
        forces: LinkForces = {}
        self.depth = 0.0
        for point in bullet.getContactPoints(physicsClientId=self._client):
            links, depth = _get_links(point), -point[_DISTANCE]
            forces[links] = forces.get(links, 0.0) + point[_FORCE]
            if depth > self.depth:
                self.depth = depth
            if depth > self._penetration and self._robot in links[::2]:
                self._penetration, self._deepest_links = depth, (links[:2], links[2:])
        return forces

    def finish(self) -> ActionContacts:
        """Return the contacts of the action that just ended."""
        contacts = ActionContacts(self._steps, self._penetration, self._deepest_links)
        self._steps, self._penetration, self._resting = [], 0.0, None
        return contacts
