"""A task with objects in, on and beside others, written as a user would."""

from __future__ import annotations

from pathlib import Path

TASK = """
schema  = 1
name    = "tidy"
about   = "Objects in, on and beside others."
episode = { seconds = 4, control_hz = 20 }
robot   = { model = "humanoid_right", control = "ee_translation" }

[objects]
bin   = { model = "bin", position = [0.40, 0.13, 0.0] }
bowl  = { model = "bowl_wide", position = [0.0, 0.0, 0.0] }
red   = { model = "cube", position = [0.0, 0.0, 0.0] }
green = { model = "cube", position = [0.0, 0.0, 0.0] }
block = { model = "cube_small", position = [0.0, 0.0, 0.0] }
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
values = ["cube", "cuboid", "cube_small"]

[draws.colors]
paths  = ["objects.red.color", "objects.green.color", "objects.can.color"]
values = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]

[regions.zone]
shape    = "box"
size     = [0.26, 0.25]
position = [0.47, -0.125, 0.0]

[place.bowl]
within = "zone"

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

[place.block]
inside = "bowl"

[place.top]
on     = "slab"
offset = [[-0.01, -0.005], [0.01, 0.005]]
yaw    = [0.0, 0.0]

[place.can]
near     = "bin"
distance = [0.03, 0.10]
"""


def write_task(folder: Path, *replacements: tuple[str, str]) -> Path:
    """Write the task to a folder, with parts of its text replaced, and return its file."""
    text = TASK
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    file = folder / "tidy.toml"
    file.write_text(text, encoding="utf-8")
    return file
