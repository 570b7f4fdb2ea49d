"""The folder of a dataset."""

from __future__ import annotations

from mygym_lite.harness.carded import Carded
from mygym_lite.harness.dataset.shard import FOLDER

DATASET = Carded("dataset.json", "mygym_lite dataset", "dataset", FOLDER, ("git",))
