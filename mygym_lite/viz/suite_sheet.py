"""Sheet of one start under the visible axes of a suite: one row an axis, one column a severity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.randomization.condition import Condition
from mygym_lite.randomization.suite import Suite
from mygym_lite.viz.text import BOLD, MEDIUM, Color, Image, draw_text, truncate_text

VISIBLE_GROUPS = ("visual", "camera", "sensing")  # groups that may change an image of the start
_SEVERITIES = (1, 3, 5)  # beside the nominal one
_MAX_ROWS = 9  # rows of a block; more axes go into the next block
_BACKGROUND: Color = (250, 250, 251)
_TEXT: Color = (40, 44, 52)
_MUTED: Color = (110, 117, 128)
Row = tuple[str, str, list[Image]]  # axis, group, images


def draw_suite_sheet(env: TaskEnv, suite: Suite, groups: Sequence[str], camera: str, seed: int) -> Image:
    """Draw the start of an episode under each axis of some groups, as a policy observes it.

    Args:
        env: Environment that observes ``rgb`` of this camera alone.
        suite: Suite that declares the axes.
        groups: Groups of axes to draw.
        camera: Name of the camera.
        seed: Seed of the episode.
    """
    available = sorted({axis.group for axis in suite.axes})
    for group in groups:
        if group not in available and tuple(groups) != VISIBLE_GROUPS:
            raise ConfigError(f"--group: no '{group}' in suite {suite.name}; it has {', '.join(available)}")
    conditions = [c for c in suite.build_conditions(env.task) if c.group in groups and c.applicable]
    nominal = _render_start(env, None, camera, seed)
    rows = [
        (axis, group, [nominal, *(_render_start(env, c, camera, seed) for c in _select_severities(conditions, axis))])
        for axis, group in dict.fromkeys((c.axis, c.group) for c in conditions)
    ]
    visible = [row for row in rows if any((image != nominal).any() for image in row[2])]
    if not visible:
        raise ConfigError(f"--suite {suite.name}: none of its axes in {', '.join(groups)} changes this image")
    return _draw_sheet(visible)


def _select_severities(conditions: Sequence[Condition], axis: str) -> list[Condition]:
    by_severity = {condition.severity: condition for condition in conditions if condition.axis == axis}
    return [by_severity[level] for level in _SEVERITIES if level in by_severity]


def _render_start(env: TaskEnv, condition: Condition | None, camera: str, seed: int) -> Image:
    variations = () if condition is None else condition.get_variations(seed)
    observation, _ = env.reset(seed=seed, options={"variations": variations})
    image: Image = observation[f"{camera}_rgb"]
    return image


def _draw_sheet(rows: Sequence[Row]) -> Image:
    """Draw blocks of rows side by side, with the severities on top and the axes at the left."""
    blocks = -(-len(rows) // _MAX_ROWS)
    length = -(-len(rows) // blocks)
    parts = [_draw_block(rows[start : start + length], length) for start in range(0, len(rows), length)]
    return np.hstack(parts)


def _draw_block(rows: Sequence[Row], length: int) -> Image:
    height, width = rows[0][2][0].shape[:2]
    gap, text = max(4, height // 24), max(11, height // 11)
    margin, head = round(11 * text), round(2.6 * text)
    columns = max(len(images) for _, _, images in rows)
    sheet: Image = np.full(
        (head + length * (height + gap) + gap, margin + columns * (width + gap) + gap, 3), _BACKGROUND, np.uint8
    )
    for column, name in enumerate(["nominal", *map(str, _SEVERITIES)][:columns]):
        draw_text(sheet, name, (margin + column * (width + gap), head - 0.7 * text), text, _TEXT, weight=BOLD)
    for number, (axis, group, images) in enumerate(rows):
        top = head + number * (height + gap)
        label = truncate_text(axis.replace("_", " "), text, margin - 2 * gap, MEDIUM)
        draw_text(sheet, label, (2 * gap, top + 0.5 * height), text, _TEXT, weight=MEDIUM)
        draw_text(sheet, group, (2 * gap, top + 0.5 * height + 1.4 * text), round(0.85 * text), _MUTED)
        for column, image in enumerate(images):
            left = margin + column * (width + gap)
            sheet[top : top + height, left : left + width] = image
    return sheet
