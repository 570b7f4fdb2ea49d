"""Several runs in one pool of workers, each with a folder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from mygym_lite.harness.episode_queue import EpisodeQueue
from mygym_lite.harness.evaluate import EvaluationRequest
from mygym_lite.harness.manifest import build_manifest
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.run_folder import RunFolderWriter
from mygym_lite.harness.runner import EpisodeRunner
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.jobs.run import run_jobs
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat
from mygym_lite.rollout.episode import make_error_record
from mygym_lite.rollout.record import EpisodeRecord

RunRecord = tuple[int, EpisodeRecord]
"""Index of a run, and a record of it."""


def run_evaluations(
    requests: Sequence[EvaluationRequest],
    folders: Sequence[Path],
    workers: int | None = None,
    progress: Progress = no_progress,
) -> None:
    """Run the missing episodes of several runs with equally many episodes.

    Args:
        requests: Evaluation of each run.
        folders: Folder of each run.
        workers: Number of processes; one for each core if left out.
        progress: Callback for progress.
    """
    plans = [request.plan for request in requests]
    with ExitStack() as stack:
        runs = []
        for request, folder in zip(requests, folders, strict=True):
            manifest = build_manifest(request.plan, request.settings, file_texts=request.file_texts)
            runs.append(stack.enter_context(RunFolderWriter.create_or_resume(folder, manifest)))

        def save(result: RunRecord) -> None:
            index, record = result
            runs[index].append(record)

        def fail(number: int, reason: str) -> RunRecord:
            index, episode = divmod(number, len(plans[0]))
            return index, make_error_record(plans[index].make_episode_spec(episode), reason)

        run_jobs(
            _MultiRunQueue([EpisodeQueue(plan, run.read_records()) for plan, run in zip(plans, runs, strict=True)]),
            partial(_MultiRunWorker, plans),
            counted="episodes",
            workers=workers,
            progress=progress,
            on_result=save,
            on_failure=fail,
        )


class _MultiRunQueue:
    """The missing episodes of each run, one run after the other; the number of a job counts through all runs."""

    def __init__(self, queues: Sequence[EpisodeQueue]) -> None:
        self._queues = queues

    @property
    def done(self) -> int:
        """Number of recorded episodes."""
        return sum(queue.done for queue in self._queues)

    @property
    def total(self) -> int:
        """Number of episodes of all runs."""
        return sum(queue.total for queue in self._queues)

    def pop(self) -> int | None:
        """Return the next episode."""
        for index, queue in enumerate(self._queues):
            episode = queue.pop()
            if episode is not None:
                return index * len(queue.plan) + episode
        return None

    def mark_done(self, result: RunRecord) -> None:
        """Receive a record."""
        index, record = result
        self._queues[index].mark_done(record)


class _MultiRunWorker:
    """Runs any episode of any run, and keeps the environments of the last run."""

    def __init__(self, plans: Sequence[EvaluationPlan], heartbeat: Heartbeat = no_heartbeat) -> None:
        self._plans, self._heartbeat = plans, heartbeat
        self._current: tuple[int, EpisodeRunner] | None = None

    def run_job(self, number: int) -> RunRecord:
        """Run one episode."""
        index, episode = divmod(number, len(self._plans[0]))
        if self._current is None or self._current[0] != index:
            self.close()
            self._current = index, EpisodeRunner(self._plans[index], self._heartbeat)
        return index, self._current[1].run_job(episode)

    def close(self) -> None:
        """Close the environments."""
        if self._current is not None:
            self._current[1].close()
