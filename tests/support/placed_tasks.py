"""A task with objects in, on and beside others, and its container, written as a user would."""

from __future__ import annotations

from pathlib import Path

BIN = """
schema   = 1
name     = "bin"
about    = "A square bin, 190 mm wide inside."
bank     = "marker"
family   = "compound"
mass     = 0.3
friction = 0.7
cavity   = { shape = "box", size = [0.19, 0.19], position = [0.0, 0.0, -0.025], height = 0.055 }
shapes   = [
    { kind = "box", size = [0.2, 0.2, 0.005], position = [0.0, 0.0, -0.0275] },
    { kind = "box", size = [0.005, 0.2, 0.055], position = [0.0975, 0.0, 0.0025] },
    { kind = "box", size = [0.005, 0.2, 0.055], position = [-0.0975, 0.0, 0.0025] },
    { kind = "box", size = [0.19, 0.005, 0.055], position = [0.0, 0.0975, 0.0025] },
    { kind = "box", size = [0.19, 0.005, 0.055], position = [0.0, -0.0975, 0.0025] },
]
"""
CUP = """
schema   = 1
name     = "cup"
about    = "A cup of eight straight walls, 70 mm wide inside."
bank     = "marker"
family   = "compound"
mass     = 0.2
friction = 0.7
cavity   = { shape = "disc", size = [0.035], position = [0.0, 0.0, -0.016], height = 0.036 }
shapes   = [
    { kind = "cylinder", size = [0.038, 0.004], position = [0.0, 0.0, -0.018] },
%s
]
""" % "\n".join(  # noqa: UP031
    f'    {{ kind = "box", size = [0.004, 0.031, 0.036], position = [{x}, {y}, 0.002], rpy = [0.0, 0.0, {yaw}] }},'
    for x, y, yaw in [
        (0.037, 0.0, 0.0),
        (0.0261630, 0.0261630, 0.7853982),
        (0.0, 0.037, 1.5707963),
        (-0.0261630, 0.0261630, 2.3561945),
        (-0.037, 0.0, 3.1415927),
        (-0.0261630, -0.0261630, 3.9269908),
        (0.0, -0.037, 4.7123890),
        (0.0261630, -0.0261630, 5.4977871),
    ]
)
TASK = """
schema  = 1
name    = "tidy"
about   = "Objects in, on and beside others."
episode = { seconds = 4, control_hz = 20 }
robot   = { model = "humanoid_right", control = "ee_translation" }

[objects]
bin   = { model = "FOLDER/bin.toml", position = [0.40, 0.13, 0.0] }
cup   = { model = "FOLDER/cup.toml", position = [0.0, 0.0, 0.0] }
red   = { model = "cube", position = [0.0, 0.0, 0.0] }
green = { model = "cube", position = [0.0, 0.0, 0.0] }
ball  = { model = "cube_small", position = [0.0, 0.0, 0.0] }
slab  = { model = "slab", position = [0.0, 0.0, 0.0] }
top   = { model = "cube_small", position = [0.0, 0.0, 0.0] }
can   = { model = "can", position = [0.0, 0.0, 0.0] }

[cameras]
front = { position = [1.3, 0.45, 0.6], look_at = "bin" }

[observe.all]
joints = { term = "joint_positions" }

[success]
near = { term = "near", of = "palm", to = "red", within = 0.02 }

[start]
"objects.bin.yaw" = { uniform = [-0.5, 0.5] }

[draws.models]
paths  = ["objects.red.model", "objects.green.model"]
values = ["cube", "cuboid", "brick"]

[draws.colors]
paths  = ["objects.red.color", "objects.green.color", "objects.can.color"]
values = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]

[place.cup]
within = [[0.34, -0.25], [0.60, 0.0]]

[place.slab]
within    = [[0.34, -0.25], [0.60, 0.0]]
clearance = 0.03
yaw       = "random"

[place.red]
inside = "bin"
yaw    = "random"

[place.green]
inside    = "bin"
clearance = 0.01
yaw       = [-0.2, 0.2]

[place.ball]
inside = "cup"

[place.top]
on     = "slab"
offset = [[-0.01, -0.005], [0.01, 0.005]]
yaw    = [0.0, 0.0]

[place.can]
near     = "bin"
distance = [0.03, 0.10]
"""


def write_task(folder: Path, *replacements: tuple[str, str]) -> Path:
    """Write the task and its containers to a folder, with parts of its text replaced, and return its file."""
    text = TASK.replace("FOLDER", folder.as_posix())
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    for name, content in (("bin", BIN), ("cup", CUP), ("tidy", text)):
        (folder / f"{name}.toml").write_text(content, encoding="utf-8")
    return folder / "tidy.toml"
