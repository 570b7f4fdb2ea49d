"""Right hand: a palm, an opposing thumb and three fingers with two joints each.

The palm link frame is the wrist. The hand hangs along -z and its palm faces -x: positive angles flex the wrist and
close the fingers towards -x; a positive thumb angle opposes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from mygym_lite.authoring.frame import Frame
from mygym_lite.authoring.solid import Box, Capsule, PlacedSolid
from mygym_lite.authoring.urdf import Axis, Drive, Joint, Link, Tree, Visual

VELOCITY = 4.0
"""rad/s, limit of the finger joints."""

ROTOR = 1e-3
"""Reflected inertia of motor and gear per phalanx, kg m^2: a rotor of 2.5e-8 kg m^2 behind a gear of 200 to 1.

With less, the solver fails on a phalanx between the table and an arm that is a hundred times heavier.
"""

FINGER_TORQUE = 0.55
THUMB_TORQUE = 1.50
"""Full grip torque of the base joint, N m, halved at the distal joint; the thumb balances three fingers."""


@dataclass(frozen=True)
class Digit:
    """A finger or thumb: base position on the palm (m), joint axis, lengths of the phalanges (m), torque and range."""

    name: str
    base: tuple[float, float, float]
    axis: Axis
    proximal: float
    distal: float
    torque: float
    open: tuple[float, float] = (-0.58, 0.05)
    closed: tuple[float, float] = (0.50, 0.15)

    @property
    def joints(self) -> tuple[str, str]:
        """Names of the base and the distal joint."""
        return f"right_{self.name}_base", f"right_{self.name}_joint"

    @property
    def links(self) -> tuple[str, str]:
        """Names of the proximal and the distal phalanx."""
        return f"right_{self.name}_proximal", f"right_{self.name}_distal"


RADIUS = 0.012
FINGER: Axis = (0, 1, 0)
THUMB: Axis = (0, -1, 0)
_THUMB = Digit("thumb", (-0.0315, 0.0, -0.078), THUMB, proximal=0.042, distal=0.030, torque=THUMB_TORQUE)
_FINGER_BASES = {"index": (0.0315, 0.0265, -0.081), "middle": (0.0315, 0.0, -0.084), "ring": (0.0315, -0.0265, -0.081)}
DIGITS = (
    _THUMB,
    *(
        Digit(name, base, FINGER, proximal=0.050, distal=0.042, torque=FINGER_TORQUE)
        for name, base in _FINGER_BASES.items()
    ),
)

GRASP_CENTRE = (0.0, 0.0, -0.150)
"""Meeting point of the closing digits in the palm link frame, m."""

APPROACH_ROTATION = (1.0, 0.0, 0.0, 0.0)
"""Quaternion from the palm link to the palm frame: z along the fingers, x from thumb to fingers."""


def build_palm() -> Link:
    """Build the palm: a slab behind the fingers and the ball of the thumb."""
    slab = PlacedSolid(Box((0.032, 0.078, 0.056)), Frame.at(0.026, 0.0, -0.052))
    ball = PlacedSolid(Box((0.040, 0.036, 0.048)), Frame.at(-0.012, 0.0, -0.053))
    visuals = (Visual("right_palm", "shell"), Visual("right_thumb_mount", "shell"))
    return Link("right_palm", 0.30, (slab, ball), (slab, ball), visuals, rotor=0.002, grip=True)


def build_phalanx(name: str, length: float, mass: float, mesh: str, material: str, tip: bool) -> Link:
    """Build a phalanx along -z; a distal phalanx ends in a round tip."""
    straight = length - RADIUS if tip else length
    bone = PlacedSolid(Capsule(RADIUS, straight), Frame.at(z=-straight / 2.0))
    return Link(name, mass, (bone,), (bone,), visuals=(Visual(mesh, material),), rotor=ROTOR, grip=True)


def build_digit(spec: Digit) -> Tree:
    """Build the two links and two joints of a digit."""
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
        Joint(base, "right_palm", proximal, Frame.at(*spec.base), axis=spec.axis, drive=base_drive),
        Joint(joint, proximal, distal, Frame.at(z=-spec.proximal), axis=spec.axis, drive=joint_drive),
    )
    return Tree(links, joints)


def build_hand() -> Tree:
    """Build all digits, attached to the link `right_palm`."""
    thumb, *fingers = (build_digit(spec) for spec in DIGITS)
    return sum(fingers, start=thumb)
