"""Runs the episodes of a plan in this process; environments and policies are made on first use and kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PolicyError
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat
from mygym_lite.policies.heartbeat import HeartbeatPolicy
from mygym_lite.policies.metadata import make_env
from mygym_lite.policies.time_limit import TimeLimit, TimeLimitExpired
from mygym_lite.policies.watchdog import GuardedPolicy
from mygym_lite.rollout.episode import make_error_record
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.rollout.rollout import ENGINE_CHANGED_MESSAGE, StepCallback, run_episode

if TYPE_CHECKING:
    from mygym_lite.perception.estimator import PoseEstimator


FailedPolicies = Mapping[tuple[str, str], str]
"""Reasons why policies cannot be made, by task and policy."""


class PolicyLoadError(PolicyError):
    """A policy that breaks or hangs when it is made for a task."""


class EpisodeRunner:
    """Runs any episode of a plan.

    Args:
        plan: Plan of the run.
        heartbeat: Callback around calls of a policy, with its time limit.
        failed_policies: Policies that are known to break or hang when they are made; their episodes get error records.
    """

    def __init__(
        self, plan: EvaluationPlan, heartbeat: Heartbeat = no_heartbeat, failed_policies: FailedPolicies | None = None
    ) -> None:
        self._plan, self._heartbeat = plan, heartbeat
        self._envs: dict[tuple[str, str], TaskEnv] = {}
        self._env_arguments: dict[str, tuple[type[TaskEnv], dict[str, Any]]] = {}
        self._policies: dict[tuple[str, str], GuardedPolicy] = {}
        self._failed_policies = dict(failed_policies or {})
        self._estimator: PoseEstimator | None = None

    def run_job(self, number: int, on_step: StepCallback | None = None) -> EpisodeRecord:
        """Run one episode."""
        spec = self._plan.make_episode_spec(number)
        try:
            env, policy = self.get_env_and_policy(number)
        except PolicyLoadError as error:
            return make_error_record(spec, str(error))
        with policy:
            record = run_episode(
                spec, HeartbeatPolicy(policy, self._heartbeat, self._plan.action_timeout), env, on_step
            )
        return make_error_record(spec, ENGINE_CHANGED_MESSAGE) if self._restart_changed_worlds() else record

    def _restart_changed_worlds(self) -> bool:
        """Restart the worlds that foreign code changed: a PyBullet call without client number reaches any of them."""
        changed = [env.world for env in self._envs.values() if not env.world.is_intact]
        for world in changed:
            world.restart()
        return bool(changed)

    def get_env_and_policy(self, number: int) -> tuple[TaskEnv, GuardedPolicy]:
        """Return the environment and the policy of an episode, made on first use.

        Raises:
            PolicyLoadError: The policy breaks or hangs when it is made.
        """
        cell = self._plan.get_cell(number)
        key = cell.task.name, cell.policy.label
        if key in self._failed_policies:
            raise PolicyLoadError(self._failed_policies[key])
        if key not in self._policies:
            try:
                self._policies[key] = self._load_policy(number)
            except PolicyLoadError as error:
                self._failed_policies[key] = str(error)
                raise
        return self.get_env(number), self._policies[key]

    def _load_policy(self, number: int) -> GuardedPolicy:
        policy = self._plan.get_cell(number).policy
        limit = TimeLimit(self._plan.loading_timeout if policy.runs_foreign_code else None)
        self._heartbeat(limit.seconds or math.inf)
        try:
            return limit.call(self._make_policy, number)
        except TimeLimitExpired:
            raise PolicyLoadError(f"policy took longer than {limit.seconds:g} s to be made") from None
        finally:
            self._heartbeat(0.0)

    def _make_policy(self, number: int) -> GuardedPolicy:
        env, policy = self.get_env(number), self._plan.get_cell(number).policy.make(self.get_env(number))
        return GuardedPolicy(policy, env.action_space, self._plan.action_timeout)  # type: ignore[arg-type]

    def get_env(self, number: int) -> TaskEnv:
        """Return the environment of an episode; policies with the same observations share one."""
        cell = self._plan.get_cell(number)
        if cell.policy.label not in self._env_arguments:
            self._env_arguments[cell.policy.label] = cell.policy.get_env_class(), cell.policy.get_env_arguments()
        env_class, arguments = self._env_arguments[cell.policy.label]
        key = cell.task.name, env_class.__name__ + repr(sorted(arguments.items()))
        if key not in self._envs:
            self._envs[key] = make_env(env_class, cell.task, arguments, cell.policy.label)
            self._attach_estimator(self._envs[key])
        return self._envs[key]

    def _attach_estimator(self, env: TaskEnv) -> None:
        """Replace true poses by estimates, if that is planned."""
        if self._plan.perception is None:
            return
        from mygym_lite.perception.state_estimator import attach_estimator

        self._estimator = self._estimator or self._plan.perception.load()
        attach_estimator(env, self._estimator)

    def close(self) -> None:
        """Close the environments."""
        for env in self._envs.values():
            env.close()
