"""Formats of the report of a contract check."""

from __future__ import annotations

from collections.abc import Iterator

from mygym_lite.harness.contract.report import ContractReport, Finding
from mygym_lite.reports.text_table import format_table_lines

_HEAD = ("aspect", "outcome", "number", "note")


def format_report(report: ContractReport, width: int | None = None) -> str:
    """Format a table of the findings, then each mistake with its remedy."""
    table = format_table_lines([_HEAD, *map(_format_row, report.findings)], width)
    return "\n".join([*table, "", *_list_conclusions(report)]) + "\n"


def _format_row(finding: Finding) -> tuple[str, ...]:
    number = "-" if finding.number is None else f"{finding.number:.3g}"
    return finding.aspect, str(finding.outcome), number, finding.note


def _list_conclusions(report: ContractReport) -> Iterator[str]:
    subject = f"{report.policy} on {report.task} with {report.robot} in {report.control}"
    doubt = "" if report.agrees else " Its actions differ from the expert's, so that others may be hidden."
    if report.passed:
        yield f"{subject}: no mistake found.{doubt}"
        return
    yield f"{subject}: {len(report.mistakes)} found.{doubt}"
    for mistake in report.mistakes:
        yield f"- {mistake.aspect}: {mistake.remedy}"
