"""Report of a contract check: one finding for each aspect of the contract between a policy and a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """Outcome on one aspect."""

    OK = "ok"
    WRONG = "WRONG"
    UNCLEAR = "unclear"
    UNUSED = "unused"


@dataclass(frozen=True)
class Finding:
    """Outcome on one aspect of the contract."""

    aspect: str
    outcome: Outcome
    number: float | None
    """Measured number, of which ``note`` says the meaning."""
    note: str
    remedy: str = ""
    """Lines of a mapping, or settings of the task."""


@dataclass(frozen=True)
class ContractReport:
    """Findings on a policy on a task."""

    policy: str
    task: str
    robot: str
    control: str
    episodes: int
    first_seed: int
    findings: Sequence[Finding]

    @property
    def mistakes(self) -> list[Finding]:
        """Findings of a mistake."""
        return [finding for finding in self.findings if finding.outcome is Outcome.WRONG]

    @property
    def agrees(self) -> bool:
        """True if the actions resemble the expert's, with all corrections; otherwise mistakes may be hidden."""
        return all(finding.outcome is not Outcome.UNCLEAR for finding in self.findings)

    @property
    def passed(self) -> bool:
        """True if no mistake was found."""
        return not self.mistakes

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        findings = [asdict(finding) | {"outcome": finding.outcome.value} for finding in self.findings]
        return {**asdict(self), "passed": self.passed, "agrees": self.agrees, "findings": findings}
