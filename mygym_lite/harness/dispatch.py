"""Who plays which episode next: everybody is busy until nothing is left, and what a lost one had is played again."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator, Sequence
from typing import Protocol

from mygym_lite.harness.agenda import Agenda
from mygym_lite.harness.episode import void
from mygym_lite.harness.plan import Plan
from mygym_lite.harness.record import EpisodeRecord

_TRIES = 2  # times that an episode may end the process it is played in, before that is put down to its policy


class Lost(Exception):
    """A player is gone.

    Args:
        how: In words.
        certain: Whether the policy is to blame for certain, so that there is no use in trying again.
    """

    def __init__(self, how: str, certain: bool = False) -> None:
        super().__init__(how)
        self.certain = certain


class Player(Protocol):
    """Plays one episode at a time, elsewhere. Its first answer, None, says that it is ready."""

    def ask(self, number: int) -> None:
        """Play an episode."""

    def answer(self) -> EpisodeRecord | None:
        """What came of it; raises Lost if the player is gone, and what the policy's author or user did wrong."""

    def dismiss(self) -> None:
        """Let go, at once."""


class Place(Protocol):
    """Where players come from: this machine or a cluster."""

    size: int

    def hire(self) -> Player:
        """One more player."""

    def wait(self, players: Sequence[Player]) -> Sequence[Player]:
        """Those of them that have an answer, or are lost; waits until there is one."""


class Dispatch:
    """Hands out a plan's episodes and collects their records.

    Args:
        plan: What is played.
        agenda: Which of it is still to be done.
        place: Where it is played.
    """

    def __init__(self, plan: Plan, agenda: Agenda, place: Place) -> None:
        self._plan, self._agenda, self._place = plan, agenda, place
        self._busy: dict[Player, int | None] = {}  # what each plays; None while it is getting ready
        self._idle: list[Player] = []
        self._again: deque[int] = deque()
        self._lost: Counter[int] = Counter()

    def records(self) -> Generator[EpisodeRecord]:
        """Every record as its episode ends."""
        try:
            for _ in range(self._place.size):
                self._busy[self._place.hire()] = None
            while self._hand_out() or any(number is not None for number in self._busy.values()):
                for player in self._place.wait(list(self._busy)):
                    record = self._take(player)
                    if record is not None:
                        self._agenda.note(record)
                        yield record
        finally:
            for player in (*self._busy, *self._idle):
                player.dismiss()

    def _hand_out(self) -> bool:
        """Give every idle player an episode; whether some are left for those who are not ready."""
        while self._idle:
            number = self._next()
            if number is None:
                return False
            player = self._idle.pop()
            player.ask(number)
            self._busy[player] = number
        number = self._next()
        if number is not None:
            self._again.appendleft(number)
        return number is not None

    def _next(self) -> int | None:
        return self._again.popleft() if self._again else self._agenda.next()

    def _take(self, player: Player) -> EpisodeRecord | None:
        number = self._busy.pop(player)
        try:
            record = player.answer()
        except Lost as lost:
            player.dismiss()
            self._busy[self._place.hire()] = None
            return None if number is None else self._after_loss(number, lost)
        self._idle.append(player)
        return record

    def _after_loss(self, number: int, lost: Lost) -> EpisodeRecord | None:
        self._lost[number] += 1
        if lost.certain:
            return void(self._plan.spec(number), str(lost))
        if self._lost[number] == _TRIES:
            return void(self._plan.spec(number), f"{lost}, and again when the episode was repeated")
        self._again.append(number)
        return None
