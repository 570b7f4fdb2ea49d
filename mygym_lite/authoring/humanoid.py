"""Humanoid: torso with legs, head with a camera, and one or two actuated arms.

The base link frame is at table height on the body axis: x forward, y left, z up; the floor is at z = -0.92.
"""

from __future__ import annotations

from mygym_lite.authoring.arm import build_arm
from mygym_lite.authoring.frame import ORIGIN, Frame
from mygym_lite.authoring.solid import Box, Capsule, PlacedSolid
from mygym_lite.authoring.urdf import Color, Drive, Joint, Link, Tree, Visual, merge_frozen_limb, swap_side

MATERIALS: dict[str, Color] = {
    "shell": (0.84, 0.85, 0.87),
    "dark": (0.17, 0.18, 0.21),
    "accent": (0.09, 0.44, 0.78),
    "visor": (0.04, 0.05, 0.07),
    "light": (0.35, 0.88, 1.0),
}

REST = {"right_shoulder_pitch": -0.28, "right_shoulder_roll": 0.12, "right_elbow": 0.32, "right_forearm_roll": 1.2}
REST |= {f"right_{name}_base": 0.25 for name in ("thumb", "index", "middle", "ring")}
REST |= {f"right_{name}_joint": 0.30 for name in ("thumb", "index", "middle", "ring")}
"""Joint angles of a resting arm, rad."""

CAMERA_PITCH = 0.45
"""Downward pitch of the camera of a level head, rad."""


def build_torso() -> Link:
    """Build chest, pelvis and legs as one link; only chest and pelvis collide."""
    chest = PlacedSolid(Box((0.19, 0.27, 0.36)), Frame.at(0.005, 0.0, 0.34))
    pelvis = PlacedSolid(Box((0.18, 0.29, 0.28)), Frame.at(0.0, 0.0, 0.02))
    legs = tuple(PlacedSolid(Capsule(0.065, 0.64), Frame.at(0.0, y, -0.48)) for y in (0.095, -0.095))
    visuals = [
        Visual("chest", "shell"),
        Visual("pelvis", "dark"),
        Visual("neck", "dark"),
        Visual("emblem", "light", Frame.at(0.112, 0.0, 0.39)),
    ]
    for y in (0.095, -0.095):
        visuals += [
            Visual("thigh", "shell", Frame.at(0.0, y, -0.10)),
            Visual("knee", "dark", Frame.at(0.0, y, -0.48)),
            Visual("shin", "shell", Frame.at(0.0, y, -0.48)),
            Visual("foot", "dark", Frame.at(0.0, y, -0.92)),
        ]
    return Link("torso", 42.0, (chest, pelvis, *legs), (chest, pelvis), tuple(visuals))


def build_head() -> Tree:
    """Build neck pan, neck tilt and the camera behind the visor, which looks along x."""
    skull = PlacedSolid(Capsule(0.085, 0.06), Frame.at(0.015, 0.0, 0.115))
    neck = PlacedSolid(Capsule(0.040, 0.04), Frame.at(0.0, 0.0, 0.02))
    face = (Visual("head", "shell"), Visual("visor", "visor"), Visual("eyes", "light"))
    links = (
        Link("neck", 0.6, (neck,), rotor=0.005),
        Link("head", 3.4, (skull,), (skull,), face, rotor=0.005),
        Link("head_camera", 0.03, (PlacedSolid(Capsule(0.012), ORIGIN),)),
    )
    pan = Drive(-1.2, 1.2, effort=20.0, velocity=2.5, damping=0.3, friction=0.1)
    tilt = Drive(-0.6, 0.9, effort=20.0, velocity=2.5, damping=0.3, friction=0.1)
    joints = (
        Joint("neck_pan", "torso", "neck", Frame.at(0.01, 0.0, 0.55), axis=(0, 0, 1), drive=pan),
        Joint("neck_tilt", "neck", "head", Frame.at(0.0, 0.0, 0.05), axis=(0, 1, 0), drive=tilt),
        Joint("head_camera_mount", "head", "head_camera", Frame.at(0.105, 0.0, 0.115, rpy=(0.0, CAMERA_PITCH, 0.0))),
    )
    return Tree(links, joints)


def build_one_armed() -> Tree:
    """Build the robot with an actuated right and a resting left arm; its mirror image is the left-armed robot."""
    rest = {swap_side(joint): angle for joint, angle in REST.items()}
    return Tree((merge_frozen_limb(build_torso(), build_arm().mirror(), rest),), ()) + build_head() + build_arm()


def build_two_armed() -> Tree:
    """Build the robot with two actuated arms."""
    return Tree((build_torso(),), ()) + build_head() + build_arm() + build_arm().mirror()
