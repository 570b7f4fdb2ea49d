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
from mygym_lite.harness.episode_queue import FixedQueue
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.runner import EpisodeRunner
from mygym_lite.jobs.backends import count_cores
from mygym_lite.jobs.processes import ProcessBackend
from mygym_lite.jobs.scheduler import Heartbeat, Scheduler, no_heartbeat
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.rollout.rollout import StepCallback

ReplayOutcome = EpisodeRecord | MyGymError | OSError
"""Result of this replay, or the reason why there is none."""


@dataclass(frozen=True)
class ReplayJob:
    """One episode to play again."""

    plan: EvaluationPlan
    record: EpisodeRecord
    video: Path | None = None
    """File of its film."""
    cameras: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    overlay: bool = False


def replay_jobs(jobs: Sequence[ReplayJob], workers: int | None = None) -> list[ReplayOutcome]:
    """Play episodes again.

    Args:
        jobs: Which, and how they are filmed.
        workers: Processes at most, as many as there are cores if left out.
    """
    place = ProcessBackend(partial(ReplayWorker, tuple(jobs)), min(workers or count_cores(), len(jobs)))
    dispatch = Scheduler[tuple[int, ReplayOutcome]](FixedQueue(range(len(jobs))), place, partial(_give_up, jobs))
    with closing(dispatch.run()) as records:
        outcomes = dict(records)
    return [outcomes[number] for number in range(len(jobs))]


def _give_up(jobs: Sequence[ReplayJob], number: int, how: str) -> tuple[int, ReplayOutcome]:
    return number, PolicyError(f"policy {jobs[number].record.policy}: {how}")


class ReplayWorker:
    """Plays any of some episodes again.

    Args:
        jobs: Which.
        heartbeat: As for ``EpisodeRunner``.
    """

    def __init__(self, jobs: Sequence[ReplayJob], heartbeat: Heartbeat = no_heartbeat) -> None:
        self._jobs, self._tell = jobs, heartbeat

    def run_job(self, number: int) -> tuple[int, ReplayOutcome]:
        """Play one; an error of one is none of the others'."""
        try:
            return number, self._record(self._jobs[number])
        except (MyGymError, OSError) as error:
            return number, error

    def _record(self, job: ReplayJob) -> EpisodeRecord:
        with closing(EpisodeRunner(job.plan, self._tell)) as stage:
            if job.video is None:
                return stage.run_job(job.record.episode)
            env, _ = stage.get_env_and_policy(job.record.episode)
            with _filming(env, job, job.video) as on_step:
                return stage.run_job(job.record.episode, on_step)


@contextmanager
def _filming(env: TaskEnv, job: ReplayJob, video: Path) -> Iterator[StepCallback]:
    """Films one episode while it runs."""
    from mygym_lite.viz.film import EpisodeFilmer, compute_video_fps
    from mygym_lite.viz.video import open_video

    camera: EpisodeFilmer | None = None
    record = job.record
    condition = record.axis if record.severity == 0 else f"{record.axis} {record.severity}"
    title = f"{record.task} · {record.policy} · {condition.replace('_', ' ')}"

    def on_step(info: dict[str, Any]) -> None:
        nonlocal camera
        if camera is None:  # what there is to be seen is known when the episode has begun
            camera = EpisodeFilmer(env, film, job.cameras, job.size, job.overlay, title)
        camera.on_step(info)

    with open_video(video, compute_video_fps(env.task)) as film:
        yield on_step
