"""Episodes on film: what the cameras see, what it means, and how it ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.viz.overlay import Overlay
from mygym_lite.viz.text import MEDIUM, Color, Image, draw_text, measure_text, truncate_text
from mygym_lite.viz.tiles import arrange_tiles, tile_images
from mygym_lite.viz.video import VideoWriter

_FASTEST = 60.0  # pictures per second; screens show no more
_GROUND: Color = (24, 27, 33)
_INK: Color = (240, 242, 245)
_SOFT: Color = (164, 172, 184)
_SOLVED: Color = (84, 200, 150)
_FAILED: Color = (240, 112, 96)


def compute_video_fps(task: Task) -> float:
    """Pictures per second of a film at real speed."""
    return task.episode.control_hz / _every(task)


def _every(task: Task) -> int:
    """How many actions go by for a picture: one, where they are not too many for a screen."""
    return max(1, math.ceil(task.episode.control_hz / _FASTEST - 1e-9))


class EpisodeFilmer:
    """Films an environment's episodes: give ``on_step`` to ``run_episode``.

    Args:
        env: Whose episodes.
        writer: Takes the pictures.
        cameras: Through which of the task's cameras, the first one if left out; several are tiled.
        size: Width and height of the first one's picture in px, its own if left out.
        overlay: Whether forces, rewards and success are shown on it.
        title: What stands below, the task's name by default.
    """

    def __init__(
        self, env: TaskEnv, writer: VideoWriter, cameras: Sequence[str] = (), size: tuple[int, int] | None = None,
        overlay: bool = False, title: str = "",
    ) -> None:  # fmt: skip
        self._env, self._film, self._title = env, writer, title or env.task.name
        views = [env.view(name, size) for name in cameras or (None,)]
        self._names = [view.name for view in views]
        self._tiles = arrange_tiles(len(views), views[0].width, views[0].height)
        self._overlay = _overlay(env, views[0].width, views[0].height) if overlay else None
        self._every = _every(env.task)

    def on_step(self, info: dict[str, Any]) -> None:
        """Draw the moment, if one is due."""
        memory = self._env.episode_state
        if self._overlay is not None:
            if memory.steps == 0:
                self._overlay.reset()
            self._overlay.update(info)
        if memory.done or memory.steps % self._every == 0:
            self._film.add(self._moment(info))
        if memory.done:
            self._film.end_episode()

    def _moment(self, info: dict[str, Any]) -> Image:
        if info["failure"] != "physics_error":  # then there is nothing to be seen, and what was seen last remains
            self._seen = self._look()
        picture = self._seen.copy()
        if self._overlay is not None:
            self._overlay.draw(picture, info)
        return np.vstack([picture, self._caption(picture.shape[1], info)])

    def _look(self) -> Image:
        pictures = [
            self._env.render_images(name, ("rgb",), (tile.width, tile.height))["rgb"]
            for name, tile in zip(self._names, self._tiles, strict=True)
        ]
        return tile_images(self._names, pictures, self._tiles)

    def _caption(self, width: int, info: dict[str, Any]) -> Image:
        """A strip with what is played on the left, and the time or the outcome on the right."""
        memory = self._env.episode_state
        size = round(float(np.clip(width / 50, 9, 24)))
        strip: Image = np.full((2 * size + size % 2, width, 3), _GROUND, np.uint8)
        base, edge = 1.35 * size, 0.7 * size
        clock = f"{memory.steps / self._env.task.episode.control_hz:.2f} s"
        outcome = (info["failure"] or "success") if memory.done else ""
        color = _SOLVED if outcome == "success" else _FAILED
        draw_text(strip, clock, (width - edge, base), size, _INK, MEDIUM, "right")
        room = width - 2 * edge - measure_text(clock, size, MEDIUM) - size
        outcome = truncate_text(outcome.replace("_", " "), size, room, MEDIUM)
        draw_text(strip, outcome, (edge + room, base), size, color, MEDIUM, "right")
        room -= measure_text(outcome, size, MEDIUM) + size
        draw_text(strip, truncate_text(f"{self._title}   seed {memory.seed}", size, room), (edge, base), size, _SOFT)
        return strip


def _overlay(env: TaskEnv, width: int, height: int) -> Overlay:
    episode, task = env.task.episode, env.task
    forces = ["robot_table", *(["hand_object"] if task.objects else [])]
    return Overlay(width, height, episode.control_hz, episode.hold_seconds, list(task.reward), forces)
