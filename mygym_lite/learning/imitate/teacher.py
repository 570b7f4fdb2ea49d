"""Who shows how: the scripted expert, who is told the truth whatever the learner gets to see of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from mygym_lite.learning.expert import Expert
from mygym_lite.learning.steering import Array


class Teacher(Expert):
    """The expert, acting on the true state also where the environment shows what is seen of it."""

    def act(self, _observation: Any = None) -> Array:
        """What is right at this moment."""
        action: Array = self._act(self._env.state)
        return action.astype(np.float32)
