"""Rollouts: (task, condition, seed, policy) in, one record out, which depends on nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from mygym_lite.config.task import Task
from mygym_lite.config.task_physics import EngineName
from mygym_lite.config.task_robot import Control
from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PolicyError, UnreachableError
from mygym_lite.policies.metadata import make_env
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy import Policy, PolicyLike
from mygym_lite.policies.policy_lookup import find_policy, make_policy
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.seeding import seed_global_generators
from mygym_lite.policies.watchdog import GuardedPolicy
from mygym_lite.rollout.episode import EpisodeSpec, make_error_record
from mygym_lite.rollout.failure_codes import FailureClassifier
from mygym_lite.rollout.metrics import EpisodeMetrics
from mygym_lite.rollout.record import EpisodeRecord

if TYPE_CHECKING:
    from mygym_lite.perception.estimated_poses import EstimatedPoses

StepCallback = Callable[[dict[str, Any]], None]
ENGINE_CHANGED_MESSAGE = (
    "policy changed the physics engine of the episode itself; a policy that uses PyBullet has to connect a client of "
    "its own, and name it in every call"
)


def run_episode(
    spec: EpisodeSpec,
    policy: Policy | str,
    env: TaskEnv | EstimatedPoses | None = None,
    on_step: StepCallback | None = None,
) -> EpisodeRecord:
    """Run a policy from reset to the end of one episode, and record the result.

    Args:
        spec: Specification of the episode.
        policy: Policy, or the name of one; without ``env`` it observes what it declares.
        env: Environment of the same task to reuse, in any state. If it observes estimated poses, so does the policy;
            the record is always of the ground truth.
        on_step: Callback that receives the ``info`` of the start and of every step.
    """
    if env is None:
        resolved = find_policy(policy)
        env_class, arguments = resolved.get_env_class(), resolved.get_env_arguments()
        with closing(make_env(env_class, spec.task, arguments, resolved.label)) as new_env:
            return run_episode(spec, policy, new_env, on_step)
    task_env: TaskEnv = env.unwrapped  # type: ignore[assignment]
    agent = make_policy(policy, task_env) if isinstance(policy, str) else policy
    spec = replace(spec, policy=spec.policy or (policy if isinstance(policy, str) else type(policy).__name__))
    try:
        record = _Rollout(spec, task_env, agent, on_step).run()
    except Exception:
        if task_env.world.is_intact:
            raise
        return make_error_record(spec, ENGINE_CHANGED_MESSAGE)
    return record if task_env.world.is_intact else make_error_record(spec, ENGINE_CHANGED_MESSAGE)


class _TimedPolicy:
    """Policy whose computation time is measured."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.seconds = 0.0

    def reset(self, seed: int) -> None:
        self._measure(self._policy.reset, seed)

    def act(self, observation: Any) -> Any:
        return self._measure(self._policy.act, observation)

    @property
    def repeated_actions(self) -> int | None:
        return getattr(self._policy, "repeated_actions", None)

    def _measure(self, function: Callable[[Any], Any], argument: Any) -> Any:
        started = perf_counter()
        try:
            return function(argument)
        finally:
            self.seconds += perf_counter() - started


class _Rollout:
    """One running episode and its measurements."""

    def __init__(self, spec: EpisodeSpec, env: TaskEnv, policy: Policy, on_step: StepCallback | None) -> None:
        self._spec, self._env, self._policy, self._on_step = spec, env, _TimedPolicy(policy), on_step
        self._started = perf_counter()
        self._num_steps = 0
        self._info: dict[str, Any] = {"success": False, "failure": None, "held_seconds": 0.0, "clipped": 0}
        self._succeeded_once = False
        self._penetration = 0.0
        self._message: str | None = None

    def run(self) -> EpisodeRecord:
        """Run the episode to its end."""
        spec, env = self._spec, self._env
        steps = iterate_steps(env, self._policy, spec.seed, spec.condition.get_variations(spec.seed))
        start = next(steps)
        self._metrics = EpisodeMetrics(env.episode_task, env.state)
        self._classifier = FailureClassifier(env.episode_task, env.state)
        self._info = {**self._info, **start.info}
        if self._on_step is not None:
            self._on_step(start.info)
        try:
            with seed_global_generators(spec.seed):
                for step in steps:
                    self._measure_step(step.info)
        except UnreachableError:  # the policy never acted, so there is nothing to record
            raise
        except PolicyError as error:
            self._info = {**self._info, "success": False, "failure": "policy_error"}
            self._message = str(error)
        return self._build_record()

    def _measure_step(self, info: dict[str, Any]) -> None:
        self._info, state = info, self._env.state
        self._num_steps += 1
        self._succeeded_once = self._succeeded_once or info["success"]
        self._penetration = max(self._penetration, state.contacts.penetration)
        if info["failure"] == "physics_error":  # the state of a broken engine is not measured
            self._message = info["message"]
        else:
            self._metrics.add(state, info["reward_terms"])
            self._classifier.observe(state)
        if self._on_step is not None:
            self._on_step(info)

    def _build_record(self) -> EpisodeRecord:
        spec, info, metrics = self._spec, self._info, self._metrics
        forces, failure = metrics.summarize_forces(), info["failure"]
        if failure == "timeout":
            failure = self._classifier.classify(self._succeeded_once, forces)
        duration = self._num_steps / self._env.task.episode.control_hz
        return EpisodeRecord(
            **spec.get_record_fields(self._env.episode_task),
            **metrics.summarize_motion(),
            success=failure is None,
            success_once=self._succeeded_once,
            success_end=bool(info["success"]),
            failure=failure,
            message=self._message,
            steps=self._num_steps,
            duration=duration,
            time_to_success=duration if failure is None else None,
            forces=forces,
            penetration=1000 * self._penetration,
            reward=metrics.reward,
            reward_terms=metrics.reward_terms,
            clipped=info["clipped"],
            stage_reached=info.get("stages_reached"),
            progress=info.get("progress"),
            repeated_actions=self._policy.repeated_actions,
            wall={"policy": self._policy.seconds, "seconds": perf_counter() - self._started},
        )


def run_seeds(
    env: TaskEnv, policy: PolicyLike | PolicySpec, seeds: Iterable[int], on_step: StepCallback | None = None
) -> Iterator[EpisodeRecord]:
    """Run one episode per seed in one environment, lazily; the policy is made, or refused, at once.

    Args:
        env: Environment.
        policy: Anything that ``find_policy`` accepts.
        seeds: Seeds of the episodes.
        on_step: Callback that receives the ``info`` of the start and of every step.
    """
    resolved = find_policy(policy)
    name = policy if isinstance(policy, str) else resolved.label
    guarded = GuardedPolicy(resolved.make(env), env.action_space)  # type: ignore[arg-type]
    return (run_episode(EpisodeSpec(env.task, seed, policy=name), guarded, env, on_step) for seed in seeds)


def run(
    task: str | Path | Task,
    policy: PolicyLike = "expert",
    episodes: int = 10,
    seed: int = 0,
    *,
    robot: str | None = None,
    control: Control | None = None,
    engine: EngineName | None = None,
    settings: Sequence[str] = (),
    remote_mapping: str | Path | None = None,
    python: str | None = None,
    observe: Sequence[str] | None = None,
    cameras: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
) -> list[EpisodeRecord]:
    """Run a policy over consecutive seeds in this process; exceptions of the policy become part of the records.

    Args:
        task: Name of a shipped task, path of a task file, or a task.
        policy: Name accepted by ``make_policy``, a policy, or a function from observation to action.
        episodes: Number of episodes.
        seed: Seed of the first episode.
        robot: Robot to use instead of the task's.
        control: Control mode to use instead of the task's.
        engine: Physics engine to use instead of the task's: ``bullet`` or ``mujoco``.
        settings: Fixed changes to the task, each as ``path=value``.
        remote_mapping: Mapping file of a function, an object or a policy server.
        python: Interpreter of the environment in which LeRobot is installed, for ``lerobot:DIR``; this one if left out.
        observe: Observation groups and kinds of images for a function or an object, instead of those it declares.
        cameras: Cameras of the images in ``observe``; the task's first camera by default.
        size: Width and height of the images in ``observe``, px; each camera's own by default.
    """
    request = ObservationRequest.parse(observe, cameras, size, "run")
    resolved = find_policy(policy, remote_mapping=remote_mapping, python=python, request=request)
    labelled = replace(resolved, label=policy) if isinstance(policy, str) else resolved
    env_class, arguments = resolved.get_env_class(), resolved.get_env_arguments()
    with closing(env_class(task, robot=robot, control=control, engine=engine, settings=settings, **arguments)) as env:
        perception = resolved.read_perception()
        if perception is not None:
            from mygym_lite.perception.state_estimator import attach_estimator

            attach_estimator(env, perception)
        return list(run_seeds(env, labelled, range(seed, seed + episodes)))
