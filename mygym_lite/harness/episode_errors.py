"""Episodes that ended in an error instead of an outcome of the task: how many they are, and the first message."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mygym_lite.rollout.record import EpisodeRecord

POLICY_ERROR, PHYSICS_ERROR = "policy_error", "physics_error"
_LONGEST = 200  # characters of a message


@dataclass(frozen=True)
class EpisodeErrors:
    """The episodes that ended in one kind of error, among those of a policy."""

    code: str
    count: int
    episodes: int
    """Of how many."""
    message: str
    """Of the first of them."""

    @property
    def covers_all(self) -> bool:
        """Whether no episode ended in another way."""
        return self.count == self.episodes

    @property
    def fraction_text(self) -> str:
        """The count in words: ``8 of 10 episodes``."""
        if not self.covers_all:
            return f"{self.count:,} of {self.episodes:,} episodes"
        return "the only episode" if self.episodes == 1 else f"all {self.episodes:,} episodes"

    @property
    def sentence(self) -> str:
        """Count, code and message: ``8 of 10 episodes ended in policy_error: KeyError: 'elbow'``."""
        said = textwrap.shorten(self.message, _LONGEST, placeholder=" ...")
        return f"{self.fraction_text} ended in {self.code}{f': {said}' if said else ''}"


def count_errors(records: Iterable[EpisodeRecord]) -> tuple[EpisodeErrors, ...]:
    """Errors by code, those of the policy first; none for a code that ended no episode."""
    every = sorted(records, key=lambda record: record.episode)
    found = {code: [record for record in every if record.failure == code] for code in (POLICY_ERROR, PHYSICS_ERROR)}
    return tuple(
        EpisodeErrors(code, len(ended), len(every), ended[0].message or "") for code, ended in found.items() if ended
    )


def has_outcome(records: Iterable[EpisodeRecord]) -> bool:
    """Whether any episode has an outcome: a policy that breaks in every one has no success rate, not one of 0."""
    return any(record.failure != POLICY_ERROR for record in records)


def has_only_policy_errors(errors: Sequence[EpisodeErrors]) -> bool:
    """Whether these errors are all there is of a policy."""
    return any(found.code == POLICY_ERROR and found.covers_all for found in errors)
