"""An episode of an earlier run, lived again: the same numbers must come out, and it can be filmed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import SpecError, UsageError
from mygym_lite.files import written_whole
from mygym_lite.fingerprint import simulation_digest
from mygym_lite.harness.plan import Plan
from mygym_lite.harness.replayer import Job, replay_jobs
from mygym_lite.harness.run_folder import MANIFEST, Run
from mygym_lite.perception.estimator_spec import EyesSource
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy_lookup import source
from mygym_lite.policies.policy_spec import PolicySource
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.randomization.suite import Axis, Combine, Suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.schema import Where, build
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


@dataclass(frozen=True)
class Replay:
    """What was recorded, and what came out this time."""

    recorded: EpisodeRecord
    replayed: EpisodeRecord

    @property
    def same(self) -> bool:
        """Whether it is the same to the bit."""
        return self.recorded.digest == self.replayed.digest

    @property
    def different(self) -> list[str]:
        """The names of what differs."""
        names = [each.name for each in fields(EpisodeRecord) if each.compare]
        return [name for name in names if getattr(self.recorded, name) != getattr(self.replayed, name)]


def replay(
    run: Run | str | Path,
    episode: int | EpisodeRecord,
    video: str | Path | None = None,
    cameras: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    overlay: bool = False,
    policy: Any = None,
    trust: bool = False,
    perceive: str | Path | None = None,
) -> Replay:
    """Run a recorded episode again, in another process, which the policy may break or hang.

    A script calls this under ``if __name__ == "__main__":``.

    Args:
        run: The run, or its folder.
        episode: Its record or number.
        video: Film it, as ``.webm`` or as a ``.png`` sheet of moments.
        cameras: Through which of the task's cameras, the first one if left out.
        size: Width and height of the film in px, the camera's own if left out.
        overlay: Whether forces, rewards and success are shown on the film.
        policy: The policy that acted, where the run cannot know how to find it again: one given from Python.
        trust: Import what the run names, and load a Stable-Baselines3 archive: both run code that is not of this
            library. A run that others made may name anything.
        perceive: The trained perception of the run, where it is not where it was.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    recorded = find(run, episode.episode if isinstance(episode, EpisodeRecord) else episode)
    plan = plan_of(run, recorded.policy, policy, trust, perceive)
    if video is None:
        return Replay(recorded, _replayed(Job(plan, recorded)))
    with _film_file(Path(video)) as film:
        return Replay(recorded, _replayed(Job(plan, recorded, film, tuple(cameras), size, overlay)))


def _replayed(job: Job) -> EpisodeRecord:
    [outcome] = replay_jobs([job], workers=1)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@contextmanager
def _film_file(path: Path) -> Iterator[Path]:
    """A place for a film, from which it is moved when all went well; what a broken process leaves there is removed."""
    from mygym_lite.viz.video import require_ending

    require_ending(path)
    with written_whole(path) as part, TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        film = Path(folder) / path.name
        yield film
        film.replace(part)


def find(run: Run, number: int) -> EpisodeRecord:
    """The record of an episode."""
    records = run.records()
    for record in records:
        if record.episode == number:
            return record
    known = f"0 to {records[-1].episode}" if records else "none yet"
    raise UsageError(f"{run.folder}: holds no episode {number}; its numbers are {known}")
