"""Where a plan's episodes are played: its environments and policies, made when first wanted and kept."""

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
"""Why policies cannot be made, by task and policy."""


class PolicyLoadError(PolicyError):
    """A policy breaks or hangs when it is made, for a task."""


class EpisodeRunner:
    """Plays any episode of a plan.

    Args:
        plan: Whose episodes.
        heartbeat: Is told when a policy begins to work, and for how long it may.
        failed_policies: Policies that are known to break or hang when they are made; their episodes are void.
    """

    def __init__(
        self, plan: EvaluationPlan, heartbeat: Heartbeat = no_heartbeat, failed_policies: FailedPolicies | None = None
    ) -> None:
        self._plan, self._tell = plan, heartbeat
        self._envs: dict[tuple[str, str], TaskEnv] = {}
        self._wishes: dict[str, tuple[type[TaskEnv], dict[str, Any]]] = {}
        self._policies: dict[tuple[str, str], GuardedPolicy] = {}
        self._unmade = dict(failed_policies or {})
        self._eyes: PoseEstimator | None = None

    def run_job(self, number: int, on_step: StepCallback | None = None) -> EpisodeRecord:
        """Run one episode."""
        spec = self._plan.make_episode_spec(number)
        try:
            env, policy = self.get_env_and_policy(number)
        except PolicyLoadError as error:
            return make_error_record(spec, str(error))
        with policy:
            record = run_episode(spec, HeartbeatPolicy(policy, self._tell, self._plan.action_timeout), env, on_step)
        return make_error_record(spec, ENGINE_CHANGED_MESSAGE) if self._restart_worlds() else record

    def _restart_worlds(self) -> bool:
        """Restart the worlds that were changed; a call without a client's number reaches any one of them."""
        changed = [env.world for env in self._envs.values() if not env.world.is_intact]
        for world in changed:
            world.restart()
        return bool(changed)

    def get_env_and_policy(self, number: int) -> tuple[TaskEnv, GuardedPolicy]:
        """Make the environment and the policy of an episode, unless they are there.

        Raises:
            NotMade: The policy breaks or hangs when it is made.
        """
        cell = self._plan.cells[self._plan.get_cell_index(number)]
        key = cell.task.name, cell.policy.label
        if key in self._unmade:
            raise PolicyLoadError(self._unmade[key])
        if key not in self._policies:
            try:
                self._policies[key] = self._make_within_time(number)
            except PolicyLoadError as error:
                self._unmade[key] = str(error)
                raise
        return self.get_env(number), self._policies[key]

    def _make_within_time(self, number: int) -> GuardedPolicy:
        policy = self._plan.cells[self._plan.get_cell_index(number)].policy
        limit = TimeLimit(self._plan.loading_timeout if policy.runs_foreign_code else None)
        self._tell(limit.seconds or math.inf)
        try:
            return limit.call(self._make, number)
        except TimeLimitExpired:
            raise PolicyLoadError(f"policy took longer than {limit.seconds:g} s to be made") from None
        finally:
            self._tell(0.0)

    def _make(self, number: int) -> GuardedPolicy:
        env, cell = self.get_env(number), self._plan.cells[self._plan.get_cell_index(number)]
        return GuardedPolicy(cell.policy.make(env), env.action_space, self._plan.action_timeout)  # type: ignore[arg-type]

    def get_env(self, number: int) -> TaskEnv:
        """The environment of an episode: policies that observe the same share one."""
        cell = self._plan.cells[self._plan.get_cell_index(number)]
        if cell.policy.label not in self._wishes:
            self._wishes[cell.policy.label] = cell.policy.get_env_class(), cell.policy.get_env_arguments()
        kind, arguments = self._wishes[cell.policy.label]
        key = cell.task.name, kind.__name__ + repr(sorted(arguments.items()))
        if key not in self._envs:
            self._envs[key] = make_env(kind, cell.task, arguments, cell.policy.label)
            self._open_eyes(self._envs[key])
        return self._envs[key]

    def _open_eyes(self, env: TaskEnv) -> None:
        """Let an environment tell what is seen, if that is planned."""
        if self._plan.perception is None:
            return
        from mygym_lite.perception.state_estimator import attach_estimator

        self._eyes = self._eyes or self._plan.perception.load()
        attach_estimator(env, self._eyes)

    def close(self) -> None:
        """Let the physics engines go."""
        for env in self._envs.values():
            env.close()
