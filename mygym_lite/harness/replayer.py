"""Replays of recorded episodes, filmed, in processes that their policies may break or hang."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import MyGymError, PolicyError
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.runner import EpisodeRunner
from mygym_lite.jobs.queue import FixedQueue
from mygym_lite.jobs.run import run_jobs
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.rollout.rollout import StepCallback

ReplayOutcome = EpisodeRecord | MyGymError | OSError
"""Record of a replay, or the reason why there is none."""


@dataclass(frozen=True)
class ReplayJob:
    """One episode to replay."""

    plan: EvaluationPlan
    record: EpisodeRecord
    video: Path | None = None
    """File of its video."""
    cameras: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    overlay: bool = False


def replay_jobs(jobs: Sequence[ReplayJob], workers: int | None = None) -> list[ReplayOutcome]:
    """Replay episodes.

    Args:
        jobs: Episodes, and how they are filmed.
        workers: Maximal number of processes; one for each core if left out.
    """
    outcomes: dict[int, ReplayOutcome] = {}

    def give_up(number: int, reason: str) -> tuple[int, ReplayOutcome]:
        return number, PolicyError(f"policy {jobs[number].record.policy}: {reason}")

    run_jobs(
        FixedQueue(range(len(jobs))),
        partial(ReplayWorker, tuple(jobs)),
        workers=workers,
        on_result=lambda outcome: outcomes.update([outcome]),
        on_failure=give_up,
    )
    return [outcomes[number] for number in range(len(jobs))]


class ReplayWorker:
    """Replays any of some episodes.

    Args:
        jobs: Episodes to replay.
        heartbeat: See ``EpisodeRunner``.
    """

    def __init__(self, jobs: Sequence[ReplayJob], heartbeat: Heartbeat = no_heartbeat) -> None:
        self._jobs, self._heartbeat = jobs, heartbeat

    def run_job(self, number: int) -> tuple[int, ReplayOutcome]:
        """Replay one; its error does not concern the others."""
        try:
            return number, self._replay(self._jobs[number])
        except (MyGymError, OSError) as error:
            return number, error

    def _replay(self, job: ReplayJob) -> EpisodeRecord:
        with closing(EpisodeRunner(job.plan, self._heartbeat)) as runner:
            if job.video is None:
                return runner.run_job(job.record.episode)
            env, _ = runner.get_env_and_policy(job.record.episode)
            with _film(env, job, job.video) as on_step:
                return runner.run_job(job.record.episode, on_step)


@contextmanager
def _film(env: TaskEnv, job: ReplayJob, video: Path) -> Iterator[StepCallback]:
    """Film one episode while it runs."""
    from mygym_lite.viz.film import EpisodeFilmer, compute_video_fps
    from mygym_lite.viz.video import open_video

    filmer: EpisodeFilmer | None = None
    record = job.record
    condition = record.axis if record.severity == 0 else f"{record.axis} {record.severity}"
    title = f"{record.task} · {record.policy} · {condition.replace('_', ' ')}"

    def on_step(info: dict[str, Any]) -> None:
        nonlocal filmer
        if filmer is None:  # the scene is known once the episode has begun
            filmer = EpisodeFilmer(env, video_file, job.cameras, job.size, job.overlay, title)
        filmer.on_step(info)

    with open_video(video, compute_video_fps(env.task)) as video_file:
        yield on_step
