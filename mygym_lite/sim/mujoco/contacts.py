"""Contact forces of MuJoCo, read as arrays after every physics step and summed by pairs of links."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np

from mygym_lite.config.task_physics import Physics
from mygym_lite.jit import exact_kernel
from mygym_lite.sim.engine import ActionContacts, LinkForces, LinkPair
from mygym_lite.sim.mujoco.model import CompiledModel
from mygym_lite.sim.mujoco.pairs import LinkPairName

_ROBOT = 0  # body number of the robot in link ids
_SLOWEST_BOUNCE = 0.2  # m/s; below, contacts do not bounce, as in PyBullet


@exact_kernel
def add_forces(contacts, efc_force, pyramidal, pairs, out, deepest):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Add the normal force of every contact to its pair of links in ``out``, and keep the robot's deepest contact.

    A contact without a row of constraints, -1, is within the margin only. With a pyramidal cone, the normal force is
    the sum over the edges.
    """
    (geoms, distances, dimensions, rows), (table, of_robot) = contacts, pairs
    for i in range(len(geoms)):
        row, pair = rows[i], table[geoms[i, 0], geoms[i, 1]]
        if row >= 0:
            edges = 2 * (dimensions[i] - 1) if pyramidal and dimensions[i] > 1 else 1
            for edge in range(edges):
                out[pair] += efc_force[row + edge]
        if of_robot[pair] and -distances[i] > deepest[0]:
            deepest[0], deepest[1] = -distances[i], pair


@exact_kernel
def bounce(contacts, velocities, aref, pairs, softness, step):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Let every contact that bodies run into keep a share of their speed: the restitution of its pair of links.

    A soft constraint falls short of its reference by ``softness``, or less if several contacts share the load.
    """
    (geoms, rows), (table, restitutions) = contacts, pairs
    counts = np.zeros(len(restitutions))
    for i in range(len(geoms)):
        if rows[i] >= 0 and velocities[rows[i]] < -_SLOWEST_BOUNCE:
            counts[table[geoms[i, 0], geoms[i, 1]]] += 1.0
    for i in range(len(geoms)):
        row, pair = rows[i], table[geoms[i, 0], geoms[i, 1]]
        if row >= 0 and restitutions[pair] > 0.0 and velocities[row] < -_SLOWEST_BOUNCE:
            reference = -(1.0 + restitutions[pair]) * velocities[row] / step
            aref[row] = reference * (1.0 + softness / counts[pair])


@exact_kernel
def anticipate(contacts, velocities, stiffness, aref, step):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Let contacts within their margin stop bodies at the surface, not at the margin.

    A body closer than what it travels in a step is slowed down to touch; without that, fast links would enter others.
    A row of ``stiffness`` holds stiffness, damping and impedance of a constraint.
    """
    distances, margins, rows = contacts
    for i in range(len(rows)):
        row = rows[i]
        if row >= 0 and margins[i] > 0.0:
            if distances[i] > 0.0:
                aref[row] = -(velocities[row] + distances[i] / step) / step
            else:
                aref[row] -= stiffness[row, 0] * stiffness[row, 2] * margins[i]


@exact_kernel
def release_slip(contacts, accelerations, aref, table, forces):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Lower the normal reference of sliding contacts by what their slip adds to the normal force.

    In an elliptic cone, friction that misses its reference presses a sliding body off the surface: it would hop at a
    slip of centimetres per second. ``accelerations`` are those of the last step, in the rows of the constraints:
    contacts that stick follow their reference, and do not change. ``forces`` are those of the last step, by pair of
    links in ``table``: a link that just meets a body could enter it, since friction has not slowed it down yet.
    """
    (geoms, margins, rows), (frictions, dimensions) = contacts
    for i in range(len(rows)):
        if rows[i] >= 0 and (margins[i] == 0.0 or forces[table[geoms[i, 0], geoms[i, 1]]] > 0.0):
            lift = 0.0
            for axis in range(dimensions[i] - 1):
                row = rows[i] + 1 + axis
                lift += (frictions[i, axis] * (accelerations[row] - aref[row])) ** 2
            aref[rows[i]] -= math.sqrt(lift)


@exact_kernel
def shift_references(contacts, constraints, pairs, settings):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Shift the references of all contacts; see the three kernels above."""
    geoms, distances, margins, rows, frictions, dimensions = contacts
    velocities, stiffness, accelerations, aref = constraints
    (table, restitutions, forces), (step, softness, elliptic, bounces) = pairs, settings
    if elliptic:
        anticipate((distances, margins, rows), velocities, stiffness, aref, step)
    if bounces:
        bounce((geoms, rows), velocities, aref, (table, restitutions), softness, step)
    if elliptic:
        release_slip(((geoms, margins, rows), (frictions, dimensions)), accelerations, aref, table, forces)


@exact_kernel
def carry(contacts, frames, surfaces, stiffness, aref, pyramidal):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Let moving surfaces carry what they touch: friction then brakes the slip against the surface.

    ``surfaces`` are the velocities of the surfaces by shape, in the world frame; the second row of a contact's
    constraints, and the third, are along the axes of its frame. With a pyramidal cone, each row is an edge.
    """
    (geoms, friction, dimensions, rows) = contacts
    for i in range(len(rows)):
        row = rows[i]
        if row < 0:
            continue
        extra = surfaces[geoms[i, 1]] - surfaces[geoms[i, 0]]
        normal = frames[i, 0] * extra[0] + frames[i, 1] * extra[1] + frames[i, 2] * extra[2]
        for axis in range(min(2, dimensions[i] - 1)):
            first = 3 * (axis + 1)
            slip = frames[i, first] * extra[0] + frames[i, first + 1] * extra[1] + frames[i, first + 2] * extra[2]
            if pyramidal:
                edge = row + 2 * axis
                aref[edge] -= stiffness[edge, 1] * (normal + friction[i, axis] * slip)
                aref[edge + 1] -= stiffness[edge + 1, 1] * (normal - friction[i, axis] * slip)
            else:
                aref[row + 1 + axis] -= stiffness[row + 1 + axis, 1] * slip
        if not pyramidal:
            aref[row] -= stiffness[row, 1] * normal


class ContactReader:
    """Contacts of a model: corrections before each physics step, and forces after it."""

    def __init__(self, compiled: CompiledModel, data: Any) -> None:
        self._model, self._data = compiled.model, data
        ids = [compiled.link_ids[link] for link in compiled.geom_links]
        geoms = {compiled.model.geom(number).name: number for number in range(compiled.model.ngeom)}
        numbers: dict[LinkPair, int] = {}
        self._names: list[LinkPairName] = []
        self._table = np.full((len(ids), len(ids)), -1, dtype=np.int64)
        for pair in compiled.pairs:
            a, b = (geoms[name] for name in pair.geoms)
            number = numbers.setdefault((*ids[a], *ids[b]), len(numbers))
            if number == len(self._names):
                self._names.append(pair.links)
            self._table[a, b] = self._table[b, a] = number
        self._pairs = list(numbers)
        self._pairs_of_robot = self._table, np.array([_ROBOT in pair[::2] for pair in self._pairs], dtype=np.bool_)

    def reset(self, restitutions: Mapping[LinkPairName, float], physics: Physics) -> None:
        """Start an episode with the share of speed that a bounce keeps, by pair of links."""
        self._restitutions = np.array([restitutions[links] for links in self._names])
        impedance, self._elliptic = physics.mujoco.impedance, physics.mujoco.cone == "elliptic"
        softness, bounces = (1.0 - impedance) / impedance, bool(self._restitutions.any())
        self._settings = 1.0 / physics.step_hz, softness, self._elliptic, bounces
        self._last_forces = np.zeros(len(self._pairs))
        self._deepest = np.zeros(2)
        self._surfaces: Any = None

    def set_surface_velocities(self, velocities: Any) -> None:
        """Set the velocities of moving surfaces by shape, m/s, in the world frame, (shapes, 3)."""
        self._surfaces = velocities

    def begin(self, steps: int) -> None:
        """Begin an action of some physics steps."""
        self._forces, self._step = np.zeros((steps, len(self._pairs))), 0

    def shift_references(self) -> None:
        """Shift the constraints of the contacts of the coming physics step: those ahead, bounces and slip."""
        data, contact = self._data, self._data.contact
        if not data.ncon:
            return
        if self._surfaces is not None:
            carried = contact.geom, contact.friction, contact.dim, contact.efc_address
            carry(carried, contact.frame, self._surfaces, data.efc_KBIP, data.efc_aref, not self._elliptic)
        accelerations = np.empty(data.nefc)
        if self._elliptic:
            mujoco.mj_mulJacVec(self._model, data, accelerations, data.qacc_warmstart)
        geoms, distances, dimensions, rows = contact.geom, contact.dist, contact.dim, contact.efc_address
        self._contacts = geoms, distances, dimensions, rows  # valid until the next step finds others
        shift_references(
            (geoms, distances, contact.includemargin, rows, contact.friction, dimensions),
            (data.efc_vel, data.efc_KBIP, accelerations, data.efc_aref),
            (self._table, self._restitutions, self._last_forces),
            self._settings,
        )

    def sample(self) -> None:
        """Record the contacts of the last physics step."""
        forces = self._last_forces = self._forces[self._step]
        self._step += 1
        if self._data.ncon:
            pyramidal, efc_force = not self._elliptic, self._data.efc_force
            add_forces(self._contacts, efc_force, pyramidal, self._pairs_of_robot, forces, self._deepest)

    def finish(self) -> ActionContacts:
        """Return the contacts of the action that just ended."""
        touching = np.flatnonzero(self._forces.any(axis=0))
        pairs = [self._pairs[number] for number in touching.tolist()]
        steps: list[LinkForces] = [dict(zip(pairs, row, strict=True)) for row in self._forces[:, touching].tolist()]
        depth, number = self._deepest.tolist()
        links = self._pairs[int(number)] if depth > 0.0 else None
        self._deepest[:] = 0.0
        return ActionContacts(steps, depth, links and (links[:2], links[2:]))
