"""Formats of the result of a gate: text, Markdown for a pull request, and JUnit XML for a server."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from mygym_lite.harness.gate.decision import Outcome
from mygym_lite.harness.gate.gate import GateResult, TaskOutcome, count_outcomes
from mygym_lite.harness.report.markdown import escape_markdown
from mygym_lite.reports.text_table import format_table_lines
from mygym_lite.text import escape_control_characters

_HEAD = ("task", "policy", "against", "seeds", "difference", "interval", "outcome")


def format_text(result: GateResult, width: int | None = None) -> str:
    """Format a table of the outcomes, wrapped to a width, and the outcome on the whole."""
    table = format_table_lines([_HEAD, *_list_rows(result)], width)
    return "\n".join([*table, "", format_sentence(result)]) + "\n"


def format_markdown(result: GateResult) -> str:
    """Format the same as Markdown."""
    rows = [_HEAD, ("---",) * len(_HEAD), *(map(escape_markdown, row) for row in _list_rows(result))]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"### {result.outcome}\n\n{escape_markdown(format_sentence(result))}\n\n{table}\n"


def format_junit(result: GateResult) -> str:
    """Format a test case for each policy and task: WORSE is a failure, and too few episodes are an error."""
    counts = {outcome: str(count_outcomes(result.outcomes, outcome)) for outcome in Outcome}
    suite = ElementTree.Element(
        "testsuite",
        name=f"mygym-lite gate {result.run} --against {result.against}",
        tests=str(len(result.outcomes)),
        failures=counts[Outcome.WORSE],
        errors=counts[Outcome.TOO_FEW],
    )
    for entry in result.outcomes:
        _add_case(suite, result, entry)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{escape_control_characters(text)}\n'


def _add_case(suite: ElementTree.Element, result: GateResult, entry: TaskOutcome) -> None:
    name = entry.policy if entry.policy == entry.reference else f"{entry.policy} against {entry.reference}"
    case = ElementTree.SubElement(suite, "testcase", classname=entry.task, name=name)
    message = f"{entry.decision.outcome}: {_format_difference(entry)}"
    kind = {Outcome.WORSE: "failure", Outcome.TOO_FEW: "error"}.get(entry.decision.outcome)
    if kind is not None:
        ElementTree.SubElement(case, kind, message=message, type=entry.decision.outcome.replace(" ", "_"))
    ElementTree.SubElement(case, "system-out").text = f"{message} over {entry.seeds} seeds; {_describe_method(result)}"


def format_sentence(result: GateResult) -> str:
    """Format the outcome on the whole in a sentence."""
    outcome = {
        Outcome.BETTER: "BETTER: nothing is worse, and something is better",
        Outcome.WORSE: "WORSE: something is worse",
        Outcome.SAME: f"SAME: every difference is smaller than {100.0 * result.margin:g} points",
        Outcome.TOO_FEW: "TOO FEW EPISODES: nothing has been shown to be worse" + _format_more(result),
    }[result.outcome]
    return f"{outcome} ({_describe_method(result)})."


def _format_more(result: GateResult) -> str:
    more = result.more_episodes
    return ", and no answer is in sight" if more is None else f"; about {more} more are needed"


def _describe_method(result: GateResult) -> str:
    return f"{result.score}, {100.0 * result.confidence:g}% intervals that hold at all times"


def _list_rows(result: GateResult) -> Iterator[tuple[str, ...]]:
    for entry in result.outcomes:
        difference, interval = _format_difference(entry).split(" points", 1)
        yield (
            entry.task if entry.suite == "nominal" else f"{entry.task} ({entry.suite})",
            entry.policy,
            entry.reference,
            str(entry.seeds),
            difference,
            interval.strip(" []"),
            str(entry.decision.outcome),
        )


def _format_difference(entry: TaskOutcome) -> str:
    value, low, high = (None if x is None else 100.0 * x for x in entry.decision.difference)
    interval = "" if low is None or high is None else f" [{low:+.1f} to {high:+.1f}]"
    return f"{value:+.1f} points{interval}"
