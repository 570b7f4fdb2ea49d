"""Policies are made once before a run, so that what does not fit is refused before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from mygym_lite.harness.episode_queue import Each
from mygym_lite.harness.plan import Plan
from mygym_lite.harness.runner import NotMade, Stage, Unmade
from mygym_lite.jobs.backends import cores, place_for
from mygym_lite.jobs.scheduler import Dispatch, Tell, unattended
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy_spec import PolicySource


@dataclass(frozen=True)
class Verdict:
    """Outcome of making the policy of an episode."""

    number: int
    reason: str | None = None
    """Why it breaks or hangs when it is made."""
    request: ObservationRequest = field(default_factory=ObservationRequest)
    shown: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of an environment for the policy, if it can be made."""


class Checker:
    """Makes the policy of any episode.

    Args:
        plan: Whose episodes.
        tell: As for ``Stage``.
    """

    def __init__(self, plan: Plan, tell: Tell = unattended) -> None:
        self._plan, self._stage = plan, Stage(plan, tell)

    def play(self, number: int) -> Verdict:
        """Make one."""
        try:
            self._stage.make(number)
        except NotMade as error:
            return Verdict(number, str(error))
        policy = self._plan.cells[self._plan.cell(number)].policy
        return Verdict(number, None, *policy.needs()) if policy.runs_foreign_code else Verdict(number)

    def close(self) -> None:
        """Let the physics engines go."""
        self._stage.close()


def check_policies(plan: Plan, workers: int | None = None) -> tuple[Plan, Unmade]:
    """Make every environment and policy once; code that is not of this library is run in other processes.

    Args:
        plan: Whose.
        workers: Processes at most.

    Returns:
        The plan, whose policies of code that is not of this library know by now what they are to be shown; and the
        policies that end their process or hang, each with the reason.

    Raises:
        SpecError: A policy cannot be found, or does not fit its task.
    """
    firsts = {(cell.task.name, cell.policy.label): number for number, cell in enumerate(plan.cells)}
    foreign = [number for number in firsts.values() if plan.cells[number].policy.runs_foreign_code]
    with closing(Checker(plan)) as checker:
        verdicts = [checker.play(number) for number in firsts.values() if number not in foreign]
    verdicts += _check_elsewhere(plan, foreign, workers)
    found = {verdict.number: verdict for verdict in verdicts}
    unmade = {key: why for key, number in firsts.items() if (why := found[number].reason) is not None}
    made_last = sorted(foreign, key=lambda number: found[number].reason is None)  # one that can be made has the say
    known = {plan.cells[number].policy.label: found[number] for number in made_last}
    return replace(plan, policies=tuple(_informed(policy, known) for policy in plan.policies)), unmade


def _check_elsewhere(plan: Plan, numbers: list[int], workers: int | None) -> list[Verdict]:
    if not numbers:
        return []
    with (
        place_for(partial(Checker, plan), min(workers or cores(), len(numbers))) as place,
        closing(Dispatch[Verdict](Each(numbers), place, _give_up).records()) as verdicts,
    ):
        return list(verdicts)


def _give_up(number: int, how: str) -> Verdict:
    return Verdict(number, f"policy cannot be made: {how}")


def _informed(policy: PolicySource, known: Mapping[str, Verdict]) -> PolicySource:
    """A policy that was made elsewhere, with what it asks for."""
    if policy.label not in known:
        return policy
    return policy.inform(known[policy.label].request, known[policy.label].shown)
