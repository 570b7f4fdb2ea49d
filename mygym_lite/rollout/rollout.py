"""Episodes: (task, condition, seed, policy) in, one record out, the same wherever and whenever it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from mygym_lite.config.task import Control, Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PolicyError, UnreachableError
from mygym_lite.policies.metadata import make_env
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy import Policy
from mygym_lite.policies.policy_lookup import find_policy, make_policy
from mygym_lite.policies.seeding import seed_global_generators
from mygym_lite.policies.watchdog import GuardedPolicy
from mygym_lite.rollout.episode import EpisodeSpec, make_error_record, read_varied_values
from mygym_lite.rollout.failure_codes import FailureClassifier
from mygym_lite.rollout.metrics import EpisodeMetrics
from mygym_lite.rollout.record import EpisodeRecord

if TYPE_CHECKING:
    from mygym_lite.perception.estimated_poses import EstimatedPoses

StepCallback = Callable[[dict[str, Any]], None]
RecordFields = dict[str, Any]
ENGINE_CHANGED_MESSAGE = (
    "policy changed the physics engine of the episode itself; a policy that uses PyBullet has to connect a client of "
    "its own, and name it in every call"
)


def run_episode(
    spec: EpisodeSpec, policy: Policy | str, env: TaskEnv | EstimatedPoses | None = None,
    on_step: StepCallback | None = None,
) -> EpisodeRecord:  # fmt: skip
    """Let a policy act from reset to the end of one episode.

    Args:
        spec: Which episode.
        policy: Who acts, or the name of a policy; without ``env`` it is shown what it asks for.
        env: An environment of this task to use instead of a new one, whatever it did before; one that shows estimated
            poses shows them to the policy, and what is recorded stays true.
        on_step: Is shown the ``info`` of the start and of every step, for pictures and progress.
    """
    if env is None:
        found = find_policy(policy)
        with closing(make_env(found.get_env_class(), spec.task, found.get_env_arguments(), found.label)) as made:
            return run_episode(spec, policy, made, on_step)
    task_env: TaskEnv = env.unwrapped  # type: ignore[assignment]
    actor = make_policy(policy, task_env) if isinstance(policy, str) else policy
    name = spec.policy or (policy if isinstance(policy, str) else type(policy).__name__)
    started = perf_counter()
    try:
        outcome = _Rollout(spec, task_env, actor, on_step or _unseen).outcome()
    except Exception:
        if task_env.world.is_intact:
            raise
        return make_error_record(replace(spec, policy=name), ENGINE_CHANGED_MESSAGE)
    if not task_env.world.is_intact:
        return make_error_record(replace(spec, policy=name), ENGINE_CHANGED_MESSAGE)
    outcome["wall"]["seconds"] = perf_counter() - started
    return EpisodeRecord(
        policy=name, task=spec.task.name, suite=spec.suite, axis=spec.condition.axis, group=spec.condition.group,
        severity=spec.condition.severity, seed=spec.seed, episode=spec.number, axes=spec.condition.list_axes(spec.seed),
        **outcome,
    )  # fmt: skip


def _unseen(_info: dict[str, Any]) -> None:
    """Nobody watches."""


class _Rollout:
    """One episode under way."""

    def __init__(self, spec: EpisodeSpec, env: TaskEnv, policy: Policy, on_step: StepCallback) -> None:
        self._spec, self._env, self._policy, self._on_step = spec, env, policy, on_step
        self._steps = 0
        self._thinking = 0.0
        self._info: dict[str, Any] = {"success": False, "failure": None, "held_seconds": 0.0, "clipped": 0}
        self._once = False
        self._penetration = 0.0
        self._message: str | None = None

    def outcome(self) -> RecordFields:
        """Run it, and say what came of it."""
        self._env.variations = self._spec.condition.get_variations(self._spec.seed)
        observation, info = self._env.reset(seed=self._spec.seed)
        self._tally = EpisodeMetrics(self._env.episode_task, self._env.state)
        self._witness = FailureClassifier(self._env.episode_task, self._env.state)
        self._on_step(info)
        try:
            with seed_global_generators(self._spec.seed):
                self._act(observation)
        except UnreachableError:  # nobody acted: there is nothing to record
            raise
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
        self._penetration = max(self._penetration, self._env.state.contacts.penetration)
        if self._info["failure"] == "physics_error":  # what the engine holds then is not to be measured
            self._message = self._info["message"]
        else:
            self._tally.add(self._env.state, self._info["reward_terms"])
            self._witness.observe(self._env.state)
        self._on_step(self._info)

    def _told(self) -> RecordFields:
        forces, hertz = self._tally.summarize_forces(), self._env.task.episode.control_hz
        failure = self._info["failure"]
        if failure == "timeout":
            failure = self._witness.classify(self._once, forces)
        duration = self._steps / hertz
        return {
            "varied_values": read_varied_values(self._spec, self._env.episode_task),
            "success": failure is None, "success_once": self._once, "success_end": bool(self._info["success"]),
            "failure": failure, "message": self._message,
            "steps": self._steps, "duration": duration, "time_to_success": duration if failure is None else None,
            "forces": forces, "penetration": 1000 * self._penetration, **self._tally.summarize_motion(),
            "reward": self._tally.reward, "reward_terms": self._tally.reward_terms,
            "clipped": self._info["clipped"], "wall": {"policy": self._thinking},
        }  # fmt: skip


def run_seeds(
    env: TaskEnv, policy: Any, seeds: Iterable[int], on_step: StepCallback | None = None
) -> Iterator[EpisodeRecord]:
    """Episode after episode of one environment, by a policy as for ``find_policy``."""
    found = find_policy(policy)
    name = policy if isinstance(policy, str) else found.label
    actor = GuardedPolicy(found.make(env), env.action_space)  # type: ignore[arg-type]
    for seed in seeds:
        yield run_episode(EpisodeSpec(env.task, seed, policy=name), actor, env, on_step)


def run(
    task: str | Path | Task,
    policy: Any = "expert",
    episodes: int = 10,
    seed: int = 0,
    *,
    robot: str | None = None,
    control: Control | None = None,
    settings: Sequence[str] = (),
    remote_mapping: str | Path | None = None,
    observe: Sequence[str] | None = None,
    cameras: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
) -> list[EpisodeRecord]:
    """Run a policy over the seeds from ``seed`` on, in this process; what it raises is told in its records.

    Args:
        task: A shipped task's name, the path of a task file, or a task.
        policy: A name as for ``make_policy``, a policy, or a function from observation to action.
        episodes: How many.
        seed: Of the first episode.
        robot: Another robot than the task's.
        control: Another control mode than the task's.
        settings: Fixed changes to the task, each as ``path=value``.
        remote_mapping: A file that says how a function, an object or a policy server is spoken to.
        observe: Groups and kinds of images that a function or an object is shown, instead of what it says itself.
        cameras: Through which cameras, with ``observe``; the task's first one if left out.
        size: Width and height of its images, px, with ``observe``; each camera's own if left out.
    """
    request = ObservationRequest.parse(observe, cameras, size, "run")
    found = find_policy(policy, remote_mapping=remote_mapping, request=request)
    named = replace(found, label=policy) if isinstance(policy, str) else found
    made = found.get_env_class()(task, robot=robot, control=control, settings=settings, **found.get_env_arguments())
    with closing(made) as env:
        return list(run_seeds(env, named, range(seed, seed + episodes)))
