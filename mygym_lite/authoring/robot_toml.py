"""Robot TOML files of the humanoid, generated from the same source as its URDFs."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.authoring.hand import APPROACH_ROTATION, DIGITS, GRASP_CENTRE
from mygym_lite.authoring.urdf import swap_side

HOME = (0.7194, 0.8762, 0.7473, 2.1431, -0.9176, -0.6333, 1.5519)
CLOSE_SECONDS = 0.9
OPENING = 0.085
GAZE = (-0.5, 0.7)
POSITION = (0.06, 0.20, 0.0)

ARM_JOINTS = (
    "right_shoulder_pitch",
    "right_shoulder_roll",
    "right_upper_arm_yaw",
    "right_elbow",
    "right_forearm_roll",
    "right_wrist_deviation",
    "right_wrist_flexion",
)
HAND_LINKS = ("right_palm", *(link for digit in DIGITS for link in digit.links))
ARM_LINKS = ("right_upper_arm", "right_forearm", *HAND_LINKS)
COLLISION_PAIRS = (
    ("torso", ARM_LINKS),
    ("head", ARM_LINKS[1:]),
    ("right_upper_arm", HAND_LINKS),
    ("right_thumb_distal", ("right_middle_proximal", "right_middle_distal")),
)
"""Links tested for self-collision with one arm; the thumb passes between index and ring finger."""


def _name_for_side(name: str, side: str) -> str:
    """Return the name of a part of the right arm for the given side."""
    return swap_side(name) if side == "left" else name


def _format_strings(values: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def _format_numbers(values: Sequence[float]) -> str:
    return "[" + ", ".join(str(round(float(value), 4) + 0.0) for value in values) + "]"


def _format_block(name: str, values: Sequence[str]) -> list[str]:
    return [f"{name} = [", *(f"    {value}," for value in values), "]"]


def _format_hand(side: str) -> list[str]:
    joints = [[_name_for_side(joint, side) for joint in digit.joints] for digit in DIGITS]
    links = {digit.name: [_name_for_side(link, side) for link in digit.links] for digit in DIGITS}
    return [
        "",
        f"[arms.{side}.hand]",
        *_format_block("joints", [", ".join(f'"{joint}"' for joint in pair) for pair in joints]),
        f"open = {_format_numbers([q for digit in DIGITS for q in digit.open])}",
        f"closed = {_format_numbers([q for digit in DIGITS for q in digit.closed])}",
        f"torque = {_format_numbers([t for digit in DIGITS for t in (digit.torque, digit.torque / 2)])}",
        f"close_seconds = {CLOSE_SECONDS}",
        f"opening = {OPENING}",
        f'palm = ["{side}_palm"]',
        "",
        f"[arms.{side}.hand.digits]",
        *(f"{name} = {_format_strings(parts)}" for name, parts in links.items()),
    ]


def _format_arm(side: str) -> list[str]:
    joints = [_name_for_side(joint, side) for joint in ARM_JOINTS]
    sign = -1.0 if side == "left" else 1.0
    x, y, z = GRASP_CENTRE
    a, b, c, d = APPROACH_ROTATION
    return [
        "",
        f"[arms.{side}]",
        *_format_block("joints", [f'"{joint}"' for joint in joints]),
        f'tip = "{side}_palm"',
        f"tip_position = {_format_numbers((x, sign * y, z))}",
        f"tip_rotation = {_format_numbers((sign * a, b, sign * c, d))}",
        f"home = {_format_numbers(HOME)}",
        *_format_hand(side),
    ]


def format_robot_toml(name: str, about: str, sides: Sequence[str]) -> str:
    """Format the robot TOML file of a variant with actuated arms on `sides`."""
    sway = {"right": POSITION[1], "left": -POSITION[1]}[sides[0]] if len(sides) == 1 else 0.0
    pan = GAZE[0] if len(sides) == 1 else 0.0
    lines = [
        "# Written by python -m mygym_lite.authoring; edit mygym_lite/authoring/ instead.",
        "schema = 1",
        f'name = "{name}"',
        f'about = "{about}"',
        f'urdf = "{name}.urdf"',
        f"position = {_format_numbers((POSITION[0], sway, POSITION[2]))}",
        "yaw = 0.0",
        *_format_block("self_collision", _list_collision_pairs(sides)),
        *(line for side in sides for line in _format_arm(side)),
        "",
        "[gaze]",
        'joints = ["neck_pan", "neck_tilt"]',
        f"home = {_format_numbers((pan, GAZE[1]))}",
        'link = "head_camera"',
    ]
    return "\n".join(lines) + "\n"


def _list_collision_pairs(sides: Sequence[str]) -> list[str]:
    """List the link pairs tested for self-collision, one row of the file per link."""
    rows = [
        (_name_for_side(link, side), [_name_for_side(k, side) for k in others])
        for side in sides
        for link, others in COLLISION_PAIRS
    ]
    if len(sides) == 2:
        rows += [(link, [swap_side(k) for k in ARM_LINKS]) for link in ARM_LINKS]
    return [", ".join(_format_strings((other, link)) for other in others) for link, others in rows]
