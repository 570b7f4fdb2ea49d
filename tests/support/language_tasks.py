"""A task with an instruction: a cube or a ball has to be put into a bowl, among other objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mygym_lite.config.field_path import apply_setting
from mygym_lite.config.instructions.instruction import build_instruction
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task
from mygym_lite.terms import load_task

TEMPLATES = [
    "put the {target.color} {target} into the {bowl}",
    "pick up the {target} and place it in the {bowl.color} {bowl}.",
    "take a {target.color} {target}, then drop it into the {bowl}",
    "into the {bowl}, put the {target.color} {target}",
]
SCENE = """
schema  = 1
name    = "tidy_up"
about   = "Put a thing into the bowl."
episode = { seconds = 1 }

[objects.target]
model    = "cube"
position = [0.45, 0.0, 0.0]

[objects.bowl]
model    = "bowl"
position = [0.45, 0.28, 0.0]

[distractors]
models    = ["can", "cylinder", "box", "brick"]
region    = [[0.30, -0.36], [0.66, 0.16]]
count     = 3
clearance = 0.03

[cameras]
front = { position = [1.30, 0.45, 0.60], look_at = [0.29, -0.03, 0.25], size = [96, 64] }

[observe.proprio]
joints = { term = "joint_positions" }

[success]
held = { term = "grasped", thing = "target" }

[start]
"objects.target.model"    = { choice = ["cube", "ball"] }
"objects.target.color"    = { choice = [[0.8, 0.1, 0.1], [0.1, 0.2, 0.8], [0.9, 0.8, 0.2]] }
"objects.target.position" = { uniform = [[0.36, -0.16, 0.0], [0.54, 0.12, 0.0]] }
"""
OBSERVE = ["proprio", "instruction"]


def write_task(folder: Path, templates: list[str] | None = None, more: str = "", scene: str = SCENE) -> Path:
    """Write the task with these templates and more lines of ``[language]``."""
    file = folder / "tidy_up.toml"
    lines = ", ".join(f"'{template}'" for template in (TEMPLATES if templates is None else templates))
    file.write_text(f"{scene}\n[language]\ntemplates = [{lines}]\n{more}\n", encoding="utf-8")
    return file


def change(task: Task, **settings: Any) -> Task:
    """Return the task with other values of ``[language]``."""
    for name, value in settings.items():
        task = apply_setting(task, f"language.{name}={value}")
    return task


def instruct(task: Task, seed: int, **settings: Any) -> str:
    """Return the instruction of an episode with these values of ``[language]``."""
    return build_instruction(sample(change(task, **settings), (), seed), seed)


def load(folder: Path, more: str = "") -> Task:
    """Load the task."""
    return load_task(write_task(folder, more=more))
