"""Pairs of shapes that may touch, with one rule for their surfaces: coefficients are multiplied, as in PyBullet."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mygym_lite.config.robot import RobotModel
from mygym_lite.config.task import Task
from mygym_lite.config.workspace import FLOOR_HEIGHT
from mygym_lite.sim.engine import LinkName
from mygym_lite.sim.mujoco.link_heights import compute_lowest_height
from mygym_lite.sim.mujoco.urdf import Surface, read_surfaces

_FLOOR_FRICTION = 0.5  # default of PyBullet
_RECOVERY = 0.05  # s; time constant that separates penetrating bodies after an impact
_MARGIN = 0.02  # m; contacts of the robot are solved from this distance
_FASTEST = 5.0  # m/s; links that are slower touch before they penetrate
_MIN_FRICTION = 1e-5  # smallest coefficient that MuJoCo accepts
FLOOR: LinkName = ("floor", "")
LinkPairName = tuple[LinkName, LinkName]


@dataclass(frozen=True)
class Pair:
    """Two shapes that may touch, and the links that they belong to."""

    geoms: tuple[str, str]
    links: LinkPairName


def list_pairs(
    robot: RobotModel, task: Task, geoms: Mapping[str, LinkName], radii: Mapping[LinkName, float]
) -> list[Pair]:
    """List the pairs of shapes that may touch: all of which at least one can move, and the robot's listed ones.

    Args:
        robot: Robot of the task.
        task: Task of the episode.
        geoms: Link of each shape, by name.
        radii: Distance of the farthest point of each link of the robot from its frame, m.
    """
    listed = {frozenset(pair) for pair in robot.self_collision}
    movable = {link: _can_move(link, robot, task) for link in geoms.values()}
    above_floor = {
        link for link in radii if compute_lowest_height(robot, link[1], radii[link]) > FLOOR_HEIGHT + _MARGIN
    }
    return [
        Pair((a, b), (geoms[a], geoms[b]))
        for a, b in itertools.combinations(geoms, 2)
        if _may_touch(geoms[a], geoms[b], movable, listed) and not (geoms[a] in above_floor and geoms[b] == FLOOR)
    ]


def _may_touch(a: LinkName, b: LinkName, movable: Mapping[LinkName, bool], listed: set[frozenset[str]]) -> bool:
    if a[0] == b[0]:
        return a[0] == "robot" and frozenset((a[1], b[1])) in listed
    return movable[a] or movable[b]


def _can_move(link: LinkName, robot: RobotModel, task: Task) -> bool:
    if link[0] == "robot":
        return any(joint.movable for joint in robot.tree.list_joints_to(link[1]))
    return link[0] in task.objects and not task.objects[link[0]].fixed


def set_surfaces(model: Any, pairs: Sequence[Pair], robot: RobotModel, task: Task) -> dict[LinkPairName, float]:
    """Set friction and stiffness of every pair for an episode; return the restitution of each pair of links."""
    surfaces = _get_surfaces(robot, task)
    solver, step = task.physics.mujoco, 1.0 / task.physics.step_hz
    seconds = solver.contact_seconds or 2 * step
    # a contact with a damping ratio of 1 would throw bodies off that penetrate after an impact
    model.pair_solref[:] = [seconds, solver.damping_ratio or max(1.0, math.sqrt(_RECOVERY * step) / seconds)]
    model.pair_solreffriction[:] = [solver.friction_seconds or 2 * step, 1.0]
    model.pair_solimp[:, :2] = solver.impedance
    margin = 0.0 if solver.cone == "pyramidal" else min(_MARGIN, _FASTEST * step)
    model.pair_margin[:] = [margin * ("robot" in (pair.links[0][0], pair.links[1][0])) for pair in pairs]
    frictions: dict[LinkPairName, tuple[list[float], int]] = {}
    restitutions: dict[LinkPairName, float] = {}
    for links in dict.fromkeys(pair.links for pair in pairs):
        (one, bounce), (two, other) = (_get_surface(link, surfaces, task) for link in links)
        frictions[links], restitutions[links] = _combine(one, two), bounce * other
    if pairs:
        model.pair_friction[:], model.pair_dim[:] = zip(*(frictions[pair.links] for pair in pairs), strict=True)
    return restitutions


def _get_surfaces(robot: RobotModel, task: Task) -> dict[str, Surface]:
    """Return the surfaces of the robot's links, with the episode's friction of palms and fingers."""
    surfaces = dict(read_surfaces(robot.urdf))
    hands = [arm.hand for arm in robot.arms.values() if arm.hand]
    for link in {name for hand in hands for links in (hand.palm, *hand.digits.values()) for name in links}:
        old = surfaces[link]
        surfaces[link] = Surface(task.robot.pad_friction, old.rolling_friction, old.spinning_friction)
    return surfaces


def _get_surface(link: LinkName, robot: Mapping[str, Surface], task: Task) -> tuple[Surface, float]:
    """Return the surface of a link and its restitution."""
    body, part = link
    if body == "robot":
        return robot[part], 0.0
    if body in task.objects:
        config = task.objects[body]
        surface = Surface(config.friction or 0.0, config.rolling_friction or 0.0, config.spinning_friction or 0.0)
        return surface, config.restitution or 0.0
    if body == "table":
        return Surface(task.workspace.friction or 0.0, 0.0, 0.0), 1.0
    return Surface(_FLOOR_FRICTION, 0.0, 0.0), 0.0


def _combine(one: Surface, two: Surface) -> tuple[list[float], int]:
    """Combine two surfaces to the friction of a contact and its number of dimensions."""
    sliding = max(one.friction * two.friction, _MIN_FRICTION)
    spinning = one.spinning_friction * two.friction + two.spinning_friction * one.friction
    rolling = one.rolling_friction * two.friction + two.rolling_friction * one.friction
    dimensions = 6 if rolling > 0.0 else 4 if spinning > 0.0 else 3
    spin, roll = max(spinning, _MIN_FRICTION), max(rolling, _MIN_FRICTION)
    return [sliding, sliding, spin, roll, roll], dimensions
