"""Policy evaluation: every policy on every task under every condition of a suite."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.config.task import Task
from mygym_lite.harness.episode_queue import EpisodeQueue
from mygym_lite.harness.latencies import Latency, add_latencies
from mygym_lite.harness.manifest import build_manifest
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.policy_check import check_policies
from mygym_lite.harness.result import EvaluationResult
from mygym_lite.harness.run_folder import RunFolderWriter
from mygym_lite.harness.runner import EpisodeRunner, FailedPolicies
from mygym_lite.harness.summary import write_summary
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.jobs.run import run_jobs
from mygym_lite.perception.estimator_spec import EstimatorSpec
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy import PolicyLike
from mygym_lite.policies.policy_lookup import find_perception, find_policy
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.rollout.episode import make_error_record
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.terms import load_task

OnRecord = Callable[[EpisodeRecord], Any]
"""Callback for each new record."""


@dataclass(frozen=True)
class EvaluationRequest:
    """An evaluation that can be run."""

    plan: EvaluationPlan
    settings: tuple[str, ...] = ()
    file_texts: dict[str, str] = field(default_factory=dict)
    """Texts of the files of tasks and suite, by name."""


def prepare_evaluation(
    policies: PolicyLike | Sequence[PolicyLike],
    tasks: str | Path | Task | Sequence[str | Path | Task],
    suite: str | Path = "nominal",
    episodes: int = 20,
    *,
    seed: int = 0,
    settings: Sequence[str] = (),
    until_ci_width: float | None = None,
    allow_pickle: bool = False,
    remote_mapping: str | Path | None = None,
    normalize: str | Path | None = None,
    python: str | None = None,
    latency: Latency = None,
    action_timeout: float = 30.0,
    perception: str | Path | None = None,
    observation_request: ObservationRequest | None = None,
    out: Path | None = None,
) -> EvaluationRequest:
    """Load everything that an evaluation names, and refuse what is wrong before anything runs.

    Args: as of ``evaluate``.
    """
    task_names = [tasks] if isinstance(tasks, str | Path | Task) else list(tasks)
    loaded_tasks = [load_task(task, settings) for task in task_names]
    several: Any = policies if isinstance(policies, list | tuple) else [policies]
    found = _find_policies(several, allow_pickle, remote_mapping, normalize, python, observation_request)
    specs = add_latencies(found, latency, loaded_tasks[0], out) if loaded_tasks else tuple(found)
    perception = find_perception(specs) if perception is None else perception
    plan = EvaluationPlan(
        tuple(loaded_tasks),
        specs,
        load_suite(suite),
        seed=seed,
        episodes=episodes,
        until_ci_width=until_ci_width,
        action_timeout=action_timeout,
        perception=None if perception is None else EstimatorSpec.resolve(perception),
    )
    files = {
        f"task {task.name}": paths.find_file(paths.get_tasks_folder(), name)
        for task, name in zip(loaded_tasks, task_names, strict=True)
        if not isinstance(name, Task)
    }
    files["suite"] = paths.find_file(paths.get_evaluation_folder() / "suites", suite)
    texts = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    return EvaluationRequest(plan, tuple(settings), texts)


def _find_policies(
    policies: Sequence[PolicyLike],
    allow_pickle: bool,
    mapping: str | Path | None,
    normalize: str | Path | None,
    python: str | None,
    request: ObservationRequest | None,
) -> list[PolicySpec]:
    """Find the policies.

    The mapping applies to policy servers or, without any, to checkpoints of LeRobot, to networks or, without these, to
    functions and objects; the request to functions and objects; normalization to archives of Stable-Baselines3; the
    interpreter to checkpoints of LeRobot.
    """
    kinds = [find_policy(policy, allow_pickle=allow_pickle).kind for policy in policies]
    mapped = next((kind for kind in ("remote", "lerobot", "network", "function") if kind in kinds), None)
    return [
        find_policy(
            policy,
            allow_pickle=allow_pickle,
            remote_mapping=mapping if mapped in (kind, None) else None,
            normalize=normalize if kind == "sb3" or "sb3" not in kinds else None,
            python=python if kind == "lerobot" or "lerobot" not in kinds else None,
            request=request if kind == "function" or "function" not in kinds else None,
        )
        for policy, kind in zip(policies, kinds, strict=True)
    ]


def run_evaluation(
    request: EvaluationRequest,
    folder: Path,
    *,
    workers: int | None = None,
    ray: str | None = None,
    command: str = "",
    progress: Progress = no_progress,
    on_record: OnRecord | None = None,
) -> EvaluationResult:
    """Run the missing episodes of a run, then write its summary.

    Episodes of a policy server that could not be reached are not recorded: the same call runs them again.

    Args:
        request: Evaluation to run.
        folder: Folder of the run.
        workers: Number of processes, see ``run_jobs``.
        ray: Address of a Ray cluster to use instead of processes.
        command: Command line, for the manifest.
        progress: Callback for progress.
        on_record: Callback for each new record.
    """
    plan, failed_policies = check_policies(request.plan, workers)
    manifest = build_manifest(plan, request.settings, command, request.file_texts)
    plan = plan.bind_policies(manifest["policies"])
    missing: dict[int, str] = {}
    with RunFolderWriter.create_or_resume(folder, manifest) as run:

        def save(record: EpisodeRecord) -> None:
            run.append(record)
            if on_record is not None:
                on_record(record)

        run_episodes(
            EpisodeQueue(plan, run.read_records()),
            save,
            failed_policies=failed_policies,
            on_unreachable=missing.__setitem__,
            workers=workers,
            ray=ray,
            progress=progress,
        )
        result = EvaluationResult(run, missing)
        write_summary(result.summary, folder)
    return result


def run_episodes(
    queue: EpisodeQueue,
    on_record: OnRecord,
    *,
    failed_policies: FailedPolicies | None = None,
    on_unreachable: Callable[[int, str], None] | None = None,
    workers: int | None = None,
    ray: str | None = None,
    progress: Progress = no_progress,
) -> None:
    """Run the episodes of a queue; one that ends its worker gets an error record.

    Args:
        queue: Episodes to run.
        on_record: Callback for each record.
        failed_policies: See ``EpisodeRunner``.
        on_unreachable: See ``Scheduler``.
        workers: Number of processes, see ``run_jobs``.
        ray: Address of a Ray cluster to use instead of processes.
        progress: Callback for progress.
    """
    plan = queue.plan
    run_jobs(
        queue,
        partial(EpisodeRunner, plan, failed_policies=failed_policies),
        counted="episodes",
        workers=workers,
        ray=ray,
        progress=progress,
        on_result=on_record,
        on_failure=lambda number, reason: make_error_record(plan.make_episode_spec(number), reason),
        on_unreachable=on_unreachable,
    )


def evaluate(
    policies: PolicyLike | Sequence[PolicyLike],
    tasks: str | Path | Task | Sequence[str | Path | Task],
    suite: str | Path = "nominal",
    episodes: int = 20,
    *,
    seed: int = 0,
    workers: int | None = None,
    ray: str | None = None,
    out: str | Path | None = None,
    settings: Sequence[str] = (),
    until_ci_width: float | None = None,
    allow_pickle: bool = False,
    remote_mapping: str | Path | None = None,
    normalize: str | Path | None = None,
    python: str | None = None,
    latency: Latency = None,
    action_timeout: float = 30.0,
    perception: str | Path | None = None,
    observe: Sequence[str] | None = None,
    cameras: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
) -> EvaluationResult:
    """Evaluate policies on tasks under a suite.

    The episodes run in other processes, so a script calls this under ``if __name__ == "__main__":``. Called again with
    the same ``out``, an evaluation continues, however it was interrupted.

    Args:
        policies: One or several: a policy, a function from observation to action, or a name as on the command line. A
            function or an object declares its observations by attributes ``observe``, ``cameras`` and ``size``.
        tasks: One or several.
        suite: Name of a shipped suite, or path of a suite file.
        episodes: Number of episodes of each policy and task under each condition.
        seed: Seed of the first episode of each condition.
        workers: Number of processes; one for each core if left out.
        ray: Address of a Ray cluster to use instead, or ``auto``.
        out: Folder of the run; a new temporary folder if left out.
        settings: Fixed changes to every task, each as ``path=value``.
        until_ci_width: Width of the 95% interval of success at which a condition stops early.
        allow_pickle: If true, load Stable-Baselines3 archives, which may run code of their own.
        remote_mapping: File that maps observations and actions for policy servers; for checkpoints of LeRobot,
            networks, or else for functions and objects, if there is no server among the policies.
        normalize: File with the ``VecNormalize`` of a ``.zip``; one beside it is found.
        python: Interpreter of the environment in which LeRobot is installed, for ``lerobot:DIR``; this one if left out.
        latency: Simulated time that an inference takes, s, during which the world goes on; several repeat each policy;
            ``measured`` on this machine, once for a run; or a JSON file with seconds by policy.
        action_timeout: Time limit of a policy for one action, s.
        perception: Trained pose estimator, a shipped name or a folder: policies receive its estimates from camera
            images instead of the true poses. By default the one that the policies were trained with, if any.
        observe: Observation groups and image kinds for functions and objects, instead of those they declare.
        cameras: Cameras, with ``observe``; the task's first one if left out.
        size: Width and height of their images, px, with ``observe``; each camera's own if left out.
    """
    request = prepare_evaluation(
        policies,
        tasks,
        suite,
        episodes,
        seed=seed,
        settings=settings,
        until_ci_width=until_ci_width,
        allow_pickle=allow_pickle,
        remote_mapping=remote_mapping,
        normalize=normalize,
        python=python,
        latency=latency,
        out=None if out is None else Path(out),
        action_timeout=action_timeout,
        perception=perception,
        observation_request=ObservationRequest.parse(observe, cameras, size, "evaluate"),
    )
    folder = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="mygym_lite_"))
    return run_evaluation(request, folder, workers=workers, ray=ray)
