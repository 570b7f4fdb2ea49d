"""Declaration of a task, everything an episode needs, as a tree of frozen dataclasses with units and bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from mygym_lite import paths
from mygym_lite.config.checks import TermCall, iterate_term_calls
from mygym_lite.config.faults import Actuation, Schedule, Sensing
from mygym_lite.config.language import Language
from mygym_lite.config.region import Region
from mygym_lite.config.scenery import Background, Camera, Light
from mygym_lite.config.stage import Stage
from mygym_lite.config.start import Draw, Placement
from mygym_lite.config.state import CONTACT_PAIRS
from mygym_lite.config.term_tables import check_term_tables
from mygym_lite.schema import Location, build, quantity, read_toml, require_schema

Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]
Control = Literal["ee_delta", "ee_translation", "joint_delta", "joint_position", "joint_velocity", "joint_torque"]
EngineName = Literal["bullet", "mujoco"]


@dataclass(frozen=True)
class Episode:
    """Duration and control rate of an episode."""

    seconds: float = quantity(unit="s", low=0.05, high=3600, doc="time limit")
    control_hz: float = quantity(20.0, unit="Hz", low=1, high=1000, doc="actions per second")
    hold_seconds: float = quantity(
        0.0, unit="s", low=0, high=3600, doc="uninterrupted duration of success that solves the task"
    )


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


@dataclass(frozen=True)
class RobotConfig:
    """Robot, control mode, and deviations from the data sheet."""

    model: str = field(default="humanoid_right", metadata={"doc": "robot, a name or a file"})
    control: Control = field(default="joint_delta", metadata={"doc": "meaning of an action"})
    fingers: Literal["grip", "each"] = field(default="grip", metadata={"doc": "one command per hand, or one per digit"})
    translation_step: float = quantity(0.03, unit="m", low=1e-4, high=0.2, doc="ee_*: travel of a full action")
    rotation_step: float = quantity(0.15, unit="rad", low=1e-3, high=1.0, doc="ee_delta: turn of a full action")
    joint_step: float = quantity(0.1, unit="rad", low=1e-4, high=1.0, doc="joint_delta: turn of a full action")
    time_constant: float = quantity(0.012, unit="s", low=1e-3, high=0.5, doc="lag of the arm's servos behind a target")
    damping: float = quantity(1.0, unit="x", low=0.01, high=20, doc="joint damping against the data sheet")
    friction: float = quantity(1.0, unit="x", low=0.0, high=20, doc="joint friction against the data sheet")
    torque_limit: float = quantity(1.0, unit="x", low=0.05, high=2, doc="joint torque limits against the data sheet")
    grip_torque: float = quantity(1.0, unit="x", low=0.05, high=2, doc="finger torque limits against the data sheet")
    pad_friction: float = quantity(1.5, low=0.0, high=5, doc="lateral friction of palm and fingers")
    backlash: float = quantity(0.0, unit="rad", low=0.0, high=0.2, doc="backlash of every arm joint")
    posture: tuple[float, ...] = quantity((), unit="rad", low=-3.2, high=3.2, doc="start joints minus home joints")
    palm: Vec3 | None = quantity(None, unit="m", low=-3, high=3, doc="start with the palm here; at home if absent")
    gaze: Vec2 | None = quantity(
        None,
        unit="rad",
        low=-2,
        high=2,
        doc="neck pan and tilt if no camera on the head has a target; those of the robot if absent",
    )
    tint: Vec3 = quantity((1.0, 1.0, 1.0), unit="RGB", low=0, high=1, doc="multiplies the colours of its parts")


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


Family = Literal["reach", "grasp", "push", "place", "long"]
FAMILIES: tuple[Family, ...] = get_args(Family)
"""Families of tasks, in the order of lists."""


@dataclass(frozen=True)
class Task:
    """A task: scene, observations, reward, success, and distribution of start states."""

    name: str = quantity(doc="name, as in results")
    about: str = quantity(doc="one sentence")
    episode: Episode = quantity(doc="duration and control rate")
    observe: dict[str, dict[str, TermCall]] = quantity(
        doc='a group = { NAME = { term = "TERM", ... } }; `scale` multiplies the numbers of a term'
    )
    success: dict[str, TermCall] = field(
        default_factory=dict,
        metadata={"doc": 'NAME = { term = "TERM", ... }; solved while all of them hold; required without stages'},
    )
    physics: Physics = field(default_factory=Physics)
    robot: RobotConfig = field(default_factory=RobotConfig)
    workspace: WorkspaceConfig = field(default_factory=WorkspaceConfig)
    objects: dict[str, ObjectConfig] = field(default_factory=dict)
    distractors: Distractors | None = None
    goal: Goal | None = None
    regions: dict[str, Region] = field(default_factory=dict)
    pushes: dict[str, Push] = field(default_factory=dict)
    cameras: dict[str, Camera] = field(default_factory=dict)
    light: Light = field(default_factory=Light)
    background: Background = field(default_factory=Background)
    sensing: Sensing = field(default_factory=Sensing)
    actuation: Actuation = field(default_factory=Actuation)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    reward: dict[str, TermCall] = field(
        default_factory=dict, metadata={"doc": 'NAME = { term = "TERM", weight = 1, ... }; their sum is the reward'}
    )
    failure: dict[str, TermCall] = field(
        default_factory=dict, metadata={"doc": 'CODE = { term = "TERM", ... }; each ends the episode'}
    )
    stages: tuple[Stage, ...] = field(
        default=(), metadata={"doc": "ordered sub-goals, all of which have to be reached before the task is solved"}
    )
    limits: dict[str, float] = field(
        default_factory=dict, metadata={"doc": "largest allowed force of a contact pair, N"}
    )
    start: dict[str, TermCall] = field(
        default_factory=dict, metadata={"doc": '"path" = { VERB = ... }; sampled in every episode'}
    )
    draws: dict[str, Draw] = field(default_factory=dict)
    place: dict[str, Placement] = field(default_factory=dict)
    language: Language | None = None
    family: Family | None = field(default=None, metadata={"doc": "kind of task, by which lists are ordered"})

    @property
    def success_checks(self) -> dict[str, TermCall]:
        """Checks that hold while the task is solved: those of success, or of the last stage."""
        return self.success or (self.stages[-1].checks if self.stages else {})

    @property
    def success_calls(self) -> list[TermCall]:
        """Calls of terms, at any depth, in the checks of success and of all stages."""
        tables = (self.success, *(stage.checks for stage in self.stages))
        return [call for checks in tables for call in iterate_term_calls(checks.values())]

    @property
    def contact_pairs(self) -> dict[str, tuple[str, str]]:
        """Pairs of contact groups whose forces are reported; without objects, only those of the robot."""
        return {name: pair for name, pair in CONTACT_PAIRS.items() if self.objects or "objects" not in pair}

    @property
    def substeps(self) -> int:
        """Number of physics steps per action."""
        return round(self.physics.step_hz / self.episode.control_hz)

    @property
    def max_steps(self) -> int:
        """Number of actions until the time limit."""
        return round(self.episode.seconds * self.episode.control_hz)


def list_tasks() -> tuple[str, ...]:
    """List the names of the shipped tasks."""
    return paths.list_names(paths.get_tasks_folder())


def read_task(name_or_path: str | Path) -> Task:
    """Read a task file and check its schema; ``load_task`` also validates terms and physics."""
    path = paths.find_file(paths.get_tasks_folder(), name_or_path)
    where = Location(path.name)
    table = require_schema(read_toml(path), where)
    check_term_tables(table, where)
    return build(Task, table, where)
