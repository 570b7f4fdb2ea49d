"""Episodes that ended in an error instead of an outcome of the task: their number and first message."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mygym_lite.rollout.record import EpisodeRecord

POLICY_ERROR, PHYSICS_ERROR = "policy_error", "physics_error"
_MAX_MESSAGE = 200  # characters


@dataclass(frozen=True)
class EpisodeErrors:
    """Episodes of a policy that ended in one kind of error."""

    code: str
    count: int
    episodes: int
    """Number of all episodes."""
    message: str
    """Message of the first one."""

    @property
    def covers_all(self) -> bool:
        """True if every episode ended in this error."""
        return self.count == self.episodes

    @property
    def fraction_text(self) -> str:
        """Count in words: ``8 of 10 episodes``."""
        if not self.covers_all:
            return f"{self.count:,} of {self.episodes:,} episodes"
        return "the only episode" if self.episodes == 1 else f"all {self.episodes:,} episodes"

    @property
    def sentence(self) -> str:
        """Count, code and message: ``8 of 10 episodes ended in policy_error: KeyError: 'elbow'``."""
        message = textwrap.shorten(self.message, _MAX_MESSAGE, placeholder=" ...")
        return f"{self.fraction_text} ended in {self.code}{f': {message}' if message else ''}"


def count_errors(records: Iterable[EpisodeRecord]) -> tuple[EpisodeErrors, ...]:
    """Count errors by code, those of the policy first, without codes that ended no episode."""
    ordered = sorted(records, key=lambda record: record.episode)
    by_code = {code: [r for r in ordered if r.failure == code] for code in (POLICY_ERROR, PHYSICS_ERROR)}
    return tuple(
        EpisodeErrors(code, len(failed), len(ordered), failed[0].message or "")
        for code, failed in by_code.items()
        if failed
    )


def has_outcome(records: Iterable[EpisodeRecord]) -> bool:
    """Return True if any episode has an outcome; a policy that breaks in all of them has no success rate, not 0."""
    return any(record.failure != POLICY_ERROR for record in records)


def has_only_policy_errors(errors: Sequence[EpisodeErrors]) -> bool:
    """Return True if every episode of a policy ended in a policy error."""
    return any(error.code == POLICY_ERROR and error.covers_all for error in errors)
