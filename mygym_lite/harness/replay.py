"""An episode of an earlier run, lived again: the same numbers must come out, and it can be filmed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.files import write_atomically
from mygym_lite.fingerprint import compute_simulation_fingerprint
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.replayer import ReplayJob, replay_jobs
from mygym_lite.harness.run_folder import MANIFEST, RunFolder
from mygym_lite.perception.estimator_spec import EstimatorSpec
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.randomization.suite import Axis, AxisCombination, Suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.schema import Location, build
from mygym_lite.terms import load_task


def restore_plan(
    run: RunFolder, label: str, policy: Any = None, allow_code: bool = False, perception: str | Path | None = None
) -> EvaluationPlan:
    """The plan of a run, from its manifest alone.

    Args:
        run: Which one.
        label: The policy that is to act again; of the others only the names are known.
        policy: That policy, where it cannot be found by its name.
        allow_code: Run the code that the manifest names, of the policy and of the tasks' own terms.
        perception: The trained perception of the run, where it is not where it was.

    Raises:
        UsageError: The simulation is another one by now, or so is the policy or what it saw through; or the manifest
            names code, and is not trusted.
    """
    about = run.manifest
    if about["simulation"] != compute_simulation_fingerprint():
        was = f"revision {about['git']['revision'][:12]}" if about["git"] else f"version {about['version']}"
        raise UsageError(f"{run.folder}: was made by {was} of mygym_lite, whose code or assets were others; use that")
    try:
        return _plan(about, label, policy, allow_code, perception)
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{run.folder / MANIFEST}: was changed or is damaged ({type(error).__name__}: {error}); copy the run again"
        ) from error


def _plan(about: dict[str, Any], label: str, given: Any, trust: bool, perceive: str | Path | None) -> EvaluationPlan:
    if not trust:
        _refuse_code(about, None if given is not None else label)
    tasks = tuple(_task(table["fields"]) for table in about["tasks"].values())
    policies = tuple(
        _policy(name, card, given, trust) if name == label else PolicySpec(name, card["source"])
        for name, card in about["policies"].items()
    )
    return EvaluationPlan(
        tasks, policies, _suite(about["suite"]), about["seed"], about["episodes"], about["until_ci_width"],
        about["action_timeout"], _eyes(about.get("perception"), perceive),
    )  # fmt: skip


def _refuse_code(about: dict[str, Any], label: str | None) -> None:
    """Refuse a manifest by which code of its author's choice would be run: of this policy, or of any task."""
    named = [f"task {name}: its term {term}" for name, table in about["tasks"].items() for term in _terms(table)]
    card = about["policies"].get(label)
    if card is not None and PolicySpec("", card["source"]).runs_foreign_code:
        named.append(f"policy {label}: {card['source']}")
    if named:
        raise UsageError(
            f"{named[0]} is code that the run names, and it may do anything; if you trust whoever made the run, "
            "add --allow-code (in Python: allow_pickle=True)"
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
    return load_task(build(Task, table, Location(f"{table['name']}.toml")))


def _suite(table: dict[str, Any]) -> Suite:
    where = Location(f"{table['name']}.toml")
    axes = tuple(
        Axis(axis["name"], axis["group"], axis["about"], axis["changes"], tuple(axis["needs"]),
             tuple(axis["observes"]), tuple(axis["severities"]), where.at("axes", axis["name"]))
        for axis in table["axes"]
    )  # fmt: skip
    combine = build(AxisCombination, table["combine"], where) if "combine" in table else None
    return Suite(table["name"], table["about"], axes, tuple(table["severities"]), combine)


def _eyes(card: dict[str, Any] | None, given: str | Path | None) -> EstimatorSpec | None:
    if card is None:
        if given is not None:
            raise UsageError(f"perception {given}: nothing was perceived in the run; leave it out")
        return None
    try:
        found = EstimatorSpec.resolve(card["source"] if given is None else given)
        now = found.describe()
    except ConfigError as error:
        raise UsageError(f"perception: cannot be found again ({error}); say where it is as --perception") from error
    if (now["digest"], now["code"]) != (card["digest"], card["code"]):
        raise UsageError(f"perception {found.name}: is another one than in the run; give that as --perception")
    return found


def _policy(label: str, card: dict[str, Any], given: Any, trust: bool) -> PolicySpec:
    try:
        mapping = card.get("remote_mapping")
        found = find_policy(
            card["source"] if given is None else given, allow_pickle=trust,
            remote_mapping=None if mapping is None else MappingFile(f"mapping of policy {label}", mapping["text"]),
            request=_request(label, card),
        )  # fmt: skip
    except ConfigError as error:
        raise UsageError(f"policy {label}: cannot be found again ({error}); say where it is as --policy") from error
    if found.describe()["digest"] != card["digest"]:
        raise UsageError(f"policy {label}: {found.name} is another one than in the run; give that as --policy")
    return replace(found, label=label).bind_to(card)


def _request(label: str, card: dict[str, Any]) -> ObservationRequest | None:
    """The request that was noted, or an empty one, so that nothing is imported here to read it."""
    if card.get("kind") != "function":
        return None
    return ObservationRequest.from_dict(card.get("request", {}), f"policy {label}") or ObservationRequest()


@dataclass(frozen=True)
class ReplayResult:
    """What was recorded, and what came out this time."""

    original: EpisodeRecord
    repeated: EpisodeRecord

    @property
    def identical(self) -> bool:
        """Whether it is the same to the bit."""
        return self.original.digest == self.repeated.digest

    @property
    def differences(self) -> list[str]:
        """The names of what differs."""
        names = [each.name for each in fields(EpisodeRecord) if each.compare]
        return [name for name in names if getattr(self.original, name) != getattr(self.repeated, name)]


def replay(
    run: RunFolder | str | Path,
    episode: int | EpisodeRecord,
    video: str | Path | None = None,
    cameras: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    overlay: bool = False,
    policy: Any = None,
    allow_code: bool = False,
    perception: str | Path | None = None,
) -> ReplayResult:
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
        allow_code: Import what the run names, and load a Stable-Baselines3 archive: both run code that is not of this
            library. A run that others made may name anything.
        perception: The trained perception of the run, where it is not where it was.
    """
    run = run if isinstance(run, RunFolder) else RunFolder.open(run)
    recorded = find_record(run, episode.episode if isinstance(episode, EpisodeRecord) else episode)
    plan = restore_plan(run, recorded.policy, policy, allow_code, perception)
    if video is None:
        return ReplayResult(recorded, _replayed(ReplayJob(plan, recorded)))
    with _film_file(Path(video)) as film:
        return ReplayResult(recorded, _replayed(ReplayJob(plan, recorded, film, tuple(cameras), size, overlay)))


def _replayed(job: ReplayJob) -> EpisodeRecord:
    [outcome] = replay_jobs([job], workers=1)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@contextmanager
def _film_file(path: Path) -> Iterator[Path]:
    """A place for a film, from which it is moved when all went well; what a broken process leaves there is removed."""
    from mygym_lite.viz.video import require_video_suffix

    require_video_suffix(path)
    with write_atomically(path) as part, TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        film = Path(folder) / path.name
        yield film
        film.replace(part)


def find_record(run: RunFolder, episode: int) -> EpisodeRecord:
    """The record of an episode."""
    records = run.read_records()
    for record in records:
        if record.episode == episode:
            return record
    known = f"0 to {records[-1].episode}" if records else "none yet"
    raise UsageError(f"{run.folder}: holds no episode {episode}; its numbers are {known}")
