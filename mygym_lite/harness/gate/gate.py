"""Outcomes on the policies of a run against those of a baseline, task by task, and on the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.harness.compare import Comparison, compare_runs
from mygym_lite.harness.gate.decision import Decision, Outcome, decide
from mygym_lite.harness.run_folder import RunFolder

Score = Literal["success", "progress"]
SCORES: tuple[Score, ...] = ("success", "progress")
DEFAULT_MARGIN = 0.05
_PRIORITY = (Outcome.WORSE, Outcome.TOO_FEW, Outcome.BETTER, Outcome.SAME)


@dataclass(frozen=True)
class TaskOutcome:
    """Outcome on one policy on one task."""

    policy: str
    reference: str
    task: str
    suite: str
    seeds: int
    """Number of paired seeds; the score of a seed is the mean over its conditions."""
    decision: Decision


@dataclass(frozen=True)
class GateResult:
    """Outcomes of a gate."""

    run: Path
    against: Path
    score: Score
    margin: float
    confidence: float
    """Of all statements together: each is made at a higher level, by Bonferroni's correction."""
    outcomes: tuple[TaskOutcome, ...]

    @property
    def outcome(self) -> Outcome:
        """The whole: WORSE if any is, else TOO FEW EPISODES if any is, else BETTER if any is, else SAME."""
        found = {entry.decision.outcome for entry in self.outcomes}
        return next(outcome for outcome in _PRIORITY if outcome in found)

    @property
    def passed(self) -> bool:
        """True for BETTER and SAME."""
        return self.outcome in (Outcome.BETTER, Outcome.SAME)

    @property
    def more_episodes(self) -> int | None:
        """Episodes that an answer is expected to need beyond the present ones; None if unknown or none."""
        missing = [entry.decision for entry in self.outcomes if entry.decision.outcome is Outcome.TOO_FEW]
        counts = [decision.more_episodes for decision in missing]
        return None if not counts or None in counts else max(count for count in counts if count is not None)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        return {
            "outcome": self.outcome.value,
            "passed": self.passed,
            "more_episodes": self.more_episodes,
            "run": str(self.run),
            "against": str(self.against),
            "score": self.score,
            "margin": self.margin,
            "confidence": self.confidence,
            "outcomes": [_describe(entry) for entry in self.outcomes],
        }


def gate(
    run: str | Path,
    against: str | Path,
    *,
    margin: float = DEFAULT_MARGIN,
    score: Score = "success",
    confidence: float = 0.95,
) -> GateResult:
    """Decide whether the policies of a run are better than, worse than, or the same as those of a baseline.

    Episodes are paired by seed. The outcomes hold however often the gate is asked while episodes are added: with all
    policies and tasks as good as before, the probability that any is ever called WORSE is at most half of
    ``1 - confidence``.

    Args:
        run: Folder of the candidate's run.
        against: Folder of the baseline's run, with the same tasks, suite and seed.
        margin: Size of a difference that does not matter, 0 to 1.
        score: ``success``, or ``progress`` for the share of the stages that an episode reached.
        confidence: Confidence level of all outcomes together.

    Raises:
        UsageError: The runs have other tasks, suites or seeds, or a policy broke in every episode.
    """
    _require_share("margin", margin)
    _require_share("confidence", confidence)
    if score not in SCORES:
        raise ConfigError(f"score: '{score}' is not a score; use success or progress")
    folders = Path(run), Path(against)
    comparisons = compare_runs(RunFolder.open(folders[1]), RunFolder.open(folders[0]))
    level = 1.0 - (1.0 - confidence) / len(comparisons)
    outcomes = tuple(_decide(comparison, score, margin, level) for comparison in comparisons)
    return GateResult(*folders, score, margin, confidence, outcomes)


def _require_share(name: str, value: float) -> None:
    if not 0.0 < value < 1.0:
        raise ConfigError(f"{name} must be between 0 and 1, got {value:g}")


def _decide(comparison: Comparison, score: Score, margin: float, confidence: float) -> TaskOutcome:
    if not comparison.comparable:
        broken = " and ".join(_list_broken(comparison))
        raise UsageError(f"{comparison.task}: {broken} failed in every episode; see compare, and evaluate it again")
    differences = comparison.seed_differences[score]
    if differences.size == 0:
        raise UsageError(f"{comparison.task}: no seed has a {score} under every condition; {_advise(score)}")
    return TaskOutcome(
        policy=comparison.policy,
        reference=comparison.reference,
        task=comparison.task,
        suite=comparison.suite,
        seeds=differences.size,
        decision=decide(differences, margin, confidence),
    )


def _list_broken(comparison: Comparison) -> Iterable[str]:
    sides = ((comparison.policy, comparison.errors), (comparison.reference, comparison.reference_errors))
    return dict.fromkeys(policy for policy, errors in sides if errors)


def _advise(score: Score) -> str:
    return "its task has no stages: use the score success" if score == "progress" else "evaluate both runs to the end"


def _describe(entry: TaskOutcome) -> dict[str, Any]:
    decision = entry.decision
    return {
        "task": entry.task,
        "suite": entry.suite,
        "policy": entry.policy,
        "reference": entry.reference,
        "seeds": entry.seeds,
        "outcome": decision.outcome.value,
        "difference": decision.difference._asdict(),
        "more_episodes": decision.more_episodes,
    }


def count_outcomes(outcomes: Sequence[TaskOutcome], outcome: Outcome) -> int:
    """Count the outcomes of one kind."""
    return sum(entry.decision.outcome is outcome for entry in outcomes)
