"""Physics of a task: engine, its settings, and gravity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mygym_lite.schema import quantity

Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]
EngineName = Literal["bullet", "mujoco"]


@dataclass(frozen=True)
class BulletSettings:
    """Contact model of PyBullet."""

    contact_stiffness: float | None = quantity(
        None, unit="N/m", low=1e2, high=1e9, doc="stiffness of the contacts of objects; they are rigid if absent"
    )


@dataclass(frozen=True)
class MujocoSettings:
    """Contact model and integrator of MuJoCo."""

    contact_seconds: float | None = quantity(
        None, unit="s", low=1e-4, high=0.1, doc="time constant of contacts (solref); two physics steps if absent"
    )
    damping_ratio: float | None = quantity(
        None, low=0.1, high=10.0, doc="damping ratio of contacts (solref); separates bodies within 0.05 s if absent"
    )
    friction_seconds: float | None = quantity(
        None, unit="s", low=1e-4, high=0.1, doc="time constant of friction (solreffriction); two steps if absent"
    )
    impedance: float = quantity(0.99, low=0.5, high=0.9999, doc="hardness of contacts (solimp)")
    friction_impedance: float = quantity(100.0, low=1.0, high=100.0, doc="hardness of friction against that (impratio)")
    cone: Literal["elliptic", "pyramidal"] = field(default="elliptic", metadata={"doc": "shape of the friction cone"})
    integrator: Literal["euler", "implicitfast", "implicit"] = field(
        default="euler", metadata={"doc": "integration of speeds; euler takes strong damping implicitly"}
    )


@dataclass(frozen=True)
class Physics:
    """Physics engine, its settings, and gravity."""

    engine: EngineName = field(default="bullet", metadata={"doc": "physics engine"})
    step_hz: float = quantity(240.0, unit="Hz", low=60, high=4800, doc="physics steps per second")
    solver_iterations: int = quantity(
        50,
        low=1,
        high=1000,
        doc="constraint solver iterations per physics step; eight times as many while bodies interpenetrate",
    )
    gravity: Vec3 = quantity((0.0, 0.0, -9.81), unit="m/s²", low=-30, high=30, doc="gravity in the world frame")
    tilt: Vec2 = quantity(
        (0.0, 0.0), unit="rad", low=-0.8, high=0.8, doc="turns gravity towards x, y by the length of this vector"
    )
    bullet: BulletSettings = field(default_factory=BulletSettings)
    mujoco: MujocoSettings = field(default_factory=MujocoSettings)
