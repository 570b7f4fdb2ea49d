"""Declaration of sensing and actuation faults, and of their changes during an episode."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mygym_lite.schema import quantity


@dataclass(frozen=True)
class Sensing:
    """Faults of observations; reward, success and metrics use the ground truth."""

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
    """Faults of actions on their way to the motors."""

    gain: float = quantity(1.0, unit="x", low=0, high=2, doc="effect of an action")
    delay: float = quantity(0.0, unit="s", low=0, high=5, doc="time until an action acts, in whole control steps")
    noise: float = quantity(0.0, low=0, high=2, doc="deviation of the noise, as a share of a full action")
    repeat: float = quantity(0.0, low=0, high=1, doc="probability that the last action is repeated instead")


@dataclass(frozen=True)
class Schedule:
    """Change of a sensing or actuation fault during an episode: a factor that begins at 1 and is never below 0."""

    kind: Literal["constant", "random_walk", "drift", "cyclic"] = field(metadata={"doc": "how it changes"})
    size: float = quantity(
        0.0, low=-10, high=10, doc="relative change: per square root of a second, per second, or amplitude"
    )
    period: float = quantity(10.0, unit="s", low=0.05, high=3600, doc="cyclic: time of one round")
