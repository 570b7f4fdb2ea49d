"""Findings on each aspect of the contract, from the corrections and from the actions themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mygym_lite.harness.contract.agreement import PARTS, pair_actions
from mygym_lite.harness.contract.corrected_policy import CorrectedPolicy
from mygym_lite.harness.contract.linear_change import format_action_mapping
from mygym_lite.harness.contract.report import Finding, Outcome
from mygym_lite.harness.contract.search import MIN_AGREEMENT, Mistake

_MAX_SHARE_BEYOND = 0.02  # of the numbers of actions that may lie beyond the limits
_LIMIT = 1.001
_MIN_SENSITIVITY = 1e-6


def list_findings(
    corrected: CorrectedPolicy,
    mistakes: Sequence[Mistake],
    zeroed: Mapping[str, float | None],
    exchanged: Mapping[str, float | None],
) -> Iterator[Finding]:
    """List the findings on a policy.

    Args:
        corrected: Policy with the corrections of all mistakes.
        mistakes: The mistakes.
        zeroed: Change of the actions without each array.
        exchanged: Change of the actions with two images exchanged.
    """
    yield _describe_observations(corrected)
    yield _check_range(corrected)
    yield from _describe_agreement(corrected)
    yield from _list_aspects(corrected, mistakes)
    yield _describe_chunks(corrected)
    yield from _describe_statistics(corrected)
    for name, change in zeroed.items():
        yield _describe_sensitivity(f"reaction to '{name}' of zeros", change)
    for names, change in exchanged.items():
        yield _describe_sensitivity(f"reaction to {names} exchanged", change)


def _describe_observations(corrected: CorrectedPolicy) -> Finding:
    arrays = corrected.subject.episodes[0].observations[0]
    note = ", ".join(f"{name} {'x'.join(map(str, array.shape))} {array.dtype}" for name, array in arrays.items())
    return Finding("observations", Outcome.OK, len(arrays), f"arrays: {note}")


def _check_range(corrected: CorrectedPolicy) -> Finding:
    rows = np.concatenate([prediction.actions for prediction in corrected.predictions])
    if not np.isfinite(rows).all():
        share = float(np.mean(~np.isfinite(rows)))
        return Finding("range of actions", Outcome.WRONG, share, "share of NaN or infinity", "correct the policy")
    share = float(np.mean(np.abs(rows) > _LIMIT))
    clipped = " and are clipped" if corrected.action_mapping.clip else ""
    note = f"share of numbers that are beyond -1 to 1{clipped}, {rows.min():.3g} to {rows.max():.3g}"
    if corrected.action_mapping.clip or share <= _MAX_SHARE_BEYOND:
        return Finding("range of actions", Outcome.OK, share, note)
    return Finding("range of actions", Outcome.WRONG, share, note, "[action] scale and shift, or clip = true")


def _describe_agreement(corrected: CorrectedPolicy) -> Iterator[Finding]:
    for part in PARTS:
        value = corrected.agreement.get(part)
        if value is not None:
            suffix = ", with all corrections below" if corrected.corrections else ""
            note = f"R squared against the expert on the same observations{suffix}"
            yield Finding(f"agreement of the {part}", _rate_agreement(value), value, note)


def _rate_agreement(agreement: float | None) -> Outcome:
    return Outcome.OK if agreement is not None and agreement >= MIN_AGREEMENT else Outcome.UNCLEAR


def _list_aspects(corrected: CorrectedPolicy, mistakes: Sequence[Mistake]) -> Iterator[Finding]:
    """List the aspects for which there are corrections: wrong, or else as sure as the actions agree."""
    by_aspect = {mistake.correction.aspect: mistake for mistake in mistakes}
    for aspect, part in corrected.list_aspects().items():
        mistake = by_aspect.get(aspect)
        if mistake is not None:
            yield _describe_mistake(corrected, mistake)
        elif corrected.agreement.get(part) is not None:
            outcome = _rate_agreement(corrected.agreement.get(part))
            note = "as the expert's" if outcome is Outcome.OK else "no correction agrees with the expert"
            yield Finding(aspect, outcome, None, note)


def _describe_mistake(corrected: CorrectedPolicy, mistake: Mistake) -> Finding:
    """Describe a mistake; the lines of its remedy hold the mapping of the actions with all corrections."""
    correction = mistake.correction
    lines = [] if correction.linear is None else [format_action_mapping(corrected.action_mapping)]
    remedy = ", ".join([correction.remedy] * bool(correction.remedy) + lines)
    note = f"{correction.mistake}: R squared {mistake.before:.2f}, corrected {mistake.after:.2f}"
    return Finding(correction.aspect, Outcome.WRONG, mistake.after - mistake.before, note, remedy)


def _describe_chunks(corrected: CorrectedPolicy) -> Finding:
    longest = max(len(prediction.actions) for prediction in corrected.predictions)
    hz = corrected.subject.env.task.episode.control_hz
    return Finding("actions of an inference", Outcome.OK, longest, f"{longest / hz:.3g} s at {hz:g} Hz")


def _describe_statistics(corrected: CorrectedPolicy) -> Iterator[Finding]:
    rows, expert = pair_actions(corrected.predictions)
    for part in PARTS:
        columns = corrected.subject.space.select(part)
        ours, theirs = expert[:, columns], rows[:, columns]
        if ours.size and np.isfinite(theirs).all():
            moments = [f"{values.mean():.2f} and {values.std():.2f}" for values in (theirs, ours)]
            note = f"mean and deviation {moments[0]}, of the expert {moments[1]}"
            yield Finding(f"statistics of the {part}", Outcome.OK, float(theirs.mean() - ours.mean()), note)


def _describe_sensitivity(aspect: str, change: float | None) -> Finding:
    if change is None:
        return Finding(aspect, Outcome.UNCLEAR, None, "the policy fails, or answers with NaN")
    outcome = Outcome.OK if change > _MIN_SENSITIVITY else Outcome.UNUSED
    return Finding(aspect, outcome, change, "change of the actions against their size")
