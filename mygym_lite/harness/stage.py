"""Where a plan's episodes are played: its environments and policies, made when first wanted and kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.harness.dispatch import Tell, unattended
from mygym_lite.harness.plan import Plan
from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.harness.rollout import Watcher, run_episode
from mygym_lite.learning.guard import Guarded
from mygym_lite.learning.policy import Policy
from mygym_lite.learning.shown import make_env

if TYPE_CHECKING:
    from mygym_lite.perception.eyes import Eyes


class Stage:
    """Plays any episode of a plan.

    Args:
        plan: Whose episodes.
        tell: Is told since when the policy has been thinking, by the system's monotonic clock, and 0 when it is done.
    """

    def __init__(self, plan: Plan, tell: Tell = unattended) -> None:
        self._plan, self._tell = plan, tell
        self._envs: dict[tuple[str, str], TaskEnv] = {}
        self._wishes: dict[str, tuple[type[TaskEnv], dict[str, Any]]] = {}
        self._policies: dict[tuple[str, str], Guarded] = {}
        self._eyes: Eyes | None = None

    def play(self, number: int, on_step: Watcher | None = None) -> EpisodeRecord:
        """Run one episode."""
        env = self.env(number)
        policy = self._policy(number, env)
        with policy:
            return run_episode(self._plan.spec(number), _Timed(policy, self._tell), env, on_step)

    def check(self) -> None:
        """Make every environment and policy once, so that what does not fit is refused before anything runs."""
        firsts = {(cell.task.name, cell.policy.label): number for number, cell in enumerate(self._plan.cells)}
        for number in firsts.values():
            self._policy(number, self.env(number))

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
        from mygym_lite.perception.eye_sight import EyeSight

        self._eyes = self._eyes or self._plan.eyes.load()
        env.look_through(EyeSight(env, self._eyes))

    def _policy(self, number: int, env: TaskEnv) -> Guarded:
        cell = self._plan.cells[self._plan.cell(number)]
        key = cell.task.name, cell.policy.label
        if key not in self._policies:
            self._policies[key] = Guarded(cell.policy.make(env), env.action_space, self._plan.patience)  # type: ignore[arg-type]
        return self._policies[key]

    def close(self) -> None:
        """Let the physics engines go."""
        for env in self._envs.values():
            env.close()


class _Timed:
    """Says when it begins to think and when it has done."""

    def __init__(self, policy: Policy, tell: Tell) -> None:
        self._policy, self._tell = policy, tell

    def reset(self, seed: int) -> None:
        self._tell(time.monotonic())
        try:
            self._policy.reset(seed)
        finally:
            self._tell(0.0)

    def act(self, observation: Any) -> Any:
        self._tell(time.monotonic())
        try:
            return self._policy.act(observation)
        finally:
            self._tell(0.0)
