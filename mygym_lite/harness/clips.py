"""Short videos of recorded episodes, small enough to be embedded in a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mygym_lite.errors import MyGymError, UsageError
from mygym_lite.harness.plan_restoration import restore_plan
from mygym_lite.harness.replay import find_record
from mygym_lite.harness.replayer import ReplayJob, ReplayOutcome, replay_jobs
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.rollout.record import EpisodeRecord

_SIZE = (320, 240)  # px

Clips = dict[tuple[Path, int], bytes]
"""WebM videos, by folder of the run and number of the episode."""


@dataclass(frozen=True)
class FilmingResult:
    """Videos, and a line for every episode without one."""

    clips: Clips
    messages: tuple[str, ...]


def film_episodes(
    episodes: Sequence[tuple[RunFolder, EpisodeRecord]], allow_code: bool = False, workers: int | None = None
) -> FilmingResult:
    """Film some episodes in other processes; one that cannot be replayed here is left out.

    Args:
        episodes: Episodes, each with its run.
        allow_code: See ``replay``.
        workers: Maximal number of processes; one for each core if left out.
    """
    clips: Clips = {}
    missing: list[str] = []
    with TemporaryDirectory() as folder:
        jobs: dict[tuple[Path, int], ReplayJob] = {}
        for run, record in episodes:
            video = Path(folder) / f"{len(jobs)}.webm"
            try:
                jobs[run.folder, record.episode] = _make_job(run, record, video, allow_code)
            except MyGymError as error:
                missing.append(_format_line(record.episode, error))
        for (key, job), outcome in zip(jobs.items(), _replay(list(jobs.values()), workers), strict=True):
            if isinstance(outcome, Exception):
                missing.append(_format_line(key[1], outcome))
            elif outcome.digest != job.record.digest or job.video is None:
                missing.append(_format_line(key[1], "it does not come out the same here"))
            else:
                clips[key] = job.video.read_bytes()
    return FilmingResult(clips, tuple(missing))


def _make_job(run: RunFolder, record: EpisodeRecord, video: Path, allow_code: bool) -> ReplayJob:
    recorded = find_record(run, record.episode)
    if recorded.steps == 0:
        raise UsageError(f"policy {recorded.policy} did not act in it")
    return ReplayJob(restore_plan(run, recorded.policy, allow_code=allow_code), recorded, video, size=_SIZE)


def _replay(jobs: list[ReplayJob], workers: int | None) -> list[ReplayOutcome]:
    try:
        return replay_jobs(jobs, workers)
    except (MyGymError, OSError) as error:  # a report without films is better than none
        return [error] * len(jobs)


def _format_line(episode: int, reason: object) -> str:
    return f"no film of episode {episode}: {' '.join(str(reason).split())}"
