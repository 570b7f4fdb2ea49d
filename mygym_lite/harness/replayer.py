"""Recorded episodes played again, and filmed, in processes that their policies may break or hang."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import MyGymError, PolicyError
from mygym_lite.harness.episode_queue import Each
from mygym_lite.harness.plan import Plan
from mygym_lite.harness.runner import Stage
from mygym_lite.jobs.backends import cores
from mygym_lite.jobs.processes import Processes
from mygym_lite.jobs.scheduler import Dispatch, Tell, unattended
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.rollout.rollout import Watcher

Outcome = EpisodeRecord | MyGymError | OSError
"""Result of this replay, or the reason why there is none."""


@dataclass(frozen=True)
class Job:
    """One episode to play again."""

    plan: Plan
    recorded: EpisodeRecord
    video: Path | None = None
    """File of its film."""
    cameras: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    overlay: bool = False


def replay_jobs(jobs: Sequence[Job], workers: int | None = None) -> list[Outcome]:
    """Play episodes again.

    Args:
        jobs: Which, and how they are filmed.
        workers: Processes at most, as many as there are cores if left out.
    """
    place = Processes(partial(Replayer, tuple(jobs)), min(workers or cores(), len(jobs)))
    dispatch = Dispatch[tuple[int, Outcome]](Each(range(len(jobs))), place, partial(_give_up, jobs))
    with closing(dispatch.records()) as records:
        outcomes = dict(records)
    return [outcomes[number] for number in range(len(jobs))]


def _give_up(jobs: Sequence[Job], number: int, how: str) -> tuple[int, Outcome]:
    return number, PolicyError(f"policy {jobs[number].recorded.policy}: {how}")


class Replayer:
    """Plays any of some episodes again.

    Args:
        jobs: Which.
        tell: As for ``Stage``.
    """

    def __init__(self, jobs: Sequence[Job], tell: Tell = unattended) -> None:
        self._jobs, self._tell = jobs, tell

    def play(self, number: int) -> tuple[int, Outcome]:
        """Play one; an error of one is none of the others'."""
        try:
            return number, self._record(self._jobs[number])
        except (MyGymError, OSError) as error:
            return number, error

    def _record(self, job: Job) -> EpisodeRecord:
        with closing(Stage(job.plan, self._tell)) as stage:
            if job.video is None:
                return stage.play(job.recorded.episode)
            env, _ = stage.make(job.recorded.episode)
            with _filming(env, job, job.video) as on_step:
                return stage.play(job.recorded.episode, on_step)


@contextmanager
def _filming(env: TaskEnv, job: Job, video: Path) -> Iterator[Watcher]:
    """Films one episode while it runs."""
    from mygym_lite.viz.film import Camera, film_hertz
    from mygym_lite.viz.video import open_film

    camera: Camera | None = None
    record = job.recorded
    condition = record.axis if record.level == 0 else f"{record.axis} {record.level}"
    title = f"{record.task} · {record.policy} · {condition.replace('_', ' ')}"

    def on_step(info: dict[str, Any]) -> None:
        nonlocal camera
        if camera is None:  # what there is to be seen is known when the episode has begun
            camera = Camera(env, film, job.cameras, job.size, job.overlay, title)
        camera.on_step(info)

    with open_film(video, film_hertz(env.task)) as film:
        yield on_step
