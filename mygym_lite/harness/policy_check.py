"""Policies are made once before a run, so that what does not fit is refused before anything is written."""

from __future__ import annotations

from contextlib import closing
from functools import partial

from mygym_lite.harness.agenda import Each
from mygym_lite.harness.dispatch import Dispatch, Tell, unattended
from mygym_lite.harness.place import cores, place_for
from mygym_lite.harness.plan import Plan
from mygym_lite.harness.stage import NotMade, Stage, Unmade

Verdict = tuple[int, str | None]
"""An episode, and why its policy breaks or hangs when it is made."""


class Checker:
    """Makes the policy of any episode.

    Args:
        plan: Whose episodes.
        tell: As for ``Stage``.
    """

    def __init__(self, plan: Plan, tell: Tell = unattended) -> None:
        self._stage = Stage(plan, tell)

    def play(self, number: int) -> Verdict:
        """Make one."""
        try:
            self._stage.make(number)
        except NotMade as error:
            return number, str(error)
        return number, None

    def close(self) -> None:
        """Let the physics engines go."""
        self._stage.close()


def check_policies(plan: Plan, workers: int | None = None) -> Unmade:
    """Make every environment and policy once; code that is not of this library is run in other processes.

    Args:
        plan: Whose.
        workers: Processes at most.

    Returns:
        The policies that end their process or hang, each with the reason.

    Raises:
        SpecError: A policy cannot be found, or does not fit its task.
    """
    firsts = {(cell.task.name, cell.policy.label): number for number, cell in enumerate(plan.cells)}
    foreign = [number for number in firsts.values() if plan.cells[number].policy.runs_foreign_code]
    with closing(Checker(plan)) as checker:
        verdicts = [checker.play(number) for number in firsts.values() if number not in foreign]
    verdicts += _check_elsewhere(plan, foreign, workers)
    reasons = dict(verdicts)
    return {key: why for key, number in firsts.items() if (why := reasons[number]) is not None}


def _check_elsewhere(plan: Plan, numbers: list[int], workers: int | None) -> list[Verdict]:
    if not numbers:
        return []
    with (
        place_for(partial(Checker, plan), min(workers or cores(), len(numbers))) as place,
        closing(Dispatch[Verdict](Each(numbers), place, _give_up).records()) as verdicts,
    ):
        return list(verdicts)


def _give_up(number: int, how: str) -> Verdict:
    return number, f"policy cannot be made: {how}"
