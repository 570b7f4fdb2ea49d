"""Right arm: seven revolute joints from shoulder to wrist, hanging along -z at zero.

Link frames are aligned with the body (x forward, y left, z up) at zero. Wrist deviation precedes flexion, so that it
rotates a hand that points down from a level forearm about the vertical.
"""

from __future__ import annotations

from mygym_lite.authoring.frame import ORIGIN, Frame
from mygym_lite.authoring.hand import build_hand, build_palm
from mygym_lite.authoring.solid import Capsule, PlacedSolid
from mygym_lite.authoring.urdf import Axis, Drive, Joint, Link, Tree, Visual

SHOULDER = (0.02, -0.20, 0.47)
UPPER_ARM = 0.31
FOREARM = 0.28
VELOCITY = 2.5
"""rad/s, of every arm joint."""


def _make_bone(radius: float, start: float, end: float) -> PlacedSolid:
    """Make a capsule along z from -start to -end."""
    return PlacedSolid(Capsule(radius, end - start), Frame.at(z=-(start + end) / 2.0))


def _make_links() -> tuple[Link, ...]:
    """Make the links; the forearm capsule ends short of the wrist, so that neighbouring links never collide."""
    ball, cap, biceps = (
        _make_bone(0.052, 0.0, 0.0),
        _make_bone(0.048, 0.0, 0.10),
        _make_bone(0.041, 0.10, UPPER_ARM - 0.02),
    )
    near, far, wrist = _make_bone(0.039, 0.01, 0.12), _make_bone(0.033, 0.00, 0.11), _make_bone(0.027, 0.0, 0.0)
    upper_arm, forearm = _make_bone(0.042, 0.02, UPPER_ARM - 0.02), _make_bone(0.034, 0.03, FOREARM - 0.082)
    sleeve = (Visual("lower_forearm", "shell"), Visual("cuff", "accent"))
    bend = Visual("elbow", "dark", Frame.at(z=-UPPER_ARM))
    return (
        Link("right_shoulder", 0.55, (ball,), (), (Visual("right_shoulder", "dark"),), rotor=0.03),
        Link("right_shoulder_cap", 0.75, (cap,), rotor=0.03),
        Link("right_upper_arm", 0.75, (biceps,), (upper_arm,), (Visual("upper_arm", "shell"), bend), rotor=0.01),
        Link("right_forearm", 0.70, (near,), (forearm,), (Visual("forearm", "shell"),), rotor=0.01),
        Link("right_lower_forearm", 0.50, (far,), (), sleeve, rotor=0.002),
        Link("right_wrist", 0.12, (wrist,), (), (Visual("wrist", "dark"),), rotor=0.002),
        build_palm(),
    )


def _make_joints() -> tuple[Joint, ...]:
    hinges: tuple[tuple[str, str, float, Axis, float, float, float, float], ...] = (
        # name, child link, offset below the previous joint, axis, limits, torque, damping
        ("shoulder_pitch", "shoulder", 0.0, (0, -1, 0), -1.2, 2.4, 80.0, 1.0),
        ("shoulder_roll", "shoulder_cap", 0.0, (-1, 0, 0), -0.2, 2.0, 80.0, 1.0),
        ("upper_arm_yaw", "upper_arm", 0.0, (0, 0, 1), -2.4, 2.4, 50.0, 0.1),
        ("elbow", "forearm", UPPER_ARM, (0, -1, 0), 0.0, 2.5, 50.0, 0.4),
        ("forearm_roll", "lower_forearm", 0.14, (0, 0, 1), -2.6, 2.6, 20.0, 0.03),
        ("wrist_deviation", "wrist", FOREARM - 0.14, (1, 0, 0), -1.57, 1.57, 15.0, 0.05),
        ("wrist_flexion", "palm", 0.0, (0, 1, 0), -1.6, 1.9, 15.0, 0.05),
    )
    joints, parent, mount = [], "torso", Frame.at(*SHOULDER)
    for name, part, below, axis, lower, upper, effort, damping in hinges:
        frame, child = mount @ Frame.at(z=-below), f"right_{part}"
        drive = Drive(lower, upper, effort, VELOCITY, damping, friction=0.1)
        joints.append(Joint(f"right_{name}", parent, child, frame, axis=axis, drive=drive))
        parent, mount = child, ORIGIN
    return tuple(joints)


def build_arm() -> Tree:
    """Build arm and hand, attached to the link `torso`."""
    return Tree(_make_links(), _make_joints()) + build_hand()
