"""How imitation is divided where ranges widen: stages, demonstrations in each, and the pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.adr import Adr, Pace, Widening, automatic
from mygym_lite.spec.vary import Variation

_BEGINS_WITH = 1 / 3  # of the demonstrations, before it is tried for the first time
_JUDGED = 2  # episodes at a boundary before it moves: both solved, or none
_REACHES = 1.5  # how far ranges could grow if everything were solved, in units of the preset
_HALF = 0.5  # of the stages, in which a curriculum reaches the whole of its ranges


@dataclass(frozen=True)
class Course:
    """What widens, how, and what is shown meanwhile.

    Args:
        variations: Where ranges may end.
        widening: ``adr`` moves what is tried and succeeds or fails, ``curriculum`` all alike.
        episodes: That are shown and succeed.
        noise: Deviation of what is done from what is right.
        stages: Into which the learning is divided.
        visits: Episodes of the learner in each of them.
        corrected: Whether it also learns from how the teacher ends what it began, as DAgger does.
    """

    variations: Sequence[Variation]
    widening: Widening
    episodes: int
    noise: float
    stages: int
    visits: int
    corrected: bool

    def ranges(self, env: TaskEnv) -> Adr:
        """Ranges without any width yet."""
        adr = automatic(env.task, self.variations)
        adr.pace = self._pace(adr) if self.widening == "adr" else Pace(boundary_share=0.0)
        return adr

    def _pace(self, adr: Adr) -> Pace:
        """Steps so large that a learner that always succeeds arrives where the preset ends."""
        judged = self.stages * self.visits / (_JUDGED * len(adr.boundaries))
        return Pace(boundary_share=1.0, episodes=_JUDGED, step=min(1.0, _REACHES / max(judged, 1.0)))

    @property
    def tried(self) -> bool:
        """Whether anything comes of episodes of the learner before it has learned from everything."""
        return self.widening == "adr" or self.corrected

    @property
    def shares(self) -> list[int]:
        """How many demonstrations there are in each stage; together they are as many as there would be without."""
        first = max(2, round(_BEGINS_WITH * self.episodes)) if self.stages > 1 else self.episodes
        each, more = divmod(max(0, self.episodes - first), max(1, self.stages - 1))
        return [first, *(each + (number < more) for number in range(self.stages - 1))]

    def strength(self, stage: int) -> float:
        """How wide a curriculum's ranges are in a stage; in the first there are none, unless it is the only one."""
        return min(1.0, stage / max(1.0, _HALF * self.stages)) if self.stages > 1 else 1.0
