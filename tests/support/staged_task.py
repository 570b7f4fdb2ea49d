"""A task with three stages, which the shipped expert solves: reach a cube, grasp it, lift it."""

from __future__ import annotations

from pathlib import Path

STAGES = ("reach", "grasp", "lift")
STAGED = """
schema  = 1
name    = "staged"
about   = "Reach a cube, grasp it and lift it 10 cm."
episode = { seconds = 4, control_hz = 20, hold_seconds = 0.2 }
robot   = { model = "humanoid_right", control = "joint_delta" }

[objects.target]
model    = "cube"
position = [0.45, 0.0, 0.0]

[cameras]
front = { position = [1.30, 0.45, 0.60], look_at = [0.29, -0.03, 0.25], fov = 50 }

[observe.proprio]
joints = { term = "joint_positions" }

[observe.task]
stage  = { term = "stage" }
offset = { term = "offset", of = "palm", to = "target", scale = 4 }

[reward]
effort = { term = "effort", weight = -0.01 }

[[stages]]
name  = "reach"
bonus = 1.0
[stages.checks]
close = { term = "near", of = "palm", to = "target", within = 0.15 }
[stages.reward]
approach = { term = "progress", of = "palm", to = "target", weight = 5 }

[[stages]]
name  = "grasp"
bonus = 2.0
[stages.checks]
pinched = { all = [
    { term = "touching", a = "thumb", b = "target" },
    { any = [{ term = "touching", a = "fingers", b = "target" }, { term = "grasped", thing = "target" }] },
] }

[[stages]]
name  = "lift"
bonus = 3.0
[stages.checks]
lifted = { term = "lifted", thing = "target", metres = 0.10 }
loose  = { not = { term = "touching", a = "table", b = "target" } }
[stages.reward]
height = { term = "height", thing = "target", up_to = 0.10, weight = 0.5 }

[failure]
lost = { all = [
    { term = "displaced", thing = "target", metres = 0.15 },
    { not = { term = "grasped", thing = "target" } },
] }

[start]
"objects.target.position" = { uniform = [[0.38, -0.14, 0.0], [0.52, 0.14, 0.0]] }
"""


def write_staged_task(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the file of the task, with some texts in it replaced."""
    text = STAGED
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    file = folder / "staged.toml"
    file.write_text(text, encoding="utf-8")
    return file
