"""Replay of a recorded episode: the same numbers must come out, and it can be filmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mygym_lite.code_fingerprint import compute_simulation_fingerprint
from mygym_lite.config.task import Task
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.files import write_atomically
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.replayer import ReplayJob, replay_jobs
from mygym_lite.harness.run_folder import MANIFEST, RunFolder
from mygym_lite.jobs.manifest import Manifest
from mygym_lite.perception.estimator_spec import EstimatorSpec
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy import PolicyLike
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.randomization.suite import Axis, AxisCombination, Suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.schema import Location, build
from mygym_lite.terms import load_task


def restore_plan(
    run: RunFolder,
    label: str,
    policy: PolicyLike | None = None,
    *,
    allow_code: bool = False,
    perception: str | Path | None = None,
) -> EvaluationPlan:
    """Restore the plan of a run from its manifest alone.

    Args:
        run: Run to restore.
        label: Label of the policy that acts again; of the others only the names are restored.
        policy: That policy, if it cannot be found by its name.
        allow_code: If true, run the code that the manifest names, of the policy and of the tasks' own terms.
        perception: Trained pose estimator of the run, if it was moved.

    Raises:
        UsageError: The simulation, the policy or the estimator has changed; or the manifest names code that is not
            allowed.
    """
    manifest = run.manifest
    if manifest["simulation"] != compute_simulation_fingerprint():
        git = manifest["git"]
        release = f"revision {git['revision'][:12]}" if git else f"version {manifest['version']}"
        raise UsageError(
            f"{run.folder}: was made by {release} of mygym_lite, whose code or assets were others; use that"
        )
    try:
        return _restore(manifest, label, policy, allow_code, perception)
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{run.folder / MANIFEST}: was changed or is damaged ({type(error).__name__}: {error}); copy the run again"
        ) from error


def _restore(
    manifest: Manifest, label: str, policy: PolicyLike | None, allow_code: bool, perception: str | Path | None
) -> EvaluationPlan:
    if not allow_code:
        _refuse_code(manifest, None if policy is not None else label)
    tasks = tuple(_restore_task(table["fields"]) for table in manifest["tasks"].values())
    policies = tuple(
        _restore_policy(name, entry, policy, allow_code) if name == label else PolicySpec(name, entry["source"])
        for name, entry in manifest["policies"].items()
    )
    return EvaluationPlan(
        tasks,
        policies,
        _restore_suite(manifest["suite"]),
        seed=manifest["seed"],
        episodes=manifest["episodes"],
        until_ci_width=manifest["until_ci_width"],
        action_timeout=manifest["action_timeout"],
        perception=_restore_estimator(manifest.get("perception"), perception),
    )


def _refuse_code(manifest: Manifest, label: str | None) -> None:
    """Refuse a manifest that would run code of its author's choice: of this policy, or of any task."""
    foreign = [
        f"task {name}: its term {term}"
        for name, table in manifest["tasks"].items()
        for term in _iterate_foreign_terms(table)
    ]
    entry = manifest["policies"].get(label)
    if entry is not None and PolicySpec("", entry["source"]).runs_foreign_code:
        foreign.append(f"policy {label}: {entry['source']}")
    if foreign:
        raise UsageError(
            f"{foreign[0]} is code that the run names, and it may do anything; if you trust its author, "
            "add --allow-code (in Python: allow_code=True)"
        )


def _iterate_foreign_terms(table: Any) -> Iterator[str]:
    """Yield the terms, anywhere in a task's table, that are imported from a module."""
    if isinstance(table, dict):
        if isinstance(table.get("term"), str) and ":" in table["term"]:
            yield table["term"]
        table = list(table.values())
    for item in table if isinstance(table, list) else ():
        yield from _iterate_foreign_terms(item)


def _restore_task(table: dict[str, Any]) -> Task:
    return load_task(build(Task, table, Location(f"{table['name']}.toml")))


def _restore_suite(table: dict[str, Any]) -> Suite:
    location = Location(f"{table['name']}.toml")
    axes = tuple(
        Axis(
            axis["name"],
            axis["group"],
            axis["about"],
            changes=axis["changes"],
            needs=tuple(axis["needs"]),
            observes=tuple(axis["observes"]),
            severities=tuple(axis["severities"]),
            location=location.at("axes", axis["name"]),
        )
        for axis in table["axes"]
    )
    combine = build(AxisCombination, table["combine"], location) if "combine" in table else None
    return Suite(table["name"], table["about"], axes, tuple(table["severities"]), combine)


def _restore_estimator(entry: dict[str, Any] | None, moved: str | Path | None) -> EstimatorSpec | None:
    if entry is None:
        if moved is not None:
            raise UsageError(f"perception {moved}: nothing was perceived in the run; leave it out")
        return None
    try:
        estimator = EstimatorSpec.resolve(entry["source"] if moved is None else moved)
        now = estimator.describe()
    except ConfigError as error:
        raise UsageError(f"perception: cannot be found again ({error}); say where it is as --perception") from error
    if (now["digest"], now["code"]) != (entry["digest"], entry["code"]):
        raise UsageError(f"perception {estimator.name}: is another one than in the run; give that as --perception")
    return estimator


def _restore_policy(label: str, entry: dict[str, Any], given: PolicyLike | None, allow_code: bool) -> PolicySpec:
    try:
        mapping = entry.get("remote_mapping")
        policy = find_policy(
            entry["source"] if given is None else given,
            allow_pickle=allow_code,
            remote_mapping=None if mapping is None else MappingFile(f"mapping of policy {label}", mapping["text"]),
            request=_restore_request(label, entry),
        )
    except ConfigError as error:
        raise UsageError(f"policy {label}: cannot be found again ({error}); say where it is as --policy") from error
    if policy.describe()["digest"] != entry["digest"]:
        raise UsageError(f"policy {label}: {policy.name} is another one than in the run; give that as --policy")
    return replace(policy, label=label).bind_to(entry)


def _restore_request(label: str, entry: dict[str, Any]) -> ObservationRequest | None:
    """Return the recorded request, or an empty one, so that nothing is imported here to read it."""
    if entry.get("kind") != "function":
        return None
    return ObservationRequest.from_dict(entry.get("request", {}), f"policy {label}") or ObservationRequest()


@dataclass(frozen=True)
class ReplayResult:
    """A recorded episode and its replay."""

    original: EpisodeRecord
    repeated: EpisodeRecord

    @property
    def identical(self) -> bool:
        """True if both are equal to the bit."""
        return self.original.digest == self.repeated.digest

    @property
    def differences(self) -> list[str]:
        """Names of the fields that differ."""
        names = [entry.name for entry in fields(EpisodeRecord) if entry.compare]
        return [name for name in names if getattr(self.original, name) != getattr(self.repeated, name)]


def replay(
    run: RunFolder | str | Path,
    episode: int | EpisodeRecord,
    video: str | Path | None = None,
    *,
    cameras: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    overlay: bool = False,
    policy: PolicyLike | None = None,
    allow_code: bool = False,
    perception: str | Path | None = None,
) -> ReplayResult:
    """Replay a recorded episode in another process, which the policy may break or hang.

    A script calls this under ``if __name__ == "__main__":``.

    Args:
        run: Run, or its folder.
        episode: Record or number of the episode.
        video: File of a video, ``.webm``, or of a contact sheet, ``.png``.
        cameras: Cameras of the video; the task's first one if left out.
        size: Width and height of the video, px; the camera's own if left out.
        overlay: If true, show forces, rewards and success in the video.
        policy: Policy that acted, if it was given from Python, so that the run cannot find it again.
        allow_code: If true, import the code that the run names, and load a Stable-Baselines3 archive: both run foreign
            code, and a run of others may name anything.
        perception: Trained pose estimator of the run, if it was moved.
    """
    run = run if isinstance(run, RunFolder) else RunFolder.open(run)
    recorded = find_record(run, episode.episode if isinstance(episode, EpisodeRecord) else episode)
    plan = restore_plan(run, recorded.policy, policy, allow_code=allow_code, perception=perception)
    if video is None:
        return ReplayResult(recorded, _run(ReplayJob(plan, recorded)))
    with _open_video(Path(video)) as file:
        job = ReplayJob(plan, recorded, file, cameras=tuple(cameras), size=size, overlay=overlay)
        return ReplayResult(recorded, _run(job))


def _run(job: ReplayJob) -> EpisodeRecord:
    [outcome] = replay_jobs([job], workers=1)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@contextmanager
def _open_video(path: Path) -> Iterator[Path]:
    """Provide a temporary file that is moved to its path on success; leftovers of a broken process are removed."""
    from mygym_lite.viz.video import require_video_suffix

    require_video_suffix(path)
    with write_atomically(path) as part, TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        file = Path(folder) / path.name
        yield file
        file.replace(part)


def find_record(run: RunFolder, episode: int) -> EpisodeRecord:
    """Return the record of an episode."""
    records = run.read_records()
    for record in records:
        if record.episode == episode:
            return record
    known = f"0 to {records[-1].episode}" if records else "none yet"
    raise UsageError(f"{run.folder}: holds no episode {episode}; its numbers are {known}")
