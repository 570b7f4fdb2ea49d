"""One moment under the axes of a suite: a row an axis, a column a level, for those axes that can be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.randomization.suite import Condition, Suite
from mygym_lite.viz.text import BOLD, MEDIUM, Color, Image, draw_text, truncate_text

VISIBLE_GROUPS = ("visual", "camera", "sensing")  # groups that may change a picture of a start
_SHOWN = (1, 3, 5)  # levels beside the nominal one
_TALL = 9  # rows of a block; more axes stand beside each other
_PAPER: Color = (250, 250, 251)
_INK: Color = (40, 44, 52)
_SOFT: Color = (110, 117, 128)
Row = tuple[str, str, list[Image]]  # axis, group, images


def draw_suite_sheet(env: TaskEnv, suite: Suite, groups: Sequence[str], camera: str, seed: int) -> Image:
    """Draw the start of an episode under each axis of some groups, as the policy would see it.

    Args:
        env: Observes ``rgb`` through this camera alone.
        suite: Where the axes are declared.
        groups: Which of its groups.
        camera: Through which camera.
        seed: Which episode.
    """
    known = sorted({axis.group for axis in suite.axes})
    for group in groups:
        if group not in known and tuple(groups) != VISIBLE_GROUPS:
            raise ConfigError(f"--group: no '{group}' in suite {suite.name}; it has {', '.join(known)}")
    conditions = [c for c in suite.build_conditions(env.task) if c.group in groups and c.applicable]
    nominal = _seen(env, None, camera, seed)
    rows = [
        (axis, group, [nominal, *(_seen(env, c, camera, seed) for c in _levels(conditions, axis))])
        for axis, group in dict.fromkeys((c.axis, c.group) for c in conditions)
    ]
    visible = [row for row in rows if any((image != nominal).any() for image in row[2])]
    if not visible:
        raise ConfigError(f"--suite {suite.name}: none of its axes in {', '.join(groups)} changes this picture")
    return _sheet(visible)


def _levels(conditions: Sequence[Condition], axis: str) -> list[Condition]:
    found = {condition.severity: condition for condition in conditions if condition.axis == axis}
    return [found[level] for level in _SHOWN if level in found]


def _seen(env: TaskEnv, condition: Condition | None, camera: str, seed: int) -> Image:
    variations = () if condition is None else condition.get_variations(seed)
    observation, _ = env.reset(seed=seed, options={"variations": variations})
    image: Image = observation[f"{camera}_rgb"]
    return image


def _sheet(rows: Sequence[Row]) -> Image:
    """Blocks of rows beside each other, with the levels on top and the axes at their left."""
    blocks = -(-len(rows) // _TALL)
    tall = -(-len(rows) // blocks)
    parts = [_block(rows[start : start + tall], tall) for start in range(0, len(rows), tall)]
    return np.hstack(parts)


def _block(rows: Sequence[Row], tall: int) -> Image:
    height, width = rows[0][2][0].shape[:2]
    gap, text = max(4, height // 24), max(11, height // 11)
    margin, head = round(11 * text), round(2.6 * text)
    columns = max(len(images) for _, _, images in rows)
    paper: Image = np.full(
        (head + tall * (height + gap) + gap, margin + columns * (width + gap) + gap, 3), _PAPER, np.uint8
    )
    for column, name in enumerate(["nominal", *map(str, _SHOWN)][:columns]):
        draw_text(paper, name, (margin + column * (width + gap), head - 0.7 * text), text, _INK, BOLD)
    for number, (axis, group, images) in enumerate(rows):
        top = head + number * (height + gap)
        label = truncate_text(axis.replace("_", " "), text, margin - 2 * gap, MEDIUM)
        draw_text(paper, label, (2 * gap, top + 0.5 * height), text, _INK, MEDIUM)
        draw_text(paper, group, (2 * gap, top + 0.5 * height + 1.4 * text), round(0.85 * text), _SOFT)
        for column, image in enumerate(images):
            left = margin + column * (width + gap)
            paper[top : top + height, left : left + width] = image
    return paper
