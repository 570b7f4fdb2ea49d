"""Declaration of the stages of a task, its ordered sub-goals."""

from __future__ import annotations

from dataclasses import dataclass, field

from mygym_lite.config.checks import TermCall
from mygym_lite.schema import quantity

DONE = "done"
"""Name of the stage in ``info`` once all of them are reached."""
BONUS = "bonus"
"""Name of the reward term that pays the bonus of a stage."""


@dataclass(frozen=True)
class Stage:
    """A sub-goal: the current stage is reached once all of its checks hold, and then the next one becomes current."""

    name: str = quantity(doc="name, as in results")
    checks: dict[str, TermCall] = quantity(doc='NAME = { term = "TERM", ... }; reached once all of them hold in a step')
    reward: dict[str, TermCall] = field(
        default_factory=dict,
        metadata={"doc": 'NAME = { term = "TERM", weight = 1, ... }; counted while the stage is current'},
    )
    bonus: float = quantity(0.0, low=0.0, high=1e6, doc="reward for reaching it, paid once")

    def join_name(self, term: str) -> str:
        """Return the name of one of its reward terms in ``info``."""
        return f"{self.name}.{term}"


def list_reward_names(stage: Stage) -> list[str]:
    """List the names of its reward terms in ``info``, with that of the bonus if it has one."""
    return [stage.join_name(term) for term in (*stage.reward, *([BONUS] if stage.bonus else ()))]
