"""Which blocks are still to be recorded."""

from __future__ import annotations

from collections.abc import Mapping

from mygym_lite.demonstrations.block import Block
from mygym_lite.demonstrations.plan import EPISODES_PER_BLOCK, RecordingPlan
from mygym_lite.errors import UsageError


class BlockQueue:
    """Hands out blocks in their order.

    Where only successes count, there are as many blocks as it takes: one that is being recorded is hoped to hold
    nothing else, so that none is begun in vain as long as it may.

    Args:
        plan: Of the recording.
        blocks: The blocks that are there already.
    """

    def __init__(self, plan: RecordingPlan, blocks: Mapping[int, Block]) -> None:
        self._plan = plan
        self.blocks = dict(blocks)
        self._given: set[int] = set()

    @property
    def episode_count(self) -> int:
        """Episodes that count, up to those that are wanted."""
        counted = (sum(b.outcomes) if self._plan.only_successes else len(b.outcomes) for b in self.blocks.values())
        return min(self._plan.episodes, sum(counted))

    def pop(self) -> int | None:
        """The first block that is neither there nor given, if it is needed."""
        self._require_hope()
        number = 0
        while number in self.blocks or number in self._given:
            number += 1
        if not self._needed(number):
            return None
        self._given.add(number)
        return number

    def mark_done(self, result: Block) -> None:
        """One is recorded."""
        self.blocks[result.number] = result

    def _needed(self, number: int) -> bool:
        if not self._plan.only_successes:
            return number < self._plan.block_count
        hoped = EPISODES_PER_BLOCK * len(self._given - self.blocks.keys())
        found = sum(sum(block.outcomes) for block in self.blocks.values())
        return number < max(self.blocks, default=-1) or found + hoped < self._plan.episodes

    def _require_hope(self) -> None:
        """Give up on a policy that did not succeed once in many episodes."""
        plan = self._plan
        first = [outcome for number in range(-(-plan.attempt_limit // EPISODES_PER_BLOCK)) if number in self.blocks
                 for outcome in self.blocks[number].outcomes][: plan.attempt_limit]  # fmt: skip
        if plan.only_successes and len(first) == plan.attempt_limit and not any(first):
            raise UsageError(
                f"policy {plan.policy.label}: succeeds in none of {plan.attempt_limit} episodes of {plan.task.name}, seeds "
                f"{plan.seed} to {plan.seed + plan.attempt_limit - 1}; choose another policy, or leave out --only-successes"
            )
