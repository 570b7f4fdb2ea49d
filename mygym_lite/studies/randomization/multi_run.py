"""Several runs played as one, by the same processes: each policy's episodes go to a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from mygym_lite.harness.episode_queue import Agenda
from mygym_lite.harness.evaluate import Question
from mygym_lite.harness.manifest import manifest
from mygym_lite.harness.plan import Plan
from mygym_lite.harness.run_folder import RunWriter
from mygym_lite.harness.runner import Stage
from mygym_lite.jobs.backends import place_for
from mygym_lite.jobs.scheduler import Dispatch, Tell, unattended
from mygym_lite.rollout.episode import void
from mygym_lite.rollout.record import EpisodeRecord

Played = tuple[int, EpisodeRecord]
"""Of which run, and what came of it."""
Watch = Callable[[int, int], None]
"""Is told how many episodes there are, and how many there will be."""


def play(questions: Sequence[Question], folders: Sequence[Path], workers: int | None, watch: Watch) -> None:
    """Play what is missing of several runs of as many episodes each.

    Args:
        questions: What each run is about.
        folders: Where each is, or will be.
        workers: Processes, as many as there are cores if left out.
        watch: Is told how it goes on.
    """
    plans = [question.plan for question in questions]
    with ExitStack() as stack:
        runs = [
            stack.enter_context(RunWriter.begin(folder, manifest(one.plan, one.settings, "", one.texts)))
            for one, folder in zip(questions, folders, strict=True)
        ]
        agenda = _Agendas(plans, [run.records() for run in runs])
        watch(agenda.done, agenda.total)
        if agenda.done == agenda.total:
            return
        place = stack.enter_context(place_for(partial(_Stages, plans), workers))
        played = stack.enter_context(closing(Dispatch[Played](agenda, place, partial(_void, plans)).records()))
        for which, record in played:
            runs[which].append(record)
            watch(agenda.done, agenda.total)


def _void(plans: Sequence[Plan], number: int, how: str) -> Played:
    which, episode = divmod(number, len(plans[0]))
    return which, void(plans[which].spec(episode), how)


class _Agendas:
    """What is missing of each run, one run after the other; a piece is a run and an episode of it."""

    def __init__(self, plans: Sequence[Plan], done: Sequence[Sequence[EpisodeRecord]]) -> None:
        self._each = len(plans[0])
        self._agendas = [Agenda(plan, records) for plan, records in zip(plans, done, strict=True)]
        self.total = sum(agenda.total for agenda in self._agendas)
        self.done = sum(min(self._each, len(records)) for records in done)

    def next(self) -> int | None:
        """The next piece."""
        for which, agenda in enumerate(self._agendas):
            number = agenda.next()
            if number is not None:
                return which * self._each + number
        return None

    def note(self, played: Played) -> None:
        """One more is done."""
        which, record = played
        self._agendas[which].note(record)
        self.done += 1


class _Stages:
    """Plays any episode of any run, and keeps the stage of the last one."""

    def __init__(self, plans: Sequence[Plan], tell: Tell = unattended) -> None:
        self._plans, self._tell = plans, tell
        self._stage: tuple[int, Stage] | None = None

    def play(self, number: int) -> Played:
        """One episode."""
        which, episode = divmod(number, len(self._plans[0]))
        if self._stage is None or self._stage[0] != which:
            self.close()
            self._stage = which, Stage(self._plans[which], self._tell)
        return which, self._stage[1].play(episode)

    def close(self) -> None:
        """Let the physics engine go."""
        if self._stage is not None:
            self._stage[1].close()
