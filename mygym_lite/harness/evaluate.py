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
from mygym_lite.harness.episode_queue import Agenda
from mygym_lite.harness.manifest import manifest
from mygym_lite.harness.plan import Plan, make_plan
from mygym_lite.harness.policy_check import check_policies
from mygym_lite.harness.result import Result
from mygym_lite.harness.run_folder import RunWriter
from mygym_lite.harness.runner import Stage
from mygym_lite.harness.summary import write_summary
from mygym_lite.jobs.backends import place_for
from mygym_lite.jobs.scheduler import Dispatch, Place
from mygym_lite.perception.estimator_spec import EyesSource
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy_lookup import source
from mygym_lite.policies.policy_spec import PolicySource
from mygym_lite.randomization.suite import load_suite
from mygym_lite.rollout.episode import void
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.terms import load_task

Watch = Callable[[EpisodeRecord | None, int, int], None]
"""Is told of every record, how many there are and how many there will be; of None before the first."""


def unwatched(_record: EpisodeRecord | None, _done: int, _total: int) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class Question:
    """What is to be evaluated, with the texts of the files that say so."""

    plan: Plan
    settings: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)


def ask(
    policies: Any, tasks: Sequence[str | Path | Task], suite: str | Path = "nominal", episodes: int = 20, seed: int = 0,
    settings: Sequence[str] = (), until_width: float | None = None, trust: bool = False,
    mapping: str | Path | None = None, patience: float = 30.0, perceive: str | Path | None = None,
    request: ObservationRequest | None = None,
) -> Question:  # fmt: skip
    """Load everything that an evaluation names; what is wrong is refused here, before anything runs."""
    loaded = [load_task(task, settings) for task in ([tasks] if isinstance(tasks, str | Path | Task) else tasks)]
    several = policies if isinstance(policies, list | tuple) else [policies]
    sources = _sources(several, trust, mapping, request)
    eyes = None if perceive is None else EyesSource.find(perceive)
    plan = make_plan(loaded, sources, load_suite(suite), seed, episodes, until_width, patience, eyes)
    named = {
        f"task {task.name}": given for task, given in zip(loaded, tasks, strict=True) if not isinstance(given, Task)
    }
    files = {name: paths.find(paths.tasks(), given) for name, given in named.items()}
    files["suite"] = paths.find(paths.evaluation() / "suites", suite)
    texts = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    return Question(plan, tuple(settings), texts)


def _sources(
    policies: Sequence[Any], trust: bool, mapping: str | Path | None, request: ObservationRequest | None
) -> list[PolicySource]:
    """Find the policies.

    A mapping is for the policy servers among them or, where there are none, for functions and objects; a request is
    for functions and objects.
    """
    kinds = [source(policy, trust=trust).kind for policy in policies]
    mapped = next((kind for kind in ("remote", "function") if kind in kinds), None)
    return [
        source(
            policy, trust=trust, mapping=mapping if mapped in (kind, None) else None,
            request=request if kind == "function" or "function" not in kinds else None,
        )
        for policy, kind in zip(policies, kinds, strict=True)
    ]  # fmt: skip


def conduct(
    question: Question, folder: Path, workers: int | None = None, ray: str | None = None, command: str = "",
    watch: Watch = unwatched,
) -> Result:  # fmt: skip
    """Run what is missing of a run, then sum it up.

    Episodes of a policy server that could not be reached are not recorded: the same call plays them again.

    Args:
        question: What is evaluated.
        folder: Where the run is, or will be.
        workers: Processes; as many as there are cores if left out, and as there are CPUs in a Ray cluster.
        ray: Address of a Ray cluster to use instead of processes.
        command: How it was started, for the manifest.
        watch: Is told how it goes on.
    """
    plan, unmade = check_policies(question.plan, workers)
    about = manifest(plan, question.settings, command, question.texts)
    plan = plan.bound_to(about["policies"])
    missed: dict[int, str] = {}
    with RunWriter.begin(folder, about) as run:
        done = run.records()
        agenda = Agenda(plan, done)
        watch(None, len(done), agenda.total)
        if len(done) < agenda.total:
            with (
                place_for(partial(Stage, plan, unmade=unmade), workers, ray) as place,
                closing(dispatch(plan, agenda, place, missed.__setitem__).records()) as records,
            ):
                for count, record in enumerate(records, start=len(done) + 1):
                    run.append(record)
                    watch(record, count, agenda.total)
        result = Result(run, missed)
        write_summary(result.summary, folder)
    return result


def dispatch(
    plan: Plan, agenda: Agenda, place: Place, missed: Callable[[int, str], None] | None = None
) -> Dispatch[EpisodeRecord]:
    """Who plays which episode of a plan."""
    return Dispatch(agenda, place, lambda number, how: void(plan.spec(number), how), missed)


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
    until_width: float | None = None,
    trust: bool = False,
    mapping: str | Path | None = None,
    patience: float = 30.0,
    perceive: str | Path | None = None,
    observe: Sequence[str] | None = None,
    cameras: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
) -> Result:
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
        until_width: End a condition when the 95% interval of its success is as narrow as this.
        trust: Load Stable-Baselines3 archives, which may run code of their own.
        mapping: File that says what policy servers are shown and what their answers mean; functions and objects where
            there is no server among the policies.
        patience: Time a policy may take for one action, s.
        perceive: Trained perception, a shipped name or a folder: policies are shown where things are seen through the
            cameras instead of where they are.
        observe: Groups and kinds of images that functions and objects are shown, instead of what they say themselves.
        cameras: Through which cameras, with ``observe``; the task's first one if left out.
        size: Width and height of their images, px, with ``observe``; each camera's own if left out.
    """
    request = ObservationRequest.checked(observe, cameras, size, "evaluate")
    several = [tasks] if isinstance(tasks, str | Path | Task) else list(tasks)
    question = ask(
        policies, several, suite, episodes, seed, settings, until_width, trust, mapping, patience, perceive, request
    )  # fmt: skip
    folder = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="mygym_lite_"))
    return conduct(question, folder, workers, ray)
