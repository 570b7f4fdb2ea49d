"""Evaluation: every policy on every task under every condition of a suite, kept on disk as it goes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.config.task import Task
from mygym_lite.harness.episode_queue import EpisodeQueue
from mygym_lite.harness.manifest import build_manifest
from mygym_lite.harness.plan import EvaluationPlan, make_evaluation_plan
from mygym_lite.harness.policy_check import check_policies
from mygym_lite.harness.result import EvaluationResult
from mygym_lite.harness.run_folder import RunFolderWriter
from mygym_lite.harness.runner import EpisodeRunner
from mygym_lite.harness.summary import write_summary
from mygym_lite.jobs.backends import open_backend
from mygym_lite.jobs.scheduler import Backend, Scheduler
from mygym_lite.perception.estimator_spec import EstimatorSpec
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.randomization.suite import load_suite
from mygym_lite.rollout.episode import make_error_record
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.terms import load_task

Progress = Callable[[EpisodeRecord | None, int, int], None]
"""Is told of every record, how many there are and how many there will be; of None before the first."""


def no_progress(_record: EpisodeRecord | None, _done: int, _total: int) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class EvaluationRequest:
    """What is to be evaluated, with the texts of the files that say so."""

    plan: EvaluationPlan
    settings: tuple[str, ...] = ()
    file_texts: dict[str, str] = field(default_factory=dict)


def prepare_evaluation(
    policies: Any, tasks: Sequence[str | Path | Task], suite: str | Path = "nominal", episodes: int = 20, seed: int = 0,
    settings: Sequence[str] = (), until_ci_width: float | None = None, allow_pickle: bool = False,
    remote_mapping: str | Path | None = None, action_timeout: float = 30.0, perception: str | Path | None = None,
    observation_request: ObservationRequest | None = None,
) -> EvaluationRequest:  # fmt: skip
    """Load everything that an evaluation names; what is wrong is refused here, before anything runs."""
    loaded = [load_task(task, settings) for task in ([tasks] if isinstance(tasks, str | Path | Task) else tasks)]
    several = policies if isinstance(policies, list | tuple) else [policies]
    sources = _sources(several, allow_pickle, remote_mapping, observation_request)
    eyes = None if perception is None else EstimatorSpec.resolve(perception)
    plan = make_evaluation_plan(
        loaded, sources, load_suite(suite), seed, episodes, until_ci_width, action_timeout, eyes
    )
    named = {
        f"task {task.name}": given for task, given in zip(loaded, tasks, strict=True) if not isinstance(given, Task)
    }
    files = {name: paths.find_file(paths.get_tasks_folder(), given) for name, given in named.items()}
    files["suite"] = paths.find_file(paths.get_evaluation_folder() / "suites", suite)
    texts = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    return EvaluationRequest(plan, tuple(settings), texts)


def _sources(
    policies: Sequence[Any], trust: bool, mapping: str | Path | None, request: ObservationRequest | None
) -> list[PolicySpec]:
    """Find the policies.

    A mapping is for the policy servers among them or, where there are none, for functions and objects; a request is
    for functions and objects.
    """
    kinds = [find_policy(policy, allow_pickle=trust).kind for policy in policies]
    mapped = next((kind for kind in ("remote", "function") if kind in kinds), None)
    return [
        find_policy(
            policy, allow_pickle=trust, remote_mapping=mapping if mapped in (kind, None) else None,
            request=request if kind == "function" or "function" not in kinds else None,
        )
        for policy, kind in zip(policies, kinds, strict=True)
    ]  # fmt: skip


def run_evaluation(
    request: EvaluationRequest, folder: Path, workers: int | None = None, ray: str | None = None, command: str = "",
    progress: Progress = no_progress,
) -> EvaluationResult:  # fmt: skip
    """Run what is missing of a run, then sum it up.

    Episodes of a policy server that could not be reached are not recorded: the same call plays them again.

    Args:
        request: What is evaluated.
        folder: Where the run is, or will be.
        workers: Processes; as many as there are cores if left out, and as there are CPUs in a Ray cluster.
        ray: Address of a Ray cluster to use instead of processes.
        command: How it was started, for the manifest.
        progress: Is told how it goes on.
    """
    plan, unmade = check_policies(request.plan, workers)
    about = build_manifest(plan, request.settings, command, request.file_texts)
    plan = plan.bind_policies(about["policies"])
    missed: dict[int, str] = {}
    with RunFolderWriter.create_or_resume(folder, about) as run:
        done = run.read_records()
        agenda = EpisodeQueue(plan, done)
        progress(None, len(done), agenda.total)
        if len(done) < agenda.total:
            with (
                open_backend(partial(EpisodeRunner, plan, failed_policies=unmade), workers, ray) as place,
                closing(make_scheduler(plan, agenda, place, missed.__setitem__).run()) as records,
            ):
                for count, record in enumerate(records, start=len(done) + 1):
                    run.append(record)
                    progress(record, count, agenda.total)
        result = EvaluationResult(run, missed)
        write_summary(result.summary, folder)
    return result


def make_scheduler(
    plan: EvaluationPlan,
    queue: EpisodeQueue,
    backend: Backend,
    on_unreachable: Callable[[int, str], None] | None = None,
) -> Scheduler[EpisodeRecord]:
    """Who plays which episode of a plan."""
    return Scheduler(
        queue, backend, lambda number, how: make_error_record(plan.make_episode_spec(number), how), on_unreachable
    )


def evaluate(
    policies: Any,
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
    action_timeout: float = 30.0,
    perception: str | Path | None = None,
    observe: Sequence[str] | None = None,
    cameras: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
) -> EvaluationResult:
    """Evaluate policies on tasks under a suite of conditions.

    The work is done by other processes, so a script calls this under ``if __name__ == "__main__":``. Called again with
    the same ``out`` it goes on where it was ended, however that was.

    Args:
        policies: One or several: a policy, a function from observation to action, or a name as on the command line. A
            function or an object says by its attributes ``observe``, ``cameras`` and ``size`` what it is to see.
        tasks: One or several.
        suite: A shipped suite's name or the path of a suite file.
        episodes: Of each policy and task under each condition.
        seed: Of the first episode of each condition.
        workers: Processes, as many as there are cores if left out.
        ray: Address of a Ray cluster instead, or ``auto``.
        out: Folder of the run; a new one among the system's temporary files if left out.
        settings: Fixed changes to every task, each as ``path=value``.
        until_ci_width: End a condition when the 95% interval of its success is as narrow as this.
        allow_pickle: Load Stable-Baselines3 archives, which may run code of their own.
        remote_mapping: File that says what policy servers are shown and what their answers mean; functions and objects where
            there is no server among the policies.
        action_timeout: Time a policy may take for one action, s.
        perception: Trained perception, a shipped name or a folder: policies are shown where things are seen through the
            cameras instead of where they are.
        observe: Groups and kinds of images that functions and objects are shown, instead of what they say themselves.
        cameras: Through which cameras, with ``observe``; the task's first one if left out.
        size: Width and height of their images, px, with ``observe``; each camera's own if left out.
    """
    request = ObservationRequest.parse(observe, cameras, size, "evaluate")
    several = [tasks] if isinstance(tasks, str | Path | Task) else list(tasks)
    question = prepare_evaluation(
        policies,
        several,
        suite,
        episodes,
        seed,
        settings,
        until_ci_width,
        allow_pickle,
        remote_mapping,
        action_timeout,
        perception,
        request,
    )
    folder = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="mygym_lite_"))
    return run_evaluation(question, folder, workers, ray)
