"""A run's plan from its manifest, without the files that it was read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mygym_lite.errors import SpecError, UsageError
from mygym_lite.harness.eyes_source import EyesSource
from mygym_lite.harness.manifest import simulation_digest
from mygym_lite.harness.plan import Plan
from mygym_lite.harness.store import MANIFEST, Run
from mygym_lite.learning.find import source
from mygym_lite.learning.mapping import MappingFile
from mygym_lite.learning.request import ObservationRequest
from mygym_lite.learning.source import PolicySource
from mygym_lite.spec.combine import Combine
from mygym_lite.spec.suite import Axis, Suite
from mygym_lite.spec.task import Task
from mygym_lite.strict import Where, build
from mygym_lite.terms import load_task


def plan_of(run: Run, label: str, given: Any = None, trust: bool = False, perceive: str | Path | None = None) -> Plan:
    """The plan of a run, from its manifest alone.

    Args:
        run: Which one.
        label: The policy that is to act again; of the others only the names are known.
        given: That policy, where it cannot be found by its name.
        trust: Run the code that the manifest names, of the policy and of the tasks' own terms.
        perceive: The trained perception of the run, where it is not where it was.

    Raises:
        UsageError: The simulation is another one by now, or so is the policy or what it saw through; or the manifest
            names code, and is not trusted.
    """
    about = run.manifest
    if about["simulation"] != simulation_digest():
        was = f"revision {about['git']['revision'][:12]}" if about["git"] else f"version {about['version']}"
        raise UsageError(f"{run.folder}: was made by {was} of mygym_lite, whose code or assets were others; use that")
    try:
        return _plan(about, label, given, trust, perceive)
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{run.folder / MANIFEST}: was changed or is damaged ({type(error).__name__}: {error}); copy the run again"
        ) from error


def _plan(about: dict[str, Any], label: str, given: Any, trust: bool, perceive: str | Path | None) -> Plan:
    if not trust:
        _refuse_code(about, None if given is not None else label)
    tasks = tuple(_task(table["fields"]) for table in about["tasks"].values())
    policies = tuple(
        _policy(name, card, given, trust) if name == label else PolicySource(name, card["source"])
        for name, card in about["policies"].items()
    )
    return Plan(
        tasks, policies, _suite(about["suite"]), about["seed"], about["episodes"], about["until_width"],
        about["patience"], _eyes(about.get("perception"), perceive),
    )  # fmt: skip


def _refuse_code(about: dict[str, Any], label: str | None) -> None:
    """Refuse a manifest by which code of its author's choice would be run: of this policy, or of any task."""
    named = [f"task {name}: its term {term}" for name, table in about["tasks"].items() for term in _terms(table)]
    card = about["policies"].get(label)
    if card is not None and PolicySource("", card["source"]).runs_foreign_code:
        named.append(f"policy {label}: {card['source']}")
    if named:
        raise UsageError(
            f"{named[0]} is code that the run names, and it may do anything; if you trust whoever made the run, "
            "add --trust (in Python: trust=True)"
        )


def _terms(table: Any) -> Iterator[str]:
    """The terms, anywhere in a task's table, that are imported from a module."""
    if isinstance(table, dict):
        if isinstance(table.get("term"), str) and ":" in table["term"]:
            yield table["term"]
        table = list(table.values())
    for item in table if isinstance(table, list) else ():
        yield from _terms(item)


def _task(table: dict[str, Any]) -> Task:
    return load_task(build(Task, table, Where(f"{table['name']}.toml")))


def _suite(table: dict[str, Any]) -> Suite:
    where = Where(f"{table['name']}.toml")
    axes = tuple(
        Axis(axis["name"], axis["group"], axis["about"], axis["changes"], tuple(axis["needs"]),
             tuple(axis["observes"]), tuple(axis["levels"]), where.at("axes", axis["name"]))
        for axis in table["axes"]
    )  # fmt: skip
    combine = build(Combine, table["combine"], where) if "combine" in table else None
    return Suite(table["name"], table["about"], axes, tuple(table["levels"]), combine)


def _eyes(card: dict[str, Any] | None, given: str | Path | None) -> EyesSource | None:
    if card is None:
        if given is not None:
            raise UsageError(f"perception {given}: nothing was perceived in the run; leave it out")
        return None
    try:
        found = EyesSource.find(card["source"] if given is None else given)
        now = found.card()
    except SpecError as error:
        raise UsageError(f"perception: cannot be found again ({error}); say where it is as --perceive") from error
    if (now["digest"], now["code"]) != (card["digest"], card["code"]):
        raise UsageError(f"perception {found.name}: is another one than in the run; give that as --perceive")
    return found


def _policy(label: str, card: dict[str, Any], given: Any, trust: bool) -> PolicySource:
    try:
        mapping = card.get("mapping")
        found = source(
            card["source"] if given is None else given, trust=trust,
            mapping=None if mapping is None else MappingFile(f"mapping of policy {label}", mapping["text"]),
            request=_request(label, card),
        )  # fmt: skip
    except SpecError as error:
        raise UsageError(f"policy {label}: cannot be found again ({error}); say where it is as --policy") from error
    if found.card()["digest"] != card["digest"]:
        raise UsageError(f"policy {label}: {found.name} is another one than in the run; give that as --policy")
    return replace(found, label=label).bound_to(card)


def _request(label: str, card: dict[str, Any]) -> ObservationRequest | None:
    """The request that was noted, or an empty one, so that nothing is imported here to read it."""
    if card.get("kind") != "function":
        return None
    return ObservationRequest.of_table(card.get("request", {}), f"policy {label}") or ObservationRequest()
