"""The right arm: seven hinges from shoulder to wrist, hanging along -z at zero.

Link frames are aligned with the body (x forward, y left, z up) at zero. Deviation comes before flexion, so that with
a level forearm it turns the down-pointing hand about the vertical.
"""

from __future__ import annotations

from mygym_lite.authoring.frame import Frame
from mygym_lite.authoring.hand import hand, palm
from mygym_lite.authoring.solid import Capsule, Placed
from mygym_lite.authoring.urdf import Joint, Link, Tree, Visual

SHOULDER = (0.02, -0.20, 0.47)
UPPER_ARM = 0.31
FOREARM = 0.28
VELOCITY = 2.5
"""rad/s, of every arm joint."""


def _bone(radius: float, start: float, end: float) -> Placed:
    """A capsule whose axis runs from z = -start to z = -end."""
    return Placed(Capsule(radius, end - start), Frame.at(z=-(start + end) / 2.0))


def _links() -> tuple[Link, ...]:
    upper, lower = _bone(0.044, 0.03, 0.14), _bone(0.040, 0.00, 0.12)
    near, far = _bone(0.039, 0.01, 0.12), _bone(0.033, 0.00, 0.11)
    shoulder, wrist = _bone(0.052, 0.0, 0.0), _bone(0.027, 0.0, 0.0)
    whole_upper, whole_fore = _bone(0.042, 0.02, UPPER_ARM - 0.02), _bone(0.034, 0.03, FOREARM - 0.04)
    return (
        Link("right_shoulder", 0.55, (shoulder,), (), (Visual("shoulder", "dark"),), rotor=0.03),
        Link("right_upper_arm", 0.85, (upper,), (whole_upper,), (Visual("upper_arm", "shell"),), rotor=0.03),
        Link("right_elbow", 0.65, (lower,), (), (Visual("elbow", "dark"),), rotor=0.01),
        Link("right_forearm", 0.70, (near,), (whole_fore,), (Visual("forearm", "shell"),), rotor=0.01),
        Link("right_lower_forearm", 0.50, (far,), (), (Visual("lower_forearm", "shell"), Visual("cuff", "accent")), rotor=0.002),
        Link("right_wrist", 0.12, (wrist,), (), (Visual("wrist", "dark"),), rotor=0.002),
        palm(),
    )


def _joints() -> tuple[Joint, ...]:
    hinges = (
        ("shoulder_pitch", "shoulder", Frame.at(*SHOULDER), (0, -1, 0), -1.2, 2.4, 80.0, 1.0),
        ("shoulder_roll", "upper_arm", Frame.at(), (-1, 0, 0), -0.4, 2.0, 80.0, 1.0),
        ("upper_arm_yaw", "elbow", Frame.at(z=-UPPER_ARM), (0, 0, 1), -2.4, 2.4, 50.0, 0.1),
        ("elbow", "forearm", Frame.at(), (0, -1, 0), 0.0, 2.5, 50.0, 0.4),
        ("forearm_roll", "lower_forearm", Frame.at(z=-0.14), (0, 0, 1), -2.6, 2.6, 20.0, 0.03),
        ("wrist_deviation", "wrist", Frame.at(z=-(FOREARM - 0.14)), (1, 0, 0), -1.57, 1.57, 15.0, 0.05),
        ("wrist_flexion", "palm", Frame.at(), (0, 1, 0), -1.6, 1.9, 15.0, 0.05),
    )
    parent, joints = "torso", []
    for name, child, frame, axis, lower, upper, effort, damping in hinges:
        joints.append(
            Joint(f"right_{name}", parent, f"right_{child}", frame, axis, lower, upper, effort, VELOCITY, damping, 0.1)
        )
        parent = f"right_{child}"
    return tuple(joints)


def arm() -> Tree:
    """The arm and its hand; it hangs on the link `torso`."""
    return Tree(_links(), _joints()) + hand()
