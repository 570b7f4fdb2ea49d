"""Check of the contract between a policy and a task, before any success is measured."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.harness.contract.corrected_policy import CorrectedPolicy, Subject
from mygym_lite.harness.contract.expert_episodes import record_expert
from mygym_lite.harness.contract.findings import list_findings
from mygym_lite.harness.contract.report import ContractReport
from mygym_lite.harness.contract.search import find_mistakes
from mygym_lite.harness.contract.sensitivity import measure_exchanged, measure_zeroed
from mygym_lite.policies.metadata import make_env
from mygym_lite.policies.policy import PolicyLike
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.policy_spec import SCRIPTED_POLICIES, PolicySpec
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.terms import load_task

DEFAULT_SEED = 70000


def check_policy(
    policy: PolicyLike | PolicySpec,
    task: str | Path | Task,
    *,
    episodes: int = 5,
    seed: int = DEFAULT_SEED,
    settings: Sequence[str] = (),
    remote_mapping: str | Path | MappingFile | None = None,
    normalize: str | Path | None = None,
    python: str | None = None,
    allow_pickle: bool = False,
) -> ContractReport:
    """Check that a policy and a task mean the same by observations and actions.

    The policy acts on the observations of episodes of the expert. Where a correction of a possible mistake, such as a
    negated gripper, brings its actions much closer to those of the expert, that mistake is reported.

    Args:
        policy: Policy, as for ``evaluate``.
        task: Task, its name or file.
        episodes: Number of episodes of the expert.
        seed: Seed of the first one.
        settings: Fixed changes to the task, each as ``path=value``.
        remote_mapping: See ``evaluate``.
        normalize: See ``evaluate``.
        python: See ``evaluate``.
        allow_pickle: See ``evaluate``.
    """
    if episodes < 1:
        raise UsageError(f"episodes: is {episodes}, not at least 1")
    spec = find_policy(
        policy, allow_pickle=allow_pickle, remote_mapping=remote_mapping, normalize=normalize, python=python
    )
    if spec.kind in SCRIPTED_POLICIES:
        raise UsageError(f"policy {spec.name}: acts on no observation, so there is no contract to check; name another")
    loaded = task if isinstance(task, Task) else load_task(task)
    arguments = spec.get_env_arguments() | ({"settings": list(settings)} if settings else {})
    with closing(make_env(spec.get_env_class(), loaded, arguments, spec.label)) as env:
        return _check(spec, env, episodes, seed)


def _check(spec: PolicySpec, env: TaskEnv, episodes: int, seed: int) -> ContractReport:
    _attach_perception(spec, env)
    start = CorrectedPolicy.begin(Subject(spec.make(env), env, record_expert(env, episodes, seed)))
    mistakes, improved = find_mistakes(start)
    findings = list_findings(improved, mistakes, measure_zeroed(improved), measure_exchanged(improved))
    robot = env.task.robot
    return ContractReport(
        policy=spec.label,
        task=env.task.name,
        robot=robot.model,
        control=robot.control,
        episodes=episodes,
        first_seed=seed,
        findings=tuple(findings),
    )


def _attach_perception(spec: PolicySpec, env: TaskEnv) -> None:
    """Attach the trained perception whose estimates a policy was trained on."""
    name = spec.read_perception()
    if name is not None:
        from mygym_lite.perception.state_estimator import attach_estimator

        attach_estimator(env, name)
