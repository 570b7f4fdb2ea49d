"""Measure the scripted expert on every task, with several robots, in both engines."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, get_args

from mygym_lite import provenance
from mygym_lite.code_fingerprint import compute_simulation_fingerprint
from mygym_lite.config.task import list_tasks
from mygym_lite.config.task_physics import EngineName
from mygym_lite.errors import UsageError, suggest
from mygym_lite.harness.evaluate import EvaluationRequest, prepare_evaluation
from mygym_lite.jobs.manifest import describe_declaration
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.perception.metadata import find_estimator, read_metadata
from mygym_lite.perception.targets import is_locatable
from mygym_lite.studies.baselines.measure import summarize_condition
from mygym_lite.studies.randomization.evaluation import run_episodes
from mygym_lite.studies.result_files import SCHEMA, Result, get_results_folder, read_result, write_result
from mygym_lite.terms import load_task

EXPERT, THROUGH_PERCEPTION = "expert", "expert_perception"
"""Results of the expert on true poses, and on estimated ones."""
ROBOTS = ("humanoid_right", "humanoid_left", "panda")
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
_SHARED_INPUTS = ("robot", "engine", "perception", "episodes", "seed", "policy_digest", "simulation")


class World(NamedTuple):
    """Robot and engine of a result."""

    robot: str
    engine: EngineName
    perception: str | None = None

    @property
    def name(self) -> str:
        """Name of its result and of its run."""
        perception = f"-{Path(self.perception).name}" if self.perception else ""
        return f"{Path(self.robot).stem}-{self.engine}{perception}"

    @property
    def order(self) -> int:
        """Place of its result in a table."""
        robot = ROBOTS.index(self.robot) if self.robot in ROBOTS else len(ROBOTS)
        return robot * len(ENGINES) + ENGINES.index(self.engine)

    @property
    def settings(self) -> list[str]:
        """Changes to each task."""
        return [f"robot.model={self.robot}", f"physics.engine={self.engine}"]


def study_expert(
    tasks: Sequence[str] = (),
    robots: Sequence[str] = ROBOTS,
    engines: Sequence[EngineName] = ENGINES,
    out: str | Path | None = None,
    runs: str | Path | None = None,
    *,
    episodes: int = 200,
    seed: int = 0,
    perception: str | Path | None = None,
    workers: int | None = None,
    progress: Progress = no_progress,
) -> list[Result]:
    """Run the expert on tasks, and write one result file for each robot and engine, which later calls complete.

    Other processes do the work, so a script calls this under ``if __name__ == "__main__":``.

    Args:
        tasks: Names of shipped tasks; empty for all.
        robots: Names of robots, or files.
        engines: Physics engines.
        out: Folder of the results; that of the shipped ones if left out.
        runs: Folder of the recorded episodes, from which an interrupted call resumes; a temporary one if left out.
        episodes: Number of episodes on each task.
        seed: Seed of the first episode.
        perception: Trained pose estimator, shipped or a folder: the expert acts on its estimates.
        workers: Number of processes; one for each core if left out.
        progress: Callback for progress.
    """
    for engine in engines:
        if engine not in ENGINES:
            raise UsageError(f"no engine '{engine}'{suggest(engine, ENGINES)}")
    results = get_results_folder(THROUGH_PERCEPTION if perception else EXPERT) if out is None else Path(out)
    folder = Path(tempfile.mkdtemp(prefix="mygym_lite_") if runs is None else runs)
    name = None if perception is None else str(perception)
    worlds = [World(robot, engine, name) for robot, engine in product(robots, engines)]
    requests = {
        world: [_prepare(task, world, episodes, seed) for task in tasks or _list_solvable(name)] for world in worlds
    }
    return list(_measure(requests, results, folder, workers, progress))


def _prepare(task: str, world: World, episodes: int, seed: int) -> EvaluationRequest:
    return prepare_evaluation(
        EXPERT, task, "nominal", episodes, seed=seed, settings=world.settings, perception=world.perception
    )


def _list_solvable(perception: str | None) -> Sequence[str]:
    """List all shipped tasks, or those with objects that an estimator can locate."""
    if perception is None:
        return list_tasks()
    metadata = read_metadata(find_estimator(perception))
    return [name for name in list_tasks() if is_locatable(load_task(name), metadata)]


def _measure(
    requests: dict[World, list[EvaluationRequest]], out: Path, runs: Path, workers: int | None, progress: Progress
) -> Iterator[Result]:
    """Measure each world on the tasks that have no up-to-date result, and write its result after each task."""
    for world, of_tasks in requests.items():
        result = _describe(world, of_tasks[0])
        tasks = _read_tasks(out, world, result)
        for request in of_tasks:
            [task], digest = request.plan.tasks, _compute_digest(request)
            if tasks.get(task.name, {}).get("task_digest") != digest:
                counted = f"episodes of {task.name}, {world.name}"
                records = run_episodes(request, runs / world.name / task.name, counted, workers, progress)
                chosen = [r for r in records if r.seed < request.plan.seed + request.plan.episodes]
                tasks[task.name] = summarize_condition(chosen, task) | {"task_digest": digest}
            result |= {"command": _format_command(world, list(tasks), result), "tasks": tasks}
            write_result(out, world.name, result)
        yield result


def _read_tasks(out: Path, world: World, result: Result) -> dict[str, Any]:
    """Read the results by task of an earlier call, if they are of the same episodes."""
    previous = read_result(out, world.name)
    is_same = previous is not None and all(previous.get(name) == result[name] for name in _SHARED_INPUTS)
    return dict(previous["tasks"]) if previous and is_same else {}


def _compute_digest(request: EvaluationRequest) -> str:
    """Compute the digest of the task with the settings of the world."""
    digest: str = describe_declaration(request.plan.tasks[0])["digest"]
    return digest


def _format_command(world: World, tasks: Sequence[str], result: Result) -> str:
    """Format the command that reproduces a result; it names the tasks if they are not all."""
    names = "" if set(tasks) == set(_list_solvable(world.perception)) else "".join(f"{task} " for task in tasks)
    return (
        f"mygym-lite study expert {names}--robots {world.robot} --engines {world.engine} "
        f"--episodes {result['episodes']} --seed {result['seed']}"
        f"{f' --perception {world.perception}' if world.perception else ''}"
    )


def _describe(world: World, request: EvaluationRequest) -> Result:
    """Return the provenance of a result."""
    plan = request.plan
    return {
        "schema": SCHEMA,
        "order": world.order,
        "robot": world.robot,
        "engine": world.engine,
        "perception": None if plan.perception is None else plan.perception.describe(),
        "episodes": plan.episodes,
        "seed": plan.seed,
        "policy_digest": plan.policies[0].describe()["digest"],
        "version": provenance.read_version("mygym_lite"),
        "simulation": compute_simulation_fingerprint(),
        "machine": provenance.describe_machine(),
    }
