"""Recorded episodes with the tokens of their instruction, for learners that observe more than the recorded policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np

from mygym_lite.config.instructions.vocabulary import Vocabulary, encode_instruction
from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.demonstrations.demonstration import Demonstration


@dataclass(frozen=True)
class InstructedEpisodes(Sequence[Demonstration]):
    """Episodes whose records hold an instruction, with the observation ``instruction`` added on access.

    Args:
        episodes: Episodes in memory or on disk.
        vocabulary: Token of each word.
    """

    episodes: Sequence[Demonstration]
    vocabulary: Vocabulary

    def __len__(self) -> int:
        """Return the number of episodes."""
        return len(self.episodes)

    @overload
    def __getitem__(self, number: int) -> Demonstration: ...
    @overload
    def __getitem__(self, number: slice) -> list[Demonstration]: ...
    def __getitem__(self, number: int | slice) -> Demonstration | list[Demonstration]:
        """Return one episode, or several."""
        if isinstance(number, slice):
            return [self._add_tokens(episode) for episode in self.episodes[number]]
        return self._add_tokens(self.episodes[number])

    def _add_tokens(self, episode: Demonstration) -> Demonstration:
        tokens = encode_instruction(episode.record["instruction"], self.vocabulary)
        rows = np.tile(tokens, (len(episode) + 1, 1))
        return replace(episode, observations={**episode.observations, INSTRUCTION: rows})
