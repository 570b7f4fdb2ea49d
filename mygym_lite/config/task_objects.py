"""Contents of the scene of a task: workspace, objects, distractors, goal, and pushes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mygym_lite.schema import quantity

Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]


@dataclass(frozen=True)
class WorkspaceConfig:
    """Workspace furniture, its friction and appearance."""

    model: str = field(default="table", metadata={"doc": "workspace, a name or a file"})
    height: float = quantity(0.0, unit="m", low=-0.2, high=0.2, doc="raises the surface above z = 0")
    friction: float | None = quantity(None, low=0.0, high=5, doc="lateral friction; that of the model if absent")
    texture: str | None = field(default=None, metadata={"doc": "texture of the surface; '' is none"})
    color: Vec3 | None = quantity(None, unit="RGB", low=0, high=1, doc="colour of the surface")
    floor: str | None = field(default=None, metadata={"doc": "texture of the floor; '' is none"})
    floor_color: Vec3 | None = quantity(None, unit="RGB", low=0, high=1, doc="colour of the floor")


@dataclass(frozen=True)
class ObjectConfig:
    """An object of the scene; absent values are those of its model."""

    model: str = field(metadata={"doc": "object, a name or a file"})
    position: Vec3 = quantity(
        unit="m", low=-3, high=3, doc="x, y in the world frame; z of the lowest point above the surface"
    )
    yaw: float = quantity(0.0, unit="rad", low=-6.3, high=6.3, doc="rotation about the vertical")
    roll: float = quantity(0.0, unit="rad", low=-6.3, high=6.3, doc="rotation about the x axis, before pitch and yaw")
    pitch: float = quantity(0.0, unit="rad", low=-6.3, high=6.3, doc="rotation about the y axis, before yaw")
    size: float = quantity(1.0, unit="x", low=0.2, high=3, doc="scale of all lengths")
    mass: float | None = quantity(None, unit="kg", low=1e-3, high=20, doc="mass")
    inertia: float = quantity(1.0, unit="x", low=0.1, high=10, doc="moments of inertia against mass and shape")
    friction: float | None = quantity(None, low=0.0, high=5, doc="lateral friction")
    rolling_friction: float | None = quantity(None, unit="m", low=0.0, high=0.1, doc="rolling friction")
    spinning_friction: float | None = quantity(None, unit="m", low=0.0, high=0.1, doc="spinning friction")
    restitution: float | None = quantity(None, low=0.0, high=1, doc="share of speed kept in a bounce")
    color: Vec3 | None = quantity(None, unit="RGB", low=0, high=1, doc="colour")
    texture: str | None = field(default=None, metadata={"doc": "texture; '' is none"})
    specular: float | None = quantity(None, low=0.0, high=1.0, doc="strength of highlights")
    roughness: float | None = quantity(None, low=0.05, high=1.0, doc="width of highlights")
    metallic: float | None = quantity(
        None, low=0.0, high=1.0, doc="share of metal, which reflects light and surroundings in its own colour"
    )
    nudge: Vec2 = quantity(
        (0.0, 0.0), unit="m", low=-0.5, high=0.5, doc="moves the start along x, y, up to another object"
    )
    fixed: bool = field(default=False, metadata={"doc": "true for an immovable obstacle"})
    belt_speed: float = quantity(
        0.0, unit="m/s", low=-1.0, high=1.0, doc="speed of the surface of a fixed object along its x, as of a conveyor"
    )
    shape: str | None = field(
        default=None, metadata={"doc": "object whose shape replaces that of the model; mass, friction, colour stay"}
    )

    def __post_init__(self) -> None:
        """Check that only a fixed object carries others."""
        if self.belt_speed and not self.fixed:
            raise ValueError("'belt_speed' is for a fixed object; add fixed = true, or leave it out")

    @property
    def geometry(self) -> str:
        """Object that gives its shape."""
        return self.shape or self.model

    @property
    def initial_position(self) -> Vec3:
        """Start position with the nudge added."""
        if not any(self.nudge):
            return self.position
        x, y, z = self.position
        return x + self.nudge[0], y + self.nudge[1], z


@dataclass(frozen=True)
class Distractors:
    """Objects that clutter the scene."""

    models: tuple[str, ...] = field(metadata={"doc": "object names, or the name of a bank"})
    region: tuple[Vec2, Vec2] = quantity(unit="m", low=-3, high=3, doc="corners x, y of the area where they stand")
    count: int = quantity(0, low=0, high=20, doc="number of distractors")
    clearance: float = quantity(0.05, unit="m", low=0.0, high=0.5, doc="free space around each object")
    gap: float | None = quantity(
        None, unit="m", low=0.0, high=0.5, doc="free space between each and the first loose object; any if absent"
    )


@dataclass(frozen=True)
class Goal:
    """Goal for the palm or an object; it may move on an elliptical orbit."""

    position: Vec3 = quantity(unit="m", low=-3, high=3, doc="in the world frame")
    rpy: Vec3 | None = quantity(None, unit="rad", low=-6.3, high=6.3, doc="roll, pitch, yaw of the palm frame")
    orbit: Vec3 = quantity((0.0, 0.0, 0.0), unit="m", low=0, high=1, doc="half axes of its path about the position")
    period: float = quantity(4.0, unit="s", low=0.2, high=100, doc="duration of one revolution")
    phase: float = quantity(0.0, unit="rad", low=-6.3, high=6.3, doc="start angle on the orbit")
    marker: float = quantity(0.015, unit="m", low=0, high=0.2, doc="radius of the ball that marks it; 0 is invisible")


@dataclass(frozen=True)
class Push:
    """Horizontal pushes at random times, in random directions."""

    on: str = field(metadata={"doc": "an object, or 'palm'"})
    newtons: float = quantity(unit="N", low=0, high=200, doc="force")
    seconds: float = quantity(0.1, unit="s", low=0.005, high=5, doc="duration of each push")
    rate: float = quantity(1.0, unit="1/s", low=0, high=20, doc="mean number of pushes per second")
    when: Literal["always", "lifted"] = field(
        default="always", metadata={"doc": "always, or only while it is off the table"}
    )
