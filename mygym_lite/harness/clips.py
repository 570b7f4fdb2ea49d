"""Short films of recorded episodes, small enough to be part of a page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from mygym_lite.errors import MyGymError
from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.harness.replay import replay
from mygym_lite.harness.store import Run

_SIZE = (320, 240)  # px

Clips = dict[tuple[Path, int], bytes]


def _ignore(_reason: str) -> None:
    """Leave the reasons unsaid."""


def clips(
    episodes: Sequence[tuple[Run, EpisodeRecord]], trust: bool = False, on_missing: Callable[[str], None] = _ignore
) -> Clips:
    """Film some episodes, by folder of the run and number; one that cannot be lived again here is left out.

    Args:
        episodes: Which ones.
        trust: Load a Stable-Baselines3 archive, which may run code of its own.
        on_missing: Is given each reason for which films are missing, once.
    """
    films: Clips = {}
    reasons: dict[str, None] = {}
    with tempfile.TemporaryDirectory() as folder:
        for run, record in episodes:
            film = Path(folder) / "episode.webm"
            try:
                played = replay(run, record, film, size=_SIZE, overlay=False, trust=trust)
            except MyGymError as error:
                reasons[str(error)] = None
                continue
            if played.same:
                films[run.folder, record.episode] = film.read_bytes()
            else:
                reasons["an episode does not come out the same here"] = None
    for reason in reasons:
        on_missing(reason)
    return films
