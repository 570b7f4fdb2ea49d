"""Demonstrations: a policy at work, kept for those who learn from it, in the formats that people use."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from mygym_lite.config.task import Task
from mygym_lite.demonstrations.block import Block, delete_blocks, read_blocks
from mygym_lite.demonstrations.block_queue import BlockQueue
from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.demonstrations import Demonstrations
from mygym_lite.demonstrations.export import require_writable_formats, write_formats
from mygym_lite.demonstrations.manifest import IDENTITY_KEYS, RECORDING_FOLDER, build_manifest
from mygym_lite.demonstrations.plan import NONE, RecordingPlan, plan_recording
from mygym_lite.demonstrations.worker import RecordingWorker
from mygym_lite.errors import UsageError
from mygym_lite.jobs.backends import open_backend
from mygym_lite.jobs.folder import Manifest
from mygym_lite.jobs.scheduler import Scheduler

Progress = Callable[[int, int], None]
"""Is told how many episodes there are, and how many there will be."""


def no_progress(_done: int, _total: int) -> None:
    """Nobody looks."""


def record(
    task: str | Path | Task,
    policy: Any = "expert",
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
    action_timeout: float = 30.0,
    workers: int | None = None,
    ray: str | None = None,
    progress: Progress = no_progress,
) -> Demonstrations:
    """Record demonstrations: episode i depends on these arguments and ``seed`` + i alone.

    The work is done by other processes, so a script calls this under ``if __name__ == "__main__":``. Called again with
    the same arguments it goes on where it was ended, however that was, and comes to the same arrays.

    Args:
        task: A shipped task's name, the path of a task file, or a task.
        policy: Who shows it, as for ``evaluate``: ``expert``, a saved policy's folder, ``module:function``, a policy.
        episodes: How many.
        out: Folder to keep them in; in memory alone if left out.
        formats: ``minari``, ``lerobot``.
        seed: Of the first episode.
        randomization: A preset's name, the path of one, or ``none``.
        noise: Standard deviation of what is added to the actions that are carried out, see
            ``mygym_lite.rollout.action_noise``; what is learned from stays the policy's own.
        cameras: Cameras whose pictures are observed and kept, none if left out.
        size: Their width and height, px; each camera's own if left out.
        only_successes: Go on until there are that many episodes that solved the task, and keep no others.
        settings: Fixed changes to the task, each as ``path=value``.
        perception: Trained perception to see things through, instead of being told where they are.
        allow_pickle: Whether a ``.zip`` of Stable-Baselines3 may be read.
        remote_mapping: A file that says how a policy server, a function or an object is spoken to.
        action_timeout: Time that the policy may take for one action, s.
        workers: Processes, as many as there are cores if left out.
        ray: Address of a Ray cluster instead, or ``auto``; its nodes have to share the folder.
        progress: Is told how it goes on.
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
        action_timeout=action_timeout,
    )
    if out is not None:
        return run_recording(plan(folder=Path(out)), workers, ray, progress)
    with tempfile.TemporaryDirectory() as folder:
        kept = run_recording(plan(folder=Path(folder) / "demonstrations"), workers, ray, progress)
        return Demonstrations(list(kept), kept.manifest)


def run_recording(
    plan: RecordingPlan, workers: int | None = None, ray: str | None = None, progress: Progress = no_progress
) -> Demonstrations:
    """Record what is missing, then write it all in the wanted formats."""
    with closing(RecordingWorker(plan)) as recorder:  # what does not fit together is refused before anything is begun
        env = recorder.env
        require_writable_formats(plan, env)
    with RECORDING_FOLDER.open(plan.folder, build_manifest(plan), IDENTITY_KEYS) as card:
        if not _finished(plan, card):
            blocks = _recorded(plan, workers, ray, progress)
            card = write_formats(plan, card, partial(_chosen, plan, blocks), env) | _counted(plan, blocks)
            RECORDING_FOLDER.write_manifest(plan.folder, card)
        delete_blocks(plan.folder)
    return Demonstrations.load(plan.folder)


def _finished(plan: RecordingPlan, card: Manifest) -> bool:
    """Whether everything is written and still there."""
    files = {plan.folder / name: size for name, size in card.get("files", {}).items()}
    return bool(card["finished"]) and all(
        file.is_file() and file.stat().st_size == size for file, size in files.items()
    )


def _recorded(plan: RecordingPlan, workers: int | None, ray: str | None, watch: Progress) -> list[Block]:
    """Every block, from now and from before."""
    wanted = BlockQueue(plan, read_blocks(plan.folder))
    watch(wanted.episode_count, plan.episodes)
    with (
        open_backend(partial(RecordingWorker, plan), workers, ray) as place,
        closing(Scheduler[Block](wanted, place, _give_up).run()) as blocks,
    ):
        for _ in blocks:
            watch(wanted.episode_count, plan.episodes)
    return [wanted.blocks[number] for number in sorted(wanted.blocks)]


def _give_up(number: int, how: str) -> NoReturn:
    raise UsageError(f"block {number}: {how}; the same command goes on with the others' work kept")


def _chosen(plan: RecordingPlan, blocks: Sequence[Block]) -> Iterator[Demonstration]:
    """The episodes that are wanted, in the order of their seeds."""
    left = plan.episodes
    for block in blocks:
        for shown in block.open_episodes(plan.folder)[:left] if left else ():
            left -= 1
            yield shown


def _counted(plan: RecordingPlan, blocks: Sequence[Block]) -> dict[str, Any]:
    """How many episodes were played for those that are kept."""
    outcomes = [outcome for block in blocks for outcome in block.outcomes]
    if not plan.only_successes:
        return {"finished": True, "episodes_played": plan.episodes}
    places = [place for place, success in enumerate(outcomes) if success]
    return {"finished": True, "episodes_played": places[plan.episodes - 1] + 1}
