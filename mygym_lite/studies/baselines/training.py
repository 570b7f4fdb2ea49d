"""Training of the shipped baselines, each by its declared command."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

from mygym_lite.errors import UsageError
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.jobs.queue import FixedQueue
from mygym_lite.jobs.run import run_jobs
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat
from mygym_lite.policies.metadata import METADATA_FILE
from mygym_lite.studies.baselines.declared import BASELINES_FILE, Baseline, read_baselines, select_baselines


class BaselineTraining(NamedTuple):
    """One training of a baseline."""

    baseline: Baseline
    seed: int
    folder: Path
    """Folder of the policy."""

    @property
    def is_finished(self) -> bool:
        """Return True if the policy was trained already."""
        return (self.folder / METADATA_FILE).is_file()

    def run(self) -> None:
        """Train the policy; its folder is complete or absent."""
        part, start = (self.folder.with_name(f".{self.folder.name}{suffix}") for suffix in ("", "-start"))
        for stale in (part, start):
            shutil.rmtree(stale, ignore_errors=True)
        words = [*shlex.split(self.baseline.training_command), "--out", str(part), "--seed", str(self.seed)]
        if self.baseline.start_command:
            _run_command([*shlex.split(self.baseline.start_command), "--out", str(start), "--seed", str(self.seed)])
            words += ["--start", str(start)]
        _run_command(words)
        part.rename(self.folder)
        shutil.rmtree(start, ignore_errors=True)


def _run_command(words: Sequence[str]) -> None:
    """Run a command of this package in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "mygym_lite", *words[1:]], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise UsageError(f"{shlex.join(words)}: {reason}")


class _TrainingWorker:
    """Trains any of the baselines."""

    def __init__(self, trainings: Sequence[BaselineTraining], _heartbeat: Heartbeat = no_heartbeat) -> None:
        self._trainings = trainings

    def run_job(self, number: int) -> int:
        """Train one."""
        self._trainings[number].run()
        return number


def train_baselines(
    names: Sequence[str] = (),
    out: str | Path = "runs/trained",
    *,
    seeds: int = 1,
    workers: int | None = None,
    baselines_file: Path | None = None,
    progress: Progress = no_progress,
) -> list[Path]:
    """Train baselines by their declared commands, and return the folders of the policies.

    Trainings that an earlier call finished are kept. Other processes do the work, so a script calls this under
    ``if __name__ == "__main__":``.

    Args:
        names: Names of declared baselines; empty for all that are trained.
        out: Folder of the policies, which are named by policy and seed.
        seeds: Number of trainings of each policy, with the seeds 0, 1, ...
        workers: Number of processes; one for each core if left out.
        baselines_file: File of declared baselines instead of the shipped one.
        progress: Callback for progress.
    """
    trainings = _list_trainings(names, Path(out), seeds, baselines_file)
    missing = [number for number, training in enumerate(trainings) if not training.is_finished]
    Path(out).mkdir(parents=True, exist_ok=True)
    queue = FixedQueue(missing, len(trainings) - len(missing))
    make_worker = partial(_TrainingWorker, trainings)
    run_jobs(queue, make_worker, noun="training", counted="policies", workers=workers, progress=progress)
    return [training.folder for training in trainings]


def _list_trainings(names: Sequence[str], out: Path, seeds: int, baselines_file: Path | None) -> list[BaselineTraining]:
    """List the trainings; baselines of the same policy share one."""
    selected = select_baselines(names, read_baselines(baselines_file))
    if name := next((name for name in names if not selected[name].training_command), None):
        raise UsageError(f"baseline '{name}' in {BASELINES_FILE} has no training_command; leave it out")
    by_policy = {Path(b.policy).name: b for b in selected.values() if b.training_command}
    return [
        BaselineTraining(baseline, seed, out.absolute() / f"{policy}-{seed}")
        for (policy, baseline), seed in product(by_policy.items(), range(seeds))
    ]
