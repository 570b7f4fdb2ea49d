"""Where a plan's episodes are played: its environments and policies, made when first wanted and kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PolicyError
from mygym_lite.harness.plan import Plan
from mygym_lite.jobs.scheduler import Tell, unattended
from mygym_lite.policies.heartbeat import Timed
from mygym_lite.policies.metadata import make_env
from mygym_lite.policies.time_limit import Expired, TimeLimit
from mygym_lite.policies.watchdog import Guarded
from mygym_lite.rollout.episode import void
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.rollout.rollout import TAMPERED, Watcher, run_episode

if TYPE_CHECKING:
    from mygym_lite.perception.estimator import Eyes


Unmade = Mapping[tuple[str, str], str]
"""Why policies cannot be made, by task and policy."""


class NotMade(PolicyError):
    """A policy breaks or hangs when it is made, for a task."""


class Stage:
    """Plays any episode of a plan.

    Args:
        plan: Whose episodes.
        tell: Is told when a policy begins to work, and for how long it may.
        unmade: Policies that are known to break or hang when they are made; their episodes are void.
    """

    def __init__(self, plan: Plan, tell: Tell = unattended, unmade: Unmade | None = None) -> None:
        self._plan, self._tell = plan, tell
        self._envs: dict[tuple[str, str], TaskEnv] = {}
        self._wishes: dict[str, tuple[type[TaskEnv], dict[str, Any]]] = {}
        self._policies: dict[tuple[str, str], Guarded] = {}
        self._unmade = dict(unmade or {})
        self._eyes: Eyes | None = None

    def play(self, number: int, on_step: Watcher | None = None) -> EpisodeRecord:
        """Run one episode."""
        spec = self._plan.spec(number)
        try:
            env, policy = self.make(number)
        except NotMade as error:
            return void(spec, str(error))
        with policy:
            record = run_episode(spec, Timed(policy, self._tell, self._plan.patience), env, on_step)
        return void(spec, TAMPERED) if self._restart_worlds() else record

    def _restart_worlds(self) -> bool:
        """Restart the worlds that were changed; a call without a client's number reaches any one of them."""
        changed = [env.world for env in self._envs.values() if not env.world.intact]
        for world in changed:
            world.restart()
        return bool(changed)

    def make(self, number: int) -> tuple[TaskEnv, Guarded]:
        """Make the environment and the policy of an episode, unless they are there.

        Raises:
            NotMade: The policy breaks or hangs when it is made.
        """
        cell = self._plan.cells[self._plan.cell(number)]
        key = cell.task.name, cell.policy.label
        if key in self._unmade:
            raise NotMade(self._unmade[key])
        if key not in self._policies:
            try:
                self._policies[key] = self._make_within_time(number)
            except NotMade as error:
                self._unmade[key] = str(error)
                raise
        return self.env(number), self._policies[key]

    def _make_within_time(self, number: int) -> Guarded:
        policy = self._plan.cells[self._plan.cell(number)].policy
        limit = TimeLimit(self._plan.making_patience if policy.runs_foreign_code else None)
        self._tell(limit.seconds or math.inf)
        try:
            return limit.call(self._make, number)
        except Expired:
            raise NotMade(f"policy took longer than {limit.seconds:g} s to be made") from None
        finally:
            self._tell(0.0)

    def _make(self, number: int) -> Guarded:
        env, cell = self.env(number), self._plan.cells[self._plan.cell(number)]
        return Guarded(cell.policy.make(env), env.action_space, self._plan.patience)  # type: ignore[arg-type]

    def env(self, number: int) -> TaskEnv:
        """The environment of an episode: policies that observe the same share one."""
        cell = self._plan.cells[self._plan.cell(number)]
        if cell.policy.label not in self._wishes:
            self._wishes[cell.policy.label] = cell.policy.env_kind(), cell.policy.env_arguments()
        kind, arguments = self._wishes[cell.policy.label]
        key = cell.task.name, kind.__name__ + repr(sorted(arguments.items()))
        if key not in self._envs:
            self._envs[key] = make_env(kind, cell.task, arguments, cell.policy.label)
            self._open_eyes(self._envs[key])
        return self._envs[key]

    def _open_eyes(self, env: TaskEnv) -> None:
        """Let an environment tell what is seen, if that is planned."""
        if self._plan.eyes is None:
            return
        from mygym_lite.perception.state_estimator import EyeSight

        self._eyes = self._eyes or self._plan.eyes.load()
        env.look_through(EyeSight(env, self._eyes))

    def close(self) -> None:
        """Let the physics engines go."""
        for env in self._envs.values():
            env.close()
