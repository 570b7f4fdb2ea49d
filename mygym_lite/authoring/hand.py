"""The right hand: a palm, an opposing thumb and three fingers, two joints a digit.

The palm's link frame is the wrist; the hand hangs along -z with its palm facing -x, so flexing the wrist or closing
the fingers (positive angles) bends towards -x, and the thumb (positive) comes to meet the fingers.
"""

from __future__ import annotations

from dataclasses import dataclass

from mygym_lite.authoring.frame import Frame
from mygym_lite.authoring.solid import Box, Capsule, PlacedSolid
from mygym_lite.authoring.urdf import Axis, Drive, Joint, Link, Tree, Visual

VELOCITY = 4.0
"""rad/s, limit of the finger joints."""

ROTOR = 1e-3
"""kg m^2, what a finger's motor and gear add to each phalanx: a rotor of 2.5e-8 kg m^2 behind a gear of 200 to 1.

With much less, the solver does not hold a phalanx between the table and an arm that is a hundred times heavier.
"""

FINGER_TORQUE = 0.55
THUMB_TORQUE = 1.50
"""N m of full grip at the base joint, half of it at the distal one; the thumb balances three fingers."""


@dataclass(frozen=True)
class Digit:
    """A finger or thumb: where its base sits on the palm (m), which way it closes, its phalanges (m)."""

    name: str
    base: tuple[float, float, float]
    axis: Axis
    proximal: float
    distal: float
    torque: float
    open: tuple[float, float]
    closed: tuple[float, float]

    @property
    def joints(self) -> tuple[str, str]:
        """Base and distal joint."""
        return f"right_{self.name}_base", f"right_{self.name}_joint"

    @property
    def links(self) -> tuple[str, str]:
        """Proximal and distal phalanx."""
        return f"right_{self.name}_proximal", f"right_{self.name}_distal"


RADIUS = 0.012
FINGER: Axis = (0, 1, 0)
THUMB: Axis = (0, -1, 0)
DIGITS = (
    Digit("thumb", (-0.0315, 0.0, -0.078), THUMB, 0.042, 0.030, THUMB_TORQUE, (-0.58, 0.05), (0.50, 0.15)),
    Digit("index", (0.0315, 0.0265, -0.081), FINGER, 0.050, 0.042, FINGER_TORQUE, (-0.58, 0.05), (0.50, 0.15)),
    Digit("middle", (0.0315, 0.0, -0.084), FINGER, 0.050, 0.042, FINGER_TORQUE, (-0.58, 0.05), (0.50, 0.15)),
    Digit("ring", (0.0315, -0.0265, -0.081), FINGER, 0.050, 0.042, FINGER_TORQUE, (-0.58, 0.05), (0.50, 0.15)),
)

GRASP_CENTRE = (0.0, 0.0, -0.150)
"""Where the closing digits meet, in the palm's link frame, m."""

APPROACH_ROTATION = (1.0, 0.0, 0.0, 0.0)
"""Quaternion that turns the palm link into the palm frame: z along the fingers, x from thumb to fingers."""


def build_palm() -> Link:
    """The palm: a slab behind the fingers and the ball of the thumb."""
    slab = PlacedSolid(Box((0.032, 0.078, 0.056)), Frame.at(0.026, 0.0, -0.052))
    ball = PlacedSolid(Box((0.040, 0.036, 0.048)), Frame.at(-0.012, 0.0, -0.053))
    visuals = (Visual("right_palm", "shell"), Visual("right_thumb_mount", "shell"))
    return Link("right_palm", 0.30, (slab, ball), (slab, ball), visuals, rotor=0.002, grip=True)


def build_phalanx(name: str, length: float, mass: float, mesh: str, material: str, tip: bool) -> Link:
    """One finger segment along -z; the last one ends in a round tip."""
    straight = length - RADIUS if tip else length
    bone = PlacedSolid(Capsule(RADIUS, straight), Frame.at(z=-straight / 2.0))
    return Link(name, mass, (bone,), (bone,), (Visual(mesh, material),), ROTOR, grip=True)


def build_digit(spec: Digit) -> Tree:
    """The two links and two hinges of a digit."""
    base, joint = spec.joints
    proximal, distal = spec.links
    kind = "thumb" if spec.name == "thumb" else "finger"
    links = (
        build_phalanx(proximal, spec.proximal, 0.026, f"{kind}_proximal", "shell", tip=False),
        build_phalanx(distal, spec.distal, 0.018, f"{kind}_distal", "dark", tip=True),
    )
    base_drive = Drive(-0.9, 1.2, 2.0 * spec.torque, VELOCITY, damping=0.003, friction=0.02)
    joint_drive = Drive(-0.1, 1.3, spec.torque, VELOCITY, damping=0.001, friction=0.01)
    joints = (
        Joint(base, "right_palm", proximal, Frame.at(*spec.base), spec.axis, base_drive),
        Joint(joint, proximal, distal, Frame.at(z=-spec.proximal), spec.axis, joint_drive),
    )
    return Tree(links, joints)


def build_hand() -> Tree:
    """All digits; they hang on the link `right_palm`."""
    thumb, *fingers = (build_digit(spec) for spec in DIGITS)
    return sum(fingers, start=thumb)
