"""The physics engines that tests compare."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mygym_lite.sim.world import World

ENGINES = ("bullet", "mujoco")


def require_engine(name: str) -> str:
    """Return the name of an engine; skip the test if its package is not installed."""
    if name == "mujoco":
        pytest.importorskip("mujoco")
    return name


def measure_loads(world: World, name: str) -> tuple[NDArray[np.float64], float]:
    """Measure the sum of all contact forces on an object, and of their normal components, N."""
    engine: Any = world.engine
    return (_measure_in_bullet if hasattr(engine, "client") else _measure_in_mujoco)(engine, name)


def _measure_in_bullet(engine: Any, name: str) -> tuple[NDArray[np.float64], float]:
    import pybullet

    force, pressed = np.zeros(3), 0.0
    for point in pybullet.getContactPoints(bodyB=engine.link_ids[name, ""][0], physicsClientId=engine.client):
        force -= np.array(point[7]) * point[9] + np.array(point[11]) * point[10] + np.array(point[13]) * point[12]
        pressed += point[9]
    return force, pressed


def _measure_in_mujoco(engine: Any, name: str) -> tuple[NDArray[np.float64], float]:
    import mujoco

    model, data, force, pressed = engine._scene.model, engine._scene.data, np.zeros(3), 0.0
    body = model.body(f"object/{name}").id
    for number in range(data.ncon):
        contact, local = data.contact[number], np.zeros(6)
        bodies = model.geom_bodyid[contact.geom].tolist()
        if body in bodies:
            # in the frame of the contact, from its first body to the second
            mujoco.mj_contactForce(model, data, number, local)
            sign = 1.0 if bodies[1] == body else -1.0
            force += sign * contact.frame.reshape(3, 3).T @ local[:3]
            pressed += local[0]
    return force, pressed
