"""Several runs played as one, by the same processes: each policy's episodes go to a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from mygym_lite.harness.episode_queue import EpisodeQueue
from mygym_lite.harness.evaluate import EvaluationRequest
from mygym_lite.harness.manifest import build_manifest
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.run_folder import RunFolderWriter
from mygym_lite.harness.runner import EpisodeRunner
from mygym_lite.jobs.backends import open_backend
from mygym_lite.jobs.scheduler import Heartbeat, Scheduler, no_heartbeat
from mygym_lite.rollout.episode import make_error_record
from mygym_lite.rollout.record import EpisodeRecord

NumberedRecord = tuple[int, EpisodeRecord]
"""Of which run, and what came of it."""
Progress = Callable[[int, int], None]
"""Is told how many episodes there are, and how many there will be."""


def run_evaluations(
    requests: Sequence[EvaluationRequest], folders: Sequence[Path], workers: int | None, progress: Progress
) -> None:
    """Play what is missing of several runs of as many episodes each.

    Args:
        requests: What each run is about.
        folders: Where each is, or will be.
        workers: Processes, as many as there are cores if left out.
        progress: Is told how it goes on.
    """
    plans = [question.plan for question in requests]
    with ExitStack() as stack:
        runs = [
            stack.enter_context(
                RunFolderWriter.create_or_resume(folder, build_manifest(one.plan, one.settings, "", one.file_texts))
            )
            for one, folder in zip(requests, folders, strict=True)
        ]
        agenda = _Agendas(plans, [run.read_records() for run in runs])
        progress(agenda.done, agenda.total)
        if agenda.done == agenda.total:
            return
        place = stack.enter_context(open_backend(partial(_Stages, plans), workers))
        played = stack.enter_context(closing(Scheduler[NumberedRecord](agenda, place, partial(_void, plans)).run()))
        for which, record in played:
            runs[which].append(record)
            progress(agenda.done, agenda.total)


def _void(plans: Sequence[EvaluationPlan], number: int, how: str) -> NumberedRecord:
    which, episode = divmod(number, len(plans[0]))
    return which, make_error_record(plans[which].make_episode_spec(episode), how)


class _Agendas:
    """What is missing of each run, one run after the other; a piece is a run and an episode of it."""

    def __init__(self, plans: Sequence[EvaluationPlan], done: Sequence[Sequence[EpisodeRecord]]) -> None:
        self._each = len(plans[0])
        self._agendas = [EpisodeQueue(plan, records) for plan, records in zip(plans, done, strict=True)]
        self.total = sum(agenda.total for agenda in self._agendas)
        self.done = sum(min(self._each, len(records)) for records in done)

    def pop(self) -> int | None:
        """The next piece."""
        for which, agenda in enumerate(self._agendas):
            number = agenda.pop()
            if number is not None:
                return which * self._each + number
        return None

    def mark_done(self, played: NumberedRecord) -> None:
        """One more is done."""
        which, record = played
        self._agendas[which].mark_done(record)
        self.done += 1


class _Stages:
    """Plays any episode of any run, and keeps the stage of the last one."""

    def __init__(self, plans: Sequence[EvaluationPlan], tell: Heartbeat = no_heartbeat) -> None:
        self._plans, self._tell = plans, tell
        self._stage: tuple[int, EpisodeRunner] | None = None

    def run_job(self, number: int) -> NumberedRecord:
        """One episode."""
        which, episode = divmod(number, len(self._plans[0]))
        if self._stage is None or self._stage[0] != which:
            self.close()
            self._stage = which, EpisodeRunner(self._plans[which], self._tell)
        return which, self._stage[1].run_job(episode)

    def close(self) -> None:
        """Let the physics engine go."""
        if self._stage is not None:
            self._stage[1].close()
