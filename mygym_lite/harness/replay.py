"""Replay of a recorded episode: the same numbers must come out, and it can be filmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory

from mygym_lite.errors import UsageError
from mygym_lite.files import write_atomically
from mygym_lite.harness.plan_restoration import restore_plan
from mygym_lite.harness.replayer import ReplayJob, replay_jobs
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.policies.policy import PolicyLike
from mygym_lite.rollout.record import EpisodeRecord


@dataclass(frozen=True)
class ReplayResult:
    """A recorded episode and its replay."""

    original: EpisodeRecord
    repeated: EpisodeRecord

    @property
    def identical(self) -> bool:
        """True if both are equal to the bit."""
        return self.original.digest == self.repeated.digest

    @property
    def differences(self) -> list[str]:
        """Names of the fields that differ."""
        names = [entry.name for entry in fields(EpisodeRecord) if entry.compare]
        return [name for name in names if getattr(self.original, name) != getattr(self.repeated, name)]


def replay(
    run: RunFolder | str | Path,
    episode: int | EpisodeRecord,
    video: str | Path | None = None,
    *,
    cameras: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    overlay: bool = False,
    policy: PolicyLike | None = None,
    allow_code: bool = False,
    perception: str | Path | None = None,
) -> ReplayResult:
    """Replay a recorded episode in another process, which the policy may break or hang.

    A script calls this under ``if __name__ == "__main__":``.

    Args:
        run: Run, or its folder.
        episode: Record or number of the episode.
        video: File of a video, ``.webm``, or of a contact sheet, ``.png``.
        cameras: Cameras of the video; the task's first one if left out.
        size: Width and height of the video, px; the camera's own if left out.
        overlay: If true, show forces, rewards and success in the video.
        policy: Policy that acted, if it was given from Python, so that the run cannot find it again.
        allow_code: If true, import the code that the run names, and load a Stable-Baselines3 archive: both run foreign
            code, and a run of others may name anything.
        perception: Trained pose estimator of the run, if it was moved.
    """
    run = run if isinstance(run, RunFolder) else RunFolder.open(run)
    recorded = find_record(run, episode.episode if isinstance(episode, EpisodeRecord) else episode)
    plan = restore_plan(run, recorded.policy, policy, allow_code=allow_code, perception=perception)
    if video is None:
        return ReplayResult(recorded, _run(ReplayJob(plan, recorded)))
    with _open_video(Path(video)) as file:
        job = ReplayJob(plan, recorded, file, cameras=tuple(cameras), size=size, overlay=overlay)
        return ReplayResult(recorded, _run(job))


def _run(job: ReplayJob) -> EpisodeRecord:
    [outcome] = replay_jobs([job], workers=1)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@contextmanager
def _open_video(path: Path) -> Iterator[Path]:
    """Provide a temporary file that is moved to its path on success; leftovers of a broken process are removed."""
    from mygym_lite.viz.video import require_video_suffix

    require_video_suffix(path)
    with write_atomically(path) as part, TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        file = Path(folder) / path.name
        yield file
        file.replace(part)


def find_record(run: RunFolder, episode: int) -> EpisodeRecord:
    """Return the record of an episode."""
    records = run.read_records()
    for record in records:
        if record.episode == episode:
            return record
    known = f"0 to {records[-1].episode}" if records else "none yet"
    raise UsageError(f"{run.folder}: holds no episode {episode}; its numbers are {known}")
