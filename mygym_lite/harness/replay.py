"""An episode of an earlier run, lived again: the same numbers must come out, and it can be filmed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mygym_lite.errors import UsageError
from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.harness.replayer import Job, replay_jobs
from mygym_lite.harness.restore import plan_of
from mygym_lite.harness.store import Run
from mygym_lite.harness.written import written_whole


@dataclass(frozen=True)
class Replay:
    """What was recorded, and what came out this time."""

    recorded: EpisodeRecord
    replayed: EpisodeRecord

    @property
    def same(self) -> bool:
        """Whether it is the same to the bit."""
        return self.recorded.digest == self.replayed.digest

    @property
    def different(self) -> list[str]:
        """The names of what differs."""
        names = [each.name for each in fields(EpisodeRecord) if each.compare]
        return [name for name in names if getattr(self.recorded, name) != getattr(self.replayed, name)]


def replay(
    run: Run | str | Path,
    episode: int | EpisodeRecord,
    video: str | Path | None = None,
    cameras: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    overlay: bool = False,
    policy: Any = None,
    trust: bool = False,
    perceive: str | Path | None = None,
) -> Replay:
    """Run a recorded episode again, in another process, which the policy may break or hang.

    A script calls this under ``if __name__ == "__main__":``.

    Args:
        run: The run, or its folder.
        episode: Its record or number.
        video: Film it, as ``.webm`` or as a ``.png`` sheet of moments.
        cameras: Through which of the task's cameras, the first one if left out.
        size: Width and height of the film in px, the camera's own if left out.
        overlay: Whether forces, rewards and success are shown on the film.
        policy: The policy that acted, where the run cannot know how to find it again: one given from Python.
        trust: Import what the run names, and load a Stable-Baselines3 archive: both run code that is not of this
            library. A run that others made may name anything.
        perceive: The trained perception of the run, where it is not where it was.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    recorded = find(run, episode.episode if isinstance(episode, EpisodeRecord) else episode)
    plan = plan_of(run, recorded.policy, policy, trust, perceive)
    if video is None:
        return Replay(recorded, _replayed(Job(plan, recorded)))
    with _film_file(Path(video)) as film:
        return Replay(recorded, _replayed(Job(plan, recorded, film, tuple(cameras), size, overlay)))


def _replayed(job: Job) -> EpisodeRecord:
    [outcome] = replay_jobs([job], workers=1)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@contextmanager
def _film_file(path: Path) -> Iterator[Path]:
    """A place for a film, from which it is moved when all went well; what a broken process leaves there is removed."""
    from mygym_lite.harness.pictures.video import require_ending

    require_ending(path)
    with written_whole(path) as part, TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        film = Path(folder) / path.name
        yield film
        film.replace(part)


def find(run: Run, number: int) -> EpisodeRecord:
    """The record of an episode."""
    records = run.records()
    for record in records:
        if record.episode == number:
            return record
    known = f"0 to {records[-1].episode}" if records else "none yet"
    raise UsageError(f"{run.folder}: holds no episode {number}; its numbers are {known}")
