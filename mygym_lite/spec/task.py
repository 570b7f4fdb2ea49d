"""A task: everything an episode is made of, as one tree of frozen dataclasses with units and bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mygym_lite import paths
from mygym_lite.strict import Where, build, quantity, read_toml, require_schema

Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]
Control = Literal["ee_delta", "ee_translation", "joint_delta", "joint_position", "joint_velocity", "joint_torque"]
Call = dict[str, object]
"""A term with its parameters as written: ``{ term = "near", of = "palm", to = "goal", within = 0.02 }``."""


@dataclass(frozen=True)
class Episode:
    """How long an episode lasts and how often the policy acts."""

    seconds: float = quantity(unit="s", low=0.05, high=3600, doc="time limit")
    control_hz: float = quantity(20.0, unit="Hz", low=1, high=1000, doc="actions per second")
    hold_seconds: float = quantity(0.0, unit="s", low=0, high=3600, doc="time that success must last without a break")


@dataclass(frozen=True)
class Physics:
    """The engine's settings and the world's gravity."""

    step_hz: float = quantity(240.0, unit="Hz", low=60, high=4800, doc="physics steps per second")
    solver_iterations: int = quantity(50, low=1, high=1000, doc="constraint solver iterations per physics step")
    gravity: Vec3 = quantity((0.0, 0.0, -9.81), unit="m/s²", low=-30, high=30, doc="gravity in the world frame")
    tilt: Vec2 = quantity(
        (0.0, 0.0), unit="rad", low=-0.8, high=0.8, doc="turns gravity towards x, y by the length of this vector"
    )


@dataclass(frozen=True)
class RobotUse:
    """Which robot acts, how it is commanded, and how it differs from its data sheet."""

    model: str = field(default="humanoid_right", metadata={"doc": "robot, a name or a file"})
    control: Control = field(default="joint_delta", metadata={"doc": "what an action means"})
    fingers: Literal["grip", "each"] = field(default="grip", metadata={"doc": "one command a hand, or one a digit"})
    translation_step: float = quantity(0.03, unit="m", low=1e-4, high=0.2, doc="ee_*: travel of a full action")
    rotation_step: float = quantity(0.15, unit="rad", low=1e-3, high=1.0, doc="ee_delta: turn of a full action")
    joint_step: float = quantity(0.1, unit="rad", low=1e-4, high=1.0, doc="joint_delta: turn of a full action")
    stiffness: float = quantity(0.3, low=0.01, high=1.0, doc="share of a position error removed per physics step")
    damping: float = quantity(1.0, unit="x", low=0.01, high=20, doc="joint damping against the data sheet")
    friction: float = quantity(1.0, unit="x", low=0.0, high=20, doc="joint friction against the data sheet")
    torque_limit: float = quantity(1.0, unit="x", low=0.05, high=2, doc="joint torque limits against the data sheet")
    grip_torque: float = quantity(1.0, unit="x", low=0.05, high=2, doc="finger torque limits against the data sheet")
    pad_friction: float = quantity(1.5, low=0.0, high=5, doc="lateral friction of palm and fingers")
    backlash: float = quantity(0.0, unit="rad", low=0.0, high=0.2, doc="play of every arm joint before its motor bites")
    posture: tuple[float, ...] = quantity((), unit="rad", low=-3.2, high=3.2, doc="start joints minus home joints")
    palm: Vec3 | None = quantity(None, unit="m", low=-3, high=3, doc="start with the palm here; at home if absent")
    gaze: Vec2 | None = quantity(
        None,
        unit="rad",
        low=-2,
        high=2,
        doc="neck pan and tilt if no camera on the head looks at a thing; the robot's own if absent",
    )


@dataclass(frozen=True)
class WorkspaceUse:
    """The furniture that the robot works on."""

    model: str = field(default="table", metadata={"doc": "workspace, a name or a file"})
    height: float = quantity(0.0, unit="m", low=-0.2, high=0.2, doc="raises the surface above z = 0")
    friction: float | None = quantity(None, low=0.0, high=5, doc="lateral friction; the model's own if absent")
    texture: str | None = field(default=None, metadata={"doc": "picture on the surface; '' is none"})
    color: Vec3 | None = quantity(None, unit="RGB", low=0, high=1, doc="colour of the surface")
    floor: str | None = field(default=None, metadata={"doc": "picture on the floor; '' is none"})
    floor_color: Vec3 | None = quantity(None, unit="RGB", low=0, high=1, doc="colour of the floor")


@dataclass(frozen=True)
class Placed:
    """One object of the scene; what is absent is the model's own."""

    model: str = field(metadata={"doc": "object, a name or a file"})
    position: Vec3 = quantity(
        unit="m", low=-3, high=3, doc="x, y in the world frame; z of the lowest point above the surface"
    )
    yaw: float = quantity(0.0, unit="rad", low=-6.3, high=6.3, doc="turn about the vertical")
    size: float = quantity(1.0, unit="x", low=0.2, high=3, doc="scale of all lengths")
    mass: float | None = quantity(None, unit="kg", low=1e-3, high=20, doc="mass")
    inertia: float = quantity(1.0, unit="x", low=0.1, high=10, doc="moments of inertia against mass and shape")
    friction: float | None = quantity(None, low=0.0, high=5, doc="lateral friction")
    rolling_friction: float | None = quantity(None, unit="m", low=0.0, high=0.1, doc="rolling friction")
    spinning_friction: float | None = quantity(None, unit="m", low=0.0, high=0.1, doc="spinning friction")
    restitution: float | None = quantity(None, low=0.0, high=1, doc="share of speed kept in a bounce")
    color: Vec3 | None = quantity(None, unit="RGB", low=0, high=1, doc="colour")
    texture: str | None = field(default=None, metadata={"doc": "picture on it; '' is none"})
    nudge: Vec2 = quantity((0.0, 0.0), unit="m", low=-0.5, high=0.5, doc="moves the start along x, y")
    fixed: bool = field(default=False, metadata={"doc": "stands like a wall: an obstacle"})

    @property
    def start(self) -> Vec3:
        """Where it really begins: its position with the nudge."""
        if not any(self.nudge):
            return self.position
        x, y, z = self.position
        return x + self.nudge[0], y + self.nudge[1], z


@dataclass(frozen=True)
class Distractors:
    """Objects that only stand in the way."""

    models: tuple[str, ...] = field(metadata={"doc": "object names, or the name of a bank"})
    region: tuple[Vec2, Vec2] = quantity(unit="m", low=-3, high=3, doc="corners x, y of where they stand")
    count: int = quantity(0, low=0, high=20, doc="how many")
    clearance: float = quantity(0.05, unit="m", low=0.0, high=0.5, doc="free space around each object")
    gap: float | None = quantity(
        None, unit="m", low=0.0, high=0.5, doc="free space between each and the first loose object; any if absent"
    )


@dataclass(frozen=True)
class Goal:
    """Where the palm, or an object, is wanted; it may move on an ellipse."""

    position: Vec3 = quantity(unit="m", low=-3, high=3, doc="in the world frame")
    rpy: Vec3 | None = quantity(None, unit="rad", low=-6.3, high=6.3, doc="roll, pitch, yaw of the palm frame")
    orbit: Vec3 = quantity((0.0, 0.0, 0.0), unit="m", low=0, high=1, doc="half axes of its path about the position")
    period: float = quantity(4.0, unit="s", low=0.2, high=100, doc="time of one round of the orbit")
    phase: float = quantity(0.0, unit="rad", low=-6.3, high=6.3, doc="where on the orbit it starts")
    marker: float = quantity(0.015, unit="m", low=0, high=0.2, doc="radius of the ball that shows it; 0 is unseen")


@dataclass(frozen=True)
class Push:
    """Horizontal shoves at random times, in random directions."""

    on: str = field(metadata={"doc": "an object, or 'palm'"})
    newtons: float = quantity(unit="N", low=0, high=200, doc="force")
    seconds: float = quantity(0.1, unit="s", low=0.005, high=5, doc="how long each lasts")
    rate: float = quantity(1.0, unit="1/s", low=0, high=20, doc="mean number per second")
    when: Literal["always", "lifted"] = field(default="always", metadata={"doc": "or only off the table"})


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that stands still, or rides on a link of the robot.

    Its body looks along its own x, y to the left and z up, and ``rpy`` turns it about these axes from where it rests.
    A fixed camera rests looking from ``position`` to ``look_at`` with the world's z up, or the world's y where it looks
    straight up or down. A mounted one rests along the axes of its mount; one on the head that looks at a thing has the
    neck turned when the episode begins, whatever ``robot.gaze`` says.
    """

    position: Vec3 = quantity((0.0, 0.0, 0.0), unit="m", low=-10, high=10, doc="in the world, or in its mount")
    look_at: Vec3 | str | None = quantity(
        None, unit="m", low=-10, high=10, doc="point, object or 'goal' in the middle of the image when it begins"
    )
    mount: str | None = field(default=None, metadata={"doc": "'head', 'palm' or a link; absent: it stands still"})
    rpy: Vec3 = quantity((0.0, 0.0, 0.0), unit="rad", low=-6.3, high=6.3, doc="roll, pitch, yaw from where it rests")
    turn: Vec3 = quantity(
        (0.0, 0.0, 0.0), unit="rad", low=-3.2, high=3.2, doc="rotation vector in the axes of its body, after rpy"
    )
    orbit: float = quantity(
        0.0, unit="rad", low=-3.2, high=3.2, doc="standing only: turns it about the vertical through what it looks at"
    )
    distance: float = quantity(
        1.0, unit="x", low=0.1, high=10, doc="standing only: moves it away from what it looks at"
    )
    fov: float = quantity(50.0, unit="deg", low=5, high=120, doc="vertical field of view")
    exposure: float = quantity(1.0, unit="x", low=0.05, high=20, doc="brightness of its images, in linear light")
    size: tuple[int, int] = quantity((480, 480), unit="px", low=8, high=4096, doc="width, height")
    near: float = quantity(0.01, unit="m", low=1e-3, high=1, doc="nearest depth that is seen")
    far: float = quantity(20.0, unit="m", low=0.1, high=1000, doc="farthest depth that is seen")


@dataclass(frozen=True)
class Light:
    """A sun that casts shadows, and the sky's light, which comes from everywhere."""

    direction: Vec3 = quantity((0.45, 0.75, 1.1), low=-10, high=10, doc="from the scene towards the light, any length")
    tilt: Vec2 = quantity(
        (0.0, 0.0), unit="rad", low=-3.2, high=3.2, doc="turns the direction by the length of this vector"
    )
    color: Vec3 = quantity((1.0, 0.97, 0.93), unit="RGB", low=0, high=2, doc="colour of the sun")
    intensity: float = quantity(0.9, unit="x", low=0, high=5, doc="strength of the sun")
    ambient: float = quantity(0.45, unit="x", low=0, high=3, doc="strength of the sky's light")
    shadow: float = quantity(1.0, low=0, high=1, doc="share of the sun's light that a shadow takes")


@dataclass(frozen=True)
class Background:
    """What is seen where nothing stands: two colours, blended by how high the eye looks."""

    top: Vec3 = quantity((0.66, 0.73, 0.81), unit="RGB", low=0, high=1, doc="colour overhead")
    bottom: Vec3 = quantity((0.83, 0.83, 0.82), unit="RGB", low=0, high=1, doc="colour underfoot")


@dataclass(frozen=True)
class Sensing:
    """How what is observed differs from what is there; reward, success and metrics see the truth."""

    image_noise: float = quantity(0.0, low=0, high=1, doc="deviation of the noise in rgb, as a share of full scale")
    blur: float = quantity(0.0, unit="px", low=0, high=20, doc="deviation of the Gaussian that blurs rgb")
    motion_blur: float = quantity(0.0, unit="px", low=0, high=100, doc="length over which rgb is smeared")
    motion_blur_spread: float = quantity(
        0.0, unit="px", low=0, high=50, doc="deviation of the smear's weights along its length; 0 is even"
    )
    depth_noise: float = quantity(
        0.0, unit="x", low=0, high=100, doc="times the noise of an Azure Kinect: 0.5 mm, 1 mm/m more beyond 0.5 m"
    )
    depth_holes: float = quantity(0.0, low=0, high=1, doc="share of the pixels without depth, in small blobs")
    drop: float = quantity(0.0, low=0, high=1, doc="probability in each step that all that is observed is lost: zeros")
    drop_steps: int = quantity(1, low=1, high=1000, doc="steps for which it is lost")
    stuck: float = quantity(0.0, low=0, high=1, doc="probability in each step that the last observation repeats")
    stuck_steps: int = quantity(1, low=1, high=1000, doc="steps for which it repeats")
    latency: float = quantity(0.0, unit="s", low=0, high=5, doc="age of all that is observed, in whole control steps")
    joint_noise: float = quantity(0.0, unit="rad", low=0, high=1, doc="deviation of the noise of each joint angle")
    joint_bias: float = quantity(
        0.0, unit="rad", low=0, high=1, doc="each joint angle is off by this, its sign drawn when the episode begins"
    )
    force_noise: float = quantity(0.0, unit="N", low=0, high=100, doc="deviation of the noise of each contact force")
    hand_eye_position: float = quantity(
        0.0, unit="m", low=0, high=0.5, doc="shift of what was located by looking, its direction drawn at the start"
    )
    hand_eye_rotation: float = quantity(
        0.0, unit="rad", low=0, high=1, doc="turn of what was located by looking, its axis drawn at the start"
    )


@dataclass(frozen=True)
class Actuation:
    """What becomes of an action on its way to the motors."""

    gain: float = quantity(1.0, unit="x", low=0, high=2, doc="effect of an action")
    delay: float = quantity(0.0, unit="s", low=0, high=5, doc="time until an action acts, in whole control steps")
    noise: float = quantity(0.0, low=0, high=2, doc="deviation of the noise, as a share of a full action")
    repeat: float = quantity(0.0, low=0, high=1, doc="probability that the last action is repeated instead")


@dataclass(frozen=True)
class Schedule:
    """How a number of sensing or actuation changes during an episode: a factor that begins at 1, never below 0."""

    kind: Literal["constant", "random_walk", "drift", "cyclic"] = field(metadata={"doc": "how it changes"})
    size: float = quantity(
        0.0, low=-10, high=10, doc="relative change: per square root of a second, per second, or amplitude"
    )
    period: float = quantity(10.0, unit="s", low=0.05, high=3600, doc="cyclic: time of one round")


@dataclass(frozen=True)
class Task:
    """A scene, what is seen of it, what is wanted, and where episodes start."""

    name: str
    about: str
    episode: Episode
    observe: dict[str, dict[str, Call]]
    success: dict[str, Call]
    physics: Physics = field(default_factory=Physics)
    robot: RobotUse = field(default_factory=RobotUse)
    workspace: WorkspaceUse = field(default_factory=WorkspaceUse)
    objects: dict[str, Placed] = field(default_factory=dict)
    distractors: Distractors | None = None
    goal: Goal | None = None
    pushes: dict[str, Push] = field(default_factory=dict)
    cameras: dict[str, Camera] = field(default_factory=dict)
    light: Light = field(default_factory=Light)
    background: Background = field(default_factory=Background)
    sensing: Sensing = field(default_factory=Sensing)
    actuation: Actuation = field(default_factory=Actuation)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    reward: dict[str, Call] = field(default_factory=dict)
    failure: dict[str, Call] = field(default_factory=dict)
    start: dict[str, Call] = field(default_factory=dict)

    @property
    def substeps(self) -> int:
        """Physics steps per action."""
        return round(self.physics.step_hz / self.episode.control_hz)

    @property
    def max_steps(self) -> int:
        """Actions until the time limit."""
        return round(self.episode.seconds * self.episode.control_hz)


def task_names() -> tuple[str, ...]:
    """The shipped tasks."""
    return paths.names(paths.tasks())


def read_task(name_or_path: str | Path) -> Task:
    """Read a task file and check its form; terms and physics are checked by ``load_task``."""
    path = paths.find(paths.tasks(), name_or_path)
    where = Where(path.name)
    table = read_toml(path)
    require_schema(table, where)
    return build(Task, {key: value for key, value in table.items() if key != "schema"}, where)
