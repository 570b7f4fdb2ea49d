"""Short films of recorded episodes, small enough to be part of a page."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from mygym_lite.errors import MyGymError
from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.harness.replay import replay
from mygym_lite.harness.store import Run

_SIZE = (320, 240)  # px

Clips = dict[tuple[Path, int], bytes]


def clips(episodes: Sequence[tuple[Run, EpisodeRecord]], trust: bool = False) -> Clips:
    """Film some episodes, by folder of the run and number; one that cannot be lived again here is left out."""
    films: Clips = {}
    with tempfile.TemporaryDirectory() as folder:
        for run, record in episodes:
            film = Path(folder) / "episode.webm"
            try:
                played = replay(run, record, film, size=_SIZE, overlay=False, trust=trust)
            except MyGymError:
                continue
            if played.same:
                films[run.folder, record.episode] = film.read_bytes()
    return films
