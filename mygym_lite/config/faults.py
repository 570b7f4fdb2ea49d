"""Declaration of sensing and actuation faults, and of their changes during an episode."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mygym_lite.schema import quantity


@dataclass(frozen=True)
class Sensing:
    """Faults of observations; reward, success and metrics use the ground truth."""

    image_noise: float = quantity(
        0.0, low=0, high=1, doc="standard deviation of the noise in rgb, as a share of full scale"
    )
    blur: float = quantity(0.0, unit="px", low=0, high=20, doc="standard deviation of the Gaussian blur of rgb")
    motion_blur: float = quantity(0.0, unit="px", low=0, high=100, doc="length of the motion blur of rgb")
    motion_blur_spread: float = quantity(
        0.0, unit="px", low=0, high=50, doc="standard deviation of the weights along the motion blur; 0 is uniform"
    )
    depth_noise: float = quantity(
        0.0, unit="x", low=0, high=100, doc="multiple of the noise of an Azure Kinect: 0.5 mm, 1 mm/m more beyond 0.5 m"
    )
    depth_holes: float = quantity(0.0, low=0, high=1, doc="share of pixels without depth, in small blobs")
    drop: float = quantity(
        0.0, low=0, high=1, doc="probability per step that the observation is lost, replaced by zeros"
    )
    drop_steps: int = quantity(1, low=1, high=1000, doc="duration of each loss, in control steps")
    stuck: float = quantity(0.0, low=0, high=1, doc="probability per step that the observation freezes")
    stuck_steps: int = quantity(1, low=1, high=1000, doc="duration of each freeze, in control steps")
    latency: float = quantity(0.0, unit="s", low=0, high=5, doc="age of observations, rounded to control steps")
    joint_noise: float = quantity(
        0.0, unit="rad", low=0, high=1, doc="standard deviation of the noise of each joint angle"
    )
    joint_bias: float = quantity(
        0.0, unit="rad", low=0, high=1, doc="offset of each joint angle, its sign sampled per episode"
    )
    force_noise: float = quantity(
        0.0, unit="N", low=0, high=100, doc="standard deviation of the noise of each contact force"
    )
    hand_eye_position: float = quantity(
        0.0, unit="m", low=0, high=0.5, doc="translation error of estimated poses, its direction sampled per episode"
    )
    hand_eye_rotation: float = quantity(
        0.0, unit="rad", low=0, high=1, doc="rotation error of estimated poses, its axis sampled per episode"
    )


@dataclass(frozen=True)
class Actuation:
    """Faults of actions on their way to the motors."""

    gain: float = quantity(1.0, unit="x", low=0, high=2, doc="factor on actions")
    delay: float = quantity(0.0, unit="s", low=0, high=5, doc="delay of actions, rounded to control steps")
    noise: float = quantity(0.0, low=0, high=2, doc="standard deviation of the noise, as a share of a full action")
    repeat: float = quantity(0.0, low=0, high=1, doc="probability per step that the last action is repeated instead")


@dataclass(frozen=True)
class Schedule:
    """Change of a sensing or actuation fault during an episode: a factor that begins at 1 and is never below 0."""

    kind: Literal["constant", "random_walk", "drift", "cyclic"] = field(metadata={"doc": "form of the change"})
    size: float = quantity(
        0.0, low=-10, high=10, doc="relative change: per square root of a second, per second, or amplitude"
    )
    period: float = quantity(10.0, unit="s", low=0.05, high=3600, doc="cyclic: duration of one cycle")
