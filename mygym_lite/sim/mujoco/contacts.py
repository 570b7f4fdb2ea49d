"""Contact forces of MuJoCo, read as arrays after every physics step and summed by pairs of links."""

from __future__ import annotations

from typing import Any

import numpy as np

from mygym_lite.jit import exact_kernel
from mygym_lite.sim.engine import ActionContacts, LinkForces, LinkPair
from mygym_lite.sim.mujoco.model import CompiledModel

_ROBOT = 0  # body number of the robot in link ids


@exact_kernel
def add_forces(geoms, distances, dimensions, rows, efc_force, pyramidal, table, robot, out, deepest):  # type: ignore[no-untyped-def]  # pragma: no cover  # noqa: E501
    """Add the normal force of every contact to its pair of links in ``out``, and keep the robot's deepest contact.

    A contact without a row of constraints, -1, is within the margin only. With a pyramidal cone, the normal force is
    the sum over the edges.
    """
    for i in range(len(geoms)):
        pair = table[geoms[i, 0], geoms[i, 1]]
        if pair < 0:
            continue
        row = rows[i]
        if row >= 0:
            edges = 2 * (dimensions[i] - 1) if pyramidal and dimensions[i] > 1 else 1
            for edge in range(edges):
                out[pair] += efc_force[row + edge]
        if robot[pair] and -distances[i] > deepest[0]:
            deepest[0], deepest[1] = -distances[i], pair


class ContactReader:
    """Reader of the contacts of a model."""

    def __init__(self, compiled: CompiledModel, data: Any) -> None:
        self._data, self._model = data, compiled.model
        ids = [compiled.link_ids[link] for link in compiled.geom_links]
        numbers: dict[LinkPair, int] = {}
        self._table = np.full((len(ids), len(ids)), -1, dtype=np.int64)
        for pair in compiled.pairs:
            a, b = (int(compiled.model.geom(name).id) for name in pair.geoms)
            number = numbers.setdefault((*ids[a], *ids[b]), len(numbers))
            self._table[a, b] = self._table[b, a] = number
        self._pairs = list(numbers)
        self._robot = np.array([_ROBOT in pair[::2] for pair in self._pairs], dtype=np.bool_)
        self._forces: list[Any] = []
        self._deepest = np.zeros(2)

    def sample(self) -> None:
        """Record the contacts of the last physics step."""
        forces = np.zeros(len(self._pairs))
        self._forces.append(forces)
        contact = self._data.contact
        if self._data.ncon:
            add_forces(
                contact.geom, contact.dist, contact.dim, contact.efc_address, self._data.efc_force,
                self._model.opt.cone == 0, self._table, self._robot, forces, self._deepest,
            )  # fmt: skip

    def finish(self) -> ActionContacts:
        """Return the contacts of the action that just ended."""
        forces = np.array(self._forces)
        touching = np.flatnonzero(forces.any(axis=0)).tolist()
        pairs = [self._pairs[number] for number in touching]
        steps: list[LinkForces] = [dict(zip(pairs, row, strict=True)) for row in forces[:, touching].tolist()]
        depth, number = self._deepest.tolist()
        links = self._pairs[int(number)] if depth > 0.0 else None
        self._forces, self._deepest[:] = [], 0.0
        return ActionContacts(steps, depth, links and (links[:2], links[2:]))
