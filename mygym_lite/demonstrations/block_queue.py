"""The blocks of a recording that are still missing."""

from __future__ import annotations

from collections.abc import Mapping

from mygym_lite.demonstrations.block import Block
from mygym_lite.demonstrations.plan import EPISODES_PER_BLOCK, RecordingPlan
from mygym_lite.errors import UsageError


class BlockQueue:
    """Queue of blocks, in their order; counts episodes.

    If only successes count, their number decides how many blocks there are. A block in progress is assumed to succeed
    in all of its episodes, so that none is started too early.

    Args:
        plan: Plan of the recording.
        blocks: Blocks that are there already.
    """

    def __init__(self, plan: RecordingPlan, blocks: Mapping[int, Block]) -> None:
        self._plan = plan
        self.blocks = dict(blocks)
        self._assigned: set[int] = set()

    @property
    def done(self) -> int:
        """Number of episodes that count, at most those of the plan."""
        return min(self._plan.episodes, self._count_episodes())

    @property
    def total(self) -> int:
        """Number of episodes of the plan."""
        return self._plan.episodes

    def pop(self) -> int | None:
        """Return the first block that is neither there nor handed out, if it is needed."""
        self._require_success()
        number = 0
        while number in self.blocks or number in self._assigned:
            number += 1
        if not self._is_needed(number):
            return None
        self._assigned.add(number)
        return number

    def mark_done(self, result: Block) -> None:
        """Receive a recorded block."""
        self.blocks[result.number] = result

    def _count_episodes(self) -> int:
        only_successes = self._plan.only_successes
        return sum(sum(b.outcomes) if only_successes else len(b.outcomes) for b in self.blocks.values())

    def _is_needed(self, number: int) -> bool:
        if not self._plan.only_successes:
            return number < self._plan.block_count
        expected = EPISODES_PER_BLOCK * len(self._assigned - self.blocks.keys())
        return number < max(self.blocks, default=-1) or self._count_episodes() + expected < self._plan.episodes

    def _require_success(self) -> None:
        """Give up on a policy without any success in many episodes."""
        plan = self._plan
        if not plan.only_successes:
            return
        first_blocks = range(-(-plan.attempt_limit // EPISODES_PER_BLOCK))
        outcomes = [outcome for n in first_blocks if n in self.blocks for outcome in self.blocks[n].outcomes]
        outcomes = outcomes[: plan.attempt_limit]
        if len(outcomes) == plan.attempt_limit and not any(outcomes):
            raise UsageError(
                f"policy {plan.policy.label}: succeeds in none of {plan.attempt_limit} episodes of {plan.task.name}, "
                f"seeds {plan.seed} to {plan.seed + plan.attempt_limit - 1}; choose another policy, or leave out "
                "--only-successes"
            )
