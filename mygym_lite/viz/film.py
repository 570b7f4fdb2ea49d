"""Films of episodes: camera images, an overlay, and a caption with the outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.viz.overlay import Overlay
from mygym_lite.viz.text import MEDIUM, Color, Image, draw_label, draw_text, measure_text, truncate_text, wrap_text
from mygym_lite.viz.video import VideoWriter

_MAX_FPS = 60.0  # frames per second that screens show
_BACKGROUND: Color = (24, 27, 33)
_INK: Color = (240, 242, 245)
_MUTED: Color = (164, 172, 184)
_SUCCESS: Color = (84, 200, 150)
_FAILURE: Color = (240, 112, 96)
_SEAM = 2  # px between tiles
_INSTRUCTION_LINES = 2  # below the caption
_TILE_BACKGROUND = 24  # gray level between tiles


def compute_video_fps(task: Task) -> float:
    """Compute the frames per second of a film at real speed."""
    return task.episode.control_hz / _compute_stride(task)


def _compute_stride(task: Task) -> int:
    """Compute the number of actions per frame: one, unless a screen cannot show as many."""
    return max(1, math.ceil(task.episode.control_hz / _MAX_FPS - 1e-9))


class EpisodeFilmer:
    """Camera of an environment's episodes; pass its ``on_step`` to ``run_episode``.

    Args:
        env: Environment to film.
        writer: Writer of the frames.
        cameras: Names of the cameras, tiled if several; the task's first camera by default.
        size: Width and height of the first camera's image, px; its own by default.
        overlay: Draw forces, rewards and success on the frames.
        title: Title in the caption; the task's name by default.
    """

    def __init__(
        self,
        env: TaskEnv,
        writer: VideoWriter,
        cameras: Sequence[str] = (),
        size: tuple[int, int] | None = None,
        overlay: bool = False,
        title: str = "",
    ) -> None:
        self._env, self._writer, self._title = env, writer, title or env.task.name
        views = [env.view(name, size) for name in cameras or (None,)]
        self._names = [view.name for view in views]
        self._tiles = arrange_tiles(len(views), views[0].width, views[0].height)
        self._overlay = _make_overlay(env, views[0].width, views[0].height) if overlay else None
        self._stride = _compute_stride(env.task)

    def on_step(self, info: dict[str, Any]) -> None:
        """Add a frame, if one is due."""
        episode = self._env.episode_state
        if self._overlay is not None:
            if episode.steps == 0:
                self._overlay.reset()
            self._overlay.update(info)
        if episode.done or episode.steps % self._stride == 0:
            self._writer.add(self._draw_frame(info))
        if episode.done:
            self._writer.end_episode()

    def _draw_frame(self, info: dict[str, Any]) -> Image:
        if info["failure"] != "physics_error":  # otherwise repeat the last image
            self._image = self._render()
        frame = self._image.copy()
        if self._overlay is not None:
            self._overlay.draw(frame, info)
        return np.vstack([frame, self._draw_caption(frame.shape[1], info)])

    def _render(self) -> Image:
        images = [
            self._env.render_images(name, ("rgb",), (tile.width, tile.height))["rgb"]
            for name, tile in zip(self._names, self._tiles, strict=True)
        ]
        return tile_images(self._names, images, self._tiles)

    def _draw_caption(self, width: int, info: dict[str, Any]) -> Image:
        """Draw a strip with the title on the left, and the time or the outcome on the right."""
        episode = self._env.episode_state
        size = round(float(np.clip(width / 50, 9, 24)))
        below = 0 if self._env.task.language is None else _INSTRUCTION_LINES * _compute_line_height(size)
        strip: Image = np.full((2 * size + size % 2 + below, width, 3), _BACKGROUND, np.uint8)
        base, edge = 1.35 * size, 0.7 * size
        clock = f"{episode.steps / self._env.task.episode.control_hz:.2f} s"
        outcome = (info["failure"] or "success") if episode.done else ""
        color = _SUCCESS if outcome == "success" else _FAILURE
        draw_text(strip, clock, (width - edge, base), size, _INK, weight=MEDIUM, align="right")
        room = width - 2 * edge - measure_text(clock, size, MEDIUM) - size
        outcome = truncate_text(outcome.replace("_", " "), size, room, MEDIUM)
        draw_text(strip, outcome, (edge + room, base), size, color, weight=MEDIUM, align="right")
        room -= measure_text(outcome, size, MEDIUM) + size
        title = f"{self._title}   seed {episode.seed}"
        draw_text(strip, truncate_text(title, size, room), (edge, base), size, _MUTED)
        if below:
            self._draw_instruction(strip, size, (edge, base))
        return strip

    def _draw_instruction(self, strip: Image, size: int, above: tuple[float, float]) -> None:
        """Draw the instruction on lines of its own, below a text."""
        lines = wrap_text(f"“{self._env.task_description}”", size, strip.shape[1] - 2 * above[0], _INSTRUCTION_LINES)
        for index, line in enumerate(lines, start=1):
            draw_text(strip, line, (above[0], above[1] + index * _compute_line_height(size)), size, _INK)


def _compute_line_height(size: int) -> int:
    """Compute the distance of lines, px; even, as video codecs require of heights."""
    return 2 * round(0.7 * size)


def _make_overlay(env: TaskEnv, width: int, height: int) -> Overlay:
    task, episode = env.task, env.task.episode
    forces = ["robot_table", *(["hand_object"] if task.objects else [])]
    stages = [stage.name for stage in task.stages]
    return Overlay(
        (width, height), episode.control_hz, episode.hold_seconds, terms=list(task.reward), forces=forces, stages=stages
    )


class Tile(NamedTuple):
    """Position and size of one camera's image, px."""

    left: int
    top: int
    width: int
    height: int


def arrange_tiles(count: int, width: int, height: int) -> tuple[Tile, ...]:
    """Arrange tiles for a number of cameras, the first of the given size.

    Two are side by side; of three, the second and third are beside the first at half its size; more form a grid.
    """
    if count == 3 and min(width, height) > 2 * _SEAM:
        half, upper = width // 2, (height - _SEAM) // 2
        side = width + _SEAM
        lower = Tile(side, upper + _SEAM, half, height - upper - _SEAM)
        return Tile(0, 0, width, height), Tile(side, 0, half, upper), lower
    columns = math.ceil(math.sqrt(count))
    cells = [divmod(number, columns) for number in range(count)]
    return tuple(Tile(c * (width + _SEAM), r * (height + _SEAM), width, height) for r, c in cells)


def tile_images(names: Sequence[str], images: Sequence[Image], tiles: Sequence[Tile]) -> Image:
    """Join several images, each with its camera's name if there are more than one."""
    width = max(tile.left + tile.width for tile in tiles)
    height = max(tile.top + tile.height for tile in tiles)
    size = round(float(np.clip(min(tile.height for tile in tiles) / 20, 9, 22)))
    canvas: Image = np.full((height, width, 3), _TILE_BACKGROUND, np.uint8)
    for name, image, tile in zip(names, images, tiles, strict=True):
        area = canvas[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
        area[:] = image
        if len(tiles) > 1:
            draw_label(area, name, size)
    return canvas
