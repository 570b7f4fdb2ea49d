"""Demonstrations: recorded episodes of a policy to learn from, in the field's formats."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from mygym_lite.config.task import Task
from mygym_lite.demonstrations.block import Block, delete_blocks, read_blocks
from mygym_lite.demonstrations.block_queue import BlockQueue
from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.demonstrations import Demonstrations
from mygym_lite.demonstrations.export import require_writable_formats, write_formats
from mygym_lite.demonstrations.manifest import RECORDING_FOLDER, build_manifest
from mygym_lite.demonstrations.plan import NONE, RecordingPlan, plan_recording
from mygym_lite.demonstrations.worker import RecordingWorker
from mygym_lite.jobs.manifest import Manifest
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.jobs.run import run_jobs
from mygym_lite.policies.policy import PolicyLike


def record(
    task: str | Path | Task,
    policy: PolicyLike = "expert",
    episodes: int = 100,
    out: str | Path | None = None,
    formats: Sequence[str] = ("minari",),
    *,
    seed: int = 0,
    randomization: str | Path = NONE,
    noise: float = 0.0,
    cameras: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    only_successes: bool = False,
    settings: Sequence[str] = (),
    perception: str | Path | None = None,
    allow_pickle: bool = False,
    remote_mapping: str | Path | None = None,
    normalize: str | Path | None = None,
    python: str | None = None,
    action_timeout: float = 30.0,
    workers: int | None = None,
    ray: str | None = None,
    progress: Progress = no_progress,
) -> Demonstrations:
    """Record demonstrations; episode i depends on these arguments and ``seed`` + i alone.

    Other processes do the work, so a script calls this under ``if __name__ == "__main__":``. Called again with the
    same arguments, an interrupted command continues, and arrives at the same arrays.

    Args:
        task: Name of a shipped task, path of a task file, or a task.
        policy: Policy as for ``evaluate``: ``expert``, the folder of a saved policy, ``module:function``, an object.
        episodes: Number of episodes.
        out: Folder of the recording; memory alone if left out.
        formats: Some of ``minari``, ``lerobot``.
        seed: Seed of the first episode.
        randomization: Name of a preset, path of one, or ``none``.
        noise: Standard deviation of the noise on executed actions, see ``mygym_lite.rollout.action_noise``;
            the recorded labels stay the policy's own actions.
        cameras: Cameras whose images are observed and recorded; none if left out.
        size: Width and height of the images, px; each camera's own if left out.
        only_successes: If true, continue until `episodes` episodes succeeded, and drop the others.
        settings: Fixed changes to the task, each as ``path=value``.
        perception: Trained pose estimator whose estimates the policy receives instead of the true poses; by default the
            one that it was trained with, if any.
        allow_pickle: If true, load a ``.zip`` of Stable-Baselines3, which may run code of its own.
        remote_mapping: File that maps observations and actions for a policy server, network, function or object.
        normalize: File with the ``VecNormalize`` of a ``.zip``; one beside it is found.
        python: Interpreter of the environment in which LeRobot is installed, for ``lerobot:DIR``; this one if left out.
        action_timeout: Time limit of the policy for one action, s.
        workers: Number of processes; one for each core if left out.
        ray: Address of a Ray cluster to use instead, or ``auto``; its nodes have to share the folder.
        progress: Callback for progress.
    """
    plan = partial(
        plan_recording,
        task,
        policy,
        episodes,
        formats=formats,
        randomization=randomization,
        noise=noise,
        cameras=cameras,
        size=size,
        only_successes=only_successes,
        seed=seed,
        settings=settings,
        perception=perception,
        allow_pickle=allow_pickle,
        remote_mapping=remote_mapping,
        normalize=normalize,
        python=python,
        action_timeout=action_timeout,
    )
    if out is not None:
        return run_recording(plan(folder=Path(out)), workers, ray, progress)
    with tempfile.TemporaryDirectory() as folder:
        recorded = run_recording(plan(folder=Path(folder) / "demonstrations"), workers, ray, progress)
        return Demonstrations(list(recorded), recorded.manifest)


def run_recording(
    plan: RecordingPlan, workers: int | None = None, ray: str | None = None, progress: Progress = no_progress
) -> Demonstrations:
    """Record the missing blocks, then write the demonstrations in all formats of the plan."""
    with closing(RecordingWorker(plan)) as worker:  # incompatible arguments are refused before anything is written
        env = worker.env
        require_writable_formats(plan, env)
    with RECORDING_FOLDER.open(plan.folder, build_manifest(plan)) as manifest:
        if not _is_finished(plan, manifest):
            queue = BlockQueue(plan, read_blocks(plan.folder))
            make_worker = partial(RecordingWorker, plan)
            run_jobs(queue, make_worker, noun="block", counted="episodes", workers=workers, ray=ray, progress=progress)
            blocks = [queue.blocks[number] for number in sorted(queue.blocks)]
            manifest = write_formats(plan, manifest, partial(_select_episodes, plan, blocks), env)
            manifest |= {"finished": True, "episodes_played": _count_attempts(plan, blocks)}
            RECORDING_FOLDER.write_manifest(plan.folder, manifest)
        delete_blocks(plan.folder)
    return Demonstrations.load(plan.folder)


def _is_finished(plan: RecordingPlan, manifest: Manifest) -> bool:
    """Return True if all files were written and are still there."""
    sizes = {plan.folder / name: size for name, size in manifest.get("files", {}).items()}
    return bool(manifest["finished"]) and all(
        file.is_file() and file.stat().st_size == size for file, size in sizes.items()
    )


def _select_episodes(plan: RecordingPlan, blocks: Sequence[Block]) -> Iterator[Demonstration]:
    """Yield the episodes of the plan, in the order of their seeds."""
    remaining = plan.episodes
    for block in blocks:
        for demonstration in block.open_episodes(plan.folder)[:remaining] if remaining else ():
            remaining -= 1
            yield demonstration


def _count_attempts(plan: RecordingPlan, blocks: Sequence[Block]) -> int:
    """Count the episodes that were run for those that are saved."""
    if not plan.only_successes:
        return plan.episodes
    outcomes = [outcome for block in blocks for outcome in block.outcomes]
    return [index for index, success in enumerate(outcomes) if success][plan.episodes - 1] + 1
