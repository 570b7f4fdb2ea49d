"""Search for the corrections with which a policy agrees with the expert."""

from __future__ import annotations

from dataclasses import dataclass

from mygym_lite.harness.contract.corrected_policy import CorrectedPolicy
from mygym_lite.harness.contract.correction import Correction

_MAX_MISTAKES = 3
MIN_GAIN = 0.25  # of R squared, by which a correction has to improve the actions
MIN_AGREEMENT = 0.5  # R squared of the improved part; below, the improvement explains little


@dataclass(frozen=True)
class Mistake:
    """Mistake in the contract, shown by the gain of its correction."""

    correction: Correction
    before: float
    """Agreement of the affected part of the action with the expert, R squared."""
    after: float
    """The same with the correction."""


def find_mistakes(corrected: CorrectedPolicy) -> tuple[list[Mistake], CorrectedPolicy]:
    """Find mistakes one after the other, that of the largest gain first; return them, and the policy without them."""
    mistakes: list[Mistake] = []
    while len(mistakes) < _MAX_MISTAKES:
        found = _find_best(corrected)
        if found is None:
            break
        mistake, corrected = found
        mistakes.append(mistake)
    return mistakes, corrected


def _find_best(corrected: CorrectedPolicy) -> tuple[Mistake, CorrectedPolicy] | None:
    options = [
        option for correction in corrected.list_candidates() if (option := _try(corrected, correction)) is not None
    ]
    return max(options, key=lambda option: option[0].after - option[0].before, default=None)


def _try(corrected: CorrectedPolicy, correction: Correction) -> tuple[Mistake, CorrectedPolicy] | None:
    """Apply a correction, and return it as a mistake if it improves the actions clearly."""
    before = corrected.agreement.get(correction.part)
    if before is None or before > 1.0 - MIN_GAIN:
        return None
    improved = corrected.add(correction)
    after = None if improved is None else improved.agreement.get(correction.part)
    if improved is None or after is None or after - before < MIN_GAIN or after < MIN_AGREEMENT:
        return None
    return Mistake(correction, before, after), improved
