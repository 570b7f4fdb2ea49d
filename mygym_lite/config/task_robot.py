"""Robot of a task: model, control mode, and deviations from the data sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mygym_lite.schema import quantity

Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]
Control = Literal["ee_delta", "ee_translation", "joint_delta", "joint_position", "joint_velocity", "joint_torque"]


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
