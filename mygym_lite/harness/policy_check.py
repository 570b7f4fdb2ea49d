"""A trial construction of all policies before a run, so that mistakes are refused before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.runner import EpisodeRunner, FailedPolicies, PolicyLoadError
from mygym_lite.jobs.queue import FixedQueue
from mygym_lite.jobs.run import run_jobs
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy_spec import PolicySpec


@dataclass(frozen=True)
class PolicyCheck:
    """Outcome of making the policy of an episode."""

    number: int
    reason: str | None = None
    """Reason why it breaks or hangs when it is made."""
    request: ObservationRequest = field(default_factory=ObservationRequest)
    env_arguments: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of an environment for the policy, if it can be made."""


class PolicyChecker:
    """Makes the policy of any episode.

    Args:
        plan: Plan of the run.
        heartbeat: See ``EpisodeRunner``.
    """

    def __init__(self, plan: EvaluationPlan, heartbeat: Heartbeat = no_heartbeat) -> None:
        self._plan, self._runner = plan, EpisodeRunner(plan, heartbeat)

    def run_job(self, number: int) -> PolicyCheck:
        """Make the policy of one episode."""
        try:
            self._runner.get_env_and_policy(number)
        except PolicyLoadError as error:
            return PolicyCheck(number, str(error))
        policy = self._plan.get_cell(number).policy
        if not policy.runs_foreign_code:
            return PolicyCheck(number)
        return PolicyCheck(number, None, *policy.read_requirements())

    def close(self) -> None:
        """Close the environments."""
        self._runner.close()


def check_policies(plan: EvaluationPlan, workers: int | None = None) -> tuple[EvaluationPlan, FailedPolicies]:
    """Make every environment and policy once; foreign code runs in other processes.

    Args:
        plan: Plan of the run.
        workers: Maximal number of processes.

    Returns:
        The plan, with the observation requests of foreign policies; and the policies that end their process or hang,
        each with the reason.

    Raises:
        ConfigError: A policy cannot be found, or does not fit its task.
    """
    first_episodes = {(cell.task.name, cell.policy.label): number for number, cell in enumerate(plan.cells)}
    foreign = [number for number in first_episodes.values() if plan.cells[number].policy.runs_foreign_code]
    with closing(PolicyChecker(plan)) as checker:
        checks = [checker.run_job(number) for number in first_episodes.values() if number not in foreign]
    run_jobs(
        FixedQueue(foreign),
        partial(PolicyChecker, plan),
        workers=workers,
        on_result=checks.append,
        on_failure=lambda number, reason: PolicyCheck(number, f"policy cannot be made: {reason}"),
    )
    by_number = {check.number: check for check in checks}
    failed = {key: why for key, number in first_episodes.items() if (why := by_number[number].reason) is not None}
    failed_first = sorted(foreign, key=lambda number: by_number[number].reason is None)  # a success overrides failures
    by_label = {plan.cells[number].policy.label: by_number[number] for number in failed_first}
    return replace(plan, policies=tuple(_add_requirements(policy, by_label) for policy in plan.policies)), failed


def _add_requirements(policy: PolicySpec, checks: Mapping[str, PolicyCheck]) -> PolicySpec:
    if policy.label not in checks:
        return policy
    check = checks[policy.label]
    return policy.with_requirements(check.request, check.env_arguments)
