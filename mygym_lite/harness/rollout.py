"""Episodes: (task, condition, seed, policy) in, one record out, the same wherever and whenever it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PolicyError
from mygym_lite.harness.diagnosis import Witness
from mygym_lite.harness.episode import EpisodeSpec, drawn_values
from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.harness.tally import Tally
from mygym_lite.learning.find import make_policy, source
from mygym_lite.learning.policy import Policy
from mygym_lite.learning.source import PolicySource
from mygym_lite.spec.task import Control, Task

if TYPE_CHECKING:
    from mygym_lite.perception.estimated_poses import EstimatedPoses

Watcher = Callable[[dict[str, Any]], None]
Outcome = dict[str, Any]


def run_episode(
    spec: EpisodeSpec, policy: Policy | str, env: TaskEnv | EstimatedPoses | None = None,
    on_step: Watcher | None = None,
) -> EpisodeRecord:  # fmt: skip
    """Let a policy act from reset to the end of one episode.

    Args:
        spec: Which episode.
        policy: Who acts, or the name of a policy.
        env: An environment of this task to use instead of a new one, whatever it did before; one that shows estimated
            poses shows them to the policy, and what is recorded stays true.
        on_step: Is shown the ``info`` of the start and of every step, for pictures and progress.
    """
    if env is None:
        with closing(TaskEnv(spec.task)) as made:
            return run_episode(spec, policy, made, on_step)
    task_env: TaskEnv = env.unwrapped  # type: ignore[assignment]
    actor = make_policy(policy, task_env) if isinstance(policy, str) else policy
    started = perf_counter()
    outcome = _Rollout(spec, task_env, actor, on_step or _unseen).outcome()
    name = spec.policy or (policy if isinstance(policy, str) else type(policy).__name__)
    outcome["wall"]["seconds"] = perf_counter() - started
    return EpisodeRecord(
        policy=name, task=spec.task.name, suite=spec.suite, axis=spec.condition.axis, group=spec.condition.group,
        level=spec.condition.level, seed=spec.seed, episode=spec.number, axes=spec.condition.axes_for(spec.seed),
        **outcome,
    )  # fmt: skip


def _unseen(_info: dict[str, Any]) -> None:
    """Nobody watches."""


class _Rollout:
    """One episode under way."""

    def __init__(self, spec: EpisodeSpec, env: TaskEnv, policy: Policy, on_step: Watcher) -> None:
        self._spec, self._env, self._policy, self._on_step = spec, env, policy, on_step
        self._steps = 0
        self._thinking = 0.0
        self._info: dict[str, Any] = {"success": False, "failure": None, "held_seconds": 0.0, "clipped": 0}
        self._once = False
        self._message: str | None = None

    def outcome(self) -> Outcome:
        """Run it, and say what came of it."""
        self._env.variations = self._spec.condition.variations_for(self._spec.seed)
        observation, info = self._env.reset(seed=self._spec.seed)
        self._tally = Tally(self._env.episode_task, self._env.state)
        self._witness = Witness(self._env.episode_task, self._env.state)
        self._on_step(info)
        try:
            self._act(observation)
        except PolicyError as error:
            self._info = {**self._info, "success": False, "failure": "policy_error"}
            self._message = str(error)
        return self._told()

    def _act(self, observation: Any) -> None:
        self._timed(self._policy.reset, self._spec.seed)
        over = False
        while not over:
            action = self._timed(self._policy.act, observation)
            observation, _, terminated, truncated, self._info = self._env.step(action)
            self._steps += 1
            self._note()
            over = terminated or truncated

    def _timed(self, think: Callable[[Any], Any], about: Any) -> Any:
        started = perf_counter()
        try:
            return think(about)
        finally:
            self._thinking += perf_counter() - started

    def _note(self) -> None:
        self._once = self._once or self._info["success"]
        if self._info["failure"] == "physics_error":  # what the engine holds then is not to be measured
            self._message = self._info["message"]
        else:
            self._tally.add(self._env.state, self._info["reward_terms"])
            self._witness.see(self._env.state)
        self._on_step(self._info)

    def _told(self) -> Outcome:
        forces, hertz = self._tally.forces(), self._env.task.episode.control_hz
        failure = self._info["failure"]
        if failure == "timeout":
            failure = self._witness.diagnosis(self._once, forces)
        duration = self._steps / hertz
        return {
            "variation": drawn_values(self._spec, self._env.episode_task),
            "success": failure is None, "success_once": self._once, "success_end": bool(self._info["success"]),
            "failure": failure, "message": self._message,
            "steps": self._steps, "duration": duration, "seconds": duration if failure is None else None,
            "force": forces, **self._tally.motion(), "reward": self._tally.reward, "reward_terms": self._tally.terms,
            "clipped": self._info["clipped"], "wall": {"policy": self._thinking},
        }  # fmt: skip


def run_seeds(
    env: TaskEnv, policy: str | PolicySource, seeds: Iterable[int], on_step: Watcher | None = None
) -> Iterator[EpisodeRecord]:
    """Episode after episode of one environment, by a policy given by name, or found already."""
    actor = source(policy).make(env)
    name = policy if isinstance(policy, str) else policy.label
    for seed in seeds:
        yield run_episode(EpisodeSpec(env.task, seed, policy=name), actor, env, on_step)


def run(
    task: str | Path | Task,
    policy: str = "expert",
    episodes: int = 10,
    seed: int = 0,
    *,
    robot: str | None = None,
    control: Control | None = None,
    settings: Sequence[str] = (),
) -> list[EpisodeRecord]:
    """Run a policy over the seeds from ``seed`` on, in this process.

    Args:
        task: A shipped task's name, the path of a task file, or a task.
        policy: As for ``make_policy``.
        episodes: How many.
        seed: Of the first episode.
        robot: Another robot than the task's.
        control: Another control mode than the task's.
        settings: Fixed changes to the task, each as ``path=value``.
    """
    with closing(TaskEnv(task, robot=robot, control=control, settings=settings)) as env:
        return list(run_seeds(env, policy, range(seed, seed + episodes)))
