"""The folder of a recording."""

from __future__ import annotations

from mygym_lite.harness.carded import Carded
from mygym_lite.harness.recording.block import FOLDER

RECORDING = Carded(
    "demonstrations.json", "mygym_lite record", "recording", FOLDER, ("git", "finished", "files", "tried")
)
