"""The panel of policies that every task is measured with: scripted ones, and clones of the expert."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from mygym_lite.jobs.progress import Progress
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.policies.metadata import METADATA_FILE
from mygym_lite.studies.difficulty.policy_names import CLONE, RANDOMIZED_CLONE, SCRIPTED

_PRESET = "full"
_HISTORY = 5  # observations, in which a policy can recognise the conditions of its episode


@dataclass(frozen=True)
class Panel:
    """Policies of one task.

    The clones are perceptrons over plain observations. The levels of the suites were set with them, so they stay as
    they are while the learners improve.

    Args:
        task: Name of the task.
        folder: Folder of the trained policies.
        demonstrations: Demonstrations of each training.
    """

    task: str
    folder: Path
    demonstrations: int

    @property
    def policies(self) -> dict[str, str]:
        """Policy by its name in the panel, as for ``--policy``."""
        trained = {name: str(self._get_folder(name)) for name in (CLONE, RANDOMIZED_CLONE)}
        return {name: name for name in SCRIPTED} | trained

    def train(self, progress: Progress) -> None:
        """Train the missing policies."""
        self._train(CLONE, None, NetworkConfig(), progress)
        self._train(RANDOMIZED_CLONE, _PRESET, NetworkConfig(history=_HISTORY), progress)

    def _train(self, name: str, preset: str | None, network: NetworkConfig, progress: Progress) -> None:
        folder = self._get_folder(name)
        if (folder / METADATA_FILE).is_file():
            return
        part = folder.with_name(f".{folder.name}")
        shutil.rmtree(part, ignore_errors=True)
        imitate(
            self.task,
            "bc",
            part,
            randomization=preset,
            network=network,
            demonstrations=DemonstrationConfig.for_task(self.task, episodes=self.demonstrations),
            progress=progress,
        )
        part.rename(folder)

    def _get_folder(self, name: str) -> Path:
        return self.folder / f"{self.task}-{name}-{self.demonstrations}"
