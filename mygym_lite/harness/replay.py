"""An episode of an earlier run, lived again: the same numbers must come out, and it can be filmed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.harness.restore import plan_of
from mygym_lite.harness.rollout import Watcher
from mygym_lite.harness.stage import Stage
from mygym_lite.harness.store import Run


@dataclass(frozen=True)
class Replay:
    """What was recorded, and what came out this time."""

    recorded: EpisodeRecord
    replayed: EpisodeRecord

    @property
    def same(self) -> bool:
        """Whether it is the same to the bit."""
        return self.recorded.digest == self.replayed.digest

    @property
    def different(self) -> list[str]:
        """The names of what differs."""
        names = [each.name for each in fields(EpisodeRecord) if each.compare]
        return [name for name in names if getattr(self.recorded, name) != getattr(self.replayed, name)]


def replay(
    run: Run | str | Path,
    episode: int | EpisodeRecord,
    video: str | Path | None = None,
    cameras: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    overlay: bool = False,
    policy: Any = None,
    trust: bool = False,
    perceive: str | Path | None = None,
) -> Replay:
    """Run a recorded episode again.

    Args:
        run: The run, or its folder.
        episode: Its record or number.
        video: Film it, as ``.webm`` or as a ``.png`` sheet of moments.
        cameras: Through which of the task's cameras, the first one if left out.
        size: Width and height of the film in px, the camera's own if left out.
        overlay: Whether forces, rewards and success are shown on the film.
        policy: The policy that acted, where the run cannot know how to find it again: one given from Python.
        trust: Load a Stable-Baselines3 archive, which may run code of its own.
        perceive: The trained perception of the run, where it is not where it was.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    recorded = find(run, episode.episode if isinstance(episode, EpisodeRecord) else episode)
    with closing(Stage(plan_of(run, recorded.policy, policy, trust, perceive))) as stage:
        if video is None:
            return Replay(recorded, stage.play(recorded.episode))
        env = stage.env(recorded.episode)
        with _filming(env, recorded, Path(video), cameras, size, overlay) as on_step:
            return Replay(recorded, stage.play(recorded.episode, on_step))


@contextmanager
def _filming(
    env: TaskEnv,
    record: EpisodeRecord,
    video: Path,
    cameras: Sequence[str],
    size: tuple[int, int] | None,
    overlay: bool,
) -> Iterator[Watcher]:
    """Films one episode while it runs."""
    from mygym_lite.harness.pictures.film import Camera, film_hertz
    from mygym_lite.harness.pictures.video import open_film

    camera: Camera | None = None
    condition = record.axis if record.level == 0 else f"{record.axis} {record.level}"
    title = f"{record.task} · {record.policy} · {condition.replace('_', ' ')}"

    def on_step(info: dict[str, Any]) -> None:
        nonlocal camera
        if camera is None:  # what there is to be seen is known when the episode has begun
            camera = Camera(env, film, cameras, size, overlay, title)
        camera.on_step(info)

    with open_film(video, film_hertz(env.task)) as film:
        yield on_step


def find(run: Run, number: int) -> EpisodeRecord:
    """The record of an episode."""
    records = run.records()
    for record in records:
        if record.episode == number:
            return record
    known = f"0 to {records[-1].episode}" if records else "none yet"
    raise UsageError(f"{run.folder}: holds no episode {number}; its numbers are {known}")
