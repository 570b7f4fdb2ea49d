"""Short films of recorded episodes, small enough to be part of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mygym_lite.errors import MyGymError, UsageError
from mygym_lite.harness.replay import find_record, restore_plan
from mygym_lite.harness.replayer import ReplayJob, ReplayOutcome, replay_jobs
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.rollout.record import EpisodeRecord

_SIZE = (320, 240)  # px

Clips = dict[tuple[Path, int], bytes]
"""Films in WebM, by folder of the run and number of the episode."""


@dataclass(frozen=True)
class FilmingResult:
    """The films that could be made, and a line for every episode without one."""

    clips: Clips
    messages: tuple[str, ...]


def film_episodes(
    episodes: Sequence[tuple[RunFolder, EpisodeRecord]], allow_code: bool = False, workers: int | None = None
) -> FilmingResult:
    """Film some episodes, in other processes; one that cannot be lived again here is left out.

    Args:
        episodes: Which, each with its run.
        allow_code: As for ``replay``.
        workers: Processes at most, as many as there are cores if left out.
    """
    clips: Clips = {}
    missing: list[str] = []
    with TemporaryDirectory() as folder:
        jobs: dict[tuple[Path, int], ReplayJob] = {}
        for run, record in episodes:
            film = Path(folder) / f"{len(jobs)}.webm"
            try:
                jobs[run.folder, record.episode] = _job(run, record, film, allow_code)
            except MyGymError as error:
                missing.append(_line(record.episode, error))
        for (key, job), outcome in zip(jobs.items(), _outcomes(list(jobs.values()), workers), strict=True):
            if isinstance(outcome, Exception):
                missing.append(_line(key[1], outcome))
            elif outcome.digest != job.record.digest or job.video is None:
                missing.append(_line(key[1], "it does not come out the same here"))
            else:
                clips[key] = job.video.read_bytes()
    return FilmingResult(clips, tuple(missing))


def _job(run: RunFolder, record: EpisodeRecord, film: Path, trust: bool) -> ReplayJob:
    recorded = find_record(run, record.episode)
    if recorded.steps == 0:
        raise UsageError(f"policy {recorded.policy} did not act in it")
    return ReplayJob(restore_plan(run, recorded.policy, allow_code=trust), recorded, film, size=_SIZE)


def _outcomes(jobs: list[ReplayJob], workers: int | None) -> list[ReplayOutcome]:
    if not jobs:
        return []
    try:
        return replay_jobs(jobs, workers)
    except (MyGymError, OSError) as error:  # a report without films is better than none
        return [error] * len(jobs)


def _line(episode: int, reason: object) -> str:
    return f"no film of episode {episode}: {' '.join(str(reason).split())}"
