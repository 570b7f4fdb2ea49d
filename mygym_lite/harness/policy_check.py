"""Policies are made once before a run, so that what does not fit is refused before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from mygym_lite.harness.episode_queue import FixedQueue
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.runner import EpisodeRunner, FailedPolicies, PolicyLoadError
from mygym_lite.jobs.backends import count_cores, open_backend
from mygym_lite.jobs.scheduler import Heartbeat, Scheduler, no_heartbeat
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy_spec import PolicySpec


@dataclass(frozen=True)
class PolicyCheck:
    """Outcome of making the policy of an episode."""

    number: int
    reason: str | None = None
    """Why it breaks or hangs when it is made."""
    request: ObservationRequest = field(default_factory=ObservationRequest)
    env_arguments: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of an environment for the policy, if it can be made."""


class PolicyChecker:
    """Makes the policy of any episode.

    Args:
        plan: Whose episodes.
        heartbeat: As for ``EpisodeRunner``.
    """

    def __init__(self, plan: EvaluationPlan, heartbeat: Heartbeat = no_heartbeat) -> None:
        self._plan, self._stage = plan, EpisodeRunner(plan, heartbeat)

    def run_job(self, number: int) -> PolicyCheck:
        """Make one."""
        try:
            self._stage.get_env_and_policy(number)
        except PolicyLoadError as error:
            return PolicyCheck(number, str(error))
        policy = self._plan.cells[self._plan.get_cell_index(number)].policy
        return (
            PolicyCheck(number, None, *policy.read_requirements()) if policy.runs_foreign_code else PolicyCheck(number)
        )

    def close(self) -> None:
        """Let the physics engines go."""
        self._stage.close()


def check_policies(plan: EvaluationPlan, workers: int | None = None) -> tuple[EvaluationPlan, FailedPolicies]:
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
    with closing(PolicyChecker(plan)) as checker:
        verdicts = [checker.run_job(number) for number in firsts.values() if number not in foreign]
    verdicts += _check_elsewhere(plan, foreign, workers)
    found = {verdict.number: verdict for verdict in verdicts}
    unmade = {key: why for key, number in firsts.items() if (why := found[number].reason) is not None}
    made_last = sorted(foreign, key=lambda number: found[number].reason is None)  # one that can be made has the say
    known = {plan.cells[number].policy.label: found[number] for number in made_last}
    return replace(plan, policies=tuple(_informed(policy, known) for policy in plan.policies)), unmade


def _check_elsewhere(plan: EvaluationPlan, numbers: list[int], workers: int | None) -> list[PolicyCheck]:
    if not numbers:
        return []
    with (
        open_backend(partial(PolicyChecker, plan), min(workers or count_cores(), len(numbers))) as place,
        closing(Scheduler[PolicyCheck](FixedQueue(numbers), place, _give_up).run()) as verdicts,
    ):
        return list(verdicts)


def _give_up(number: int, how: str) -> PolicyCheck:
    return PolicyCheck(number, f"policy cannot be made: {how}")


def _informed(policy: PolicySpec, known: Mapping[str, PolicyCheck]) -> PolicySpec:
    """A policy that was made elsewhere, with what it asks for."""
    if policy.label not in known:
        return policy
    return policy.with_requirements(known[policy.label].request, known[policy.label].env_arguments)
