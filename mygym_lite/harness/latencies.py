"""Latencies of the policies of a run: declared, stored in a file, or measured once and kept in the manifest."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.documents import parse_json
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.harness.manifest import RUN_FOLDER
from mygym_lite.policies.latency import measure_latency
from mygym_lite.policies.metadata import make_env
from mygym_lite.policies.policy_spec import PolicySpec

MEASURED = "measured"
MAX_LATENCY = 10.0  # s
Latency = float | str | Path | Sequence[float] | None
"""Seconds, several of them, ``measured``, or a JSON file with seconds by the label of the policy."""


def add_latencies(
    policies: Sequence[PolicySpec], latency: Latency, task: Task, folder: Path | None = None
) -> tuple[PolicySpec, ...]:
    """Add latencies to policies; with several latencies, each policy is repeated under a label of its own.

    Args:
        policies: Policies without latency.
        latency: Latency of all of them.
        task: Task on which a latency is measured.
        folder: Folder of the run: a latency that was measured there before is kept.
    """
    if latency is None:
        return tuple(policies)
    if isinstance(latency, str | Path):
        known = _read_manifest(folder) if latency == MEASURED else _read_file(Path(latency))
        if latency == MEASURED:
            missing = [policy for policy in policies if policy.label not in known]
            known |= {policy.label: _measure(policy, task) for policy in missing}
        return tuple(replace(policy, latency=_find(known, policy.label, str(latency))) for policy in policies)
    several = [latency] if isinstance(latency, int | float) else list(latency)
    for seconds in several:
        _require_latency(seconds)
    if len(several) == 1:
        return tuple(replace(policy, latency=float(several[0])) for policy in policies)
    return tuple(
        replace(policy, label=f"{policy.label}+{1000.0 * seconds:g}ms", latency=float(seconds))
        for policy in policies
        for seconds in several
    )


def _require_latency(seconds: Any) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0.0 <= seconds <= MAX_LATENCY:
        raise ConfigError(f"latency: {seconds!r} is not 0 to {MAX_LATENCY:g} s; give seconds, {MEASURED} or a file")


def _read_file(file: Path) -> dict[str, Any]:
    try:
        table = parse_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"latency: {file}: is no number and no file of latencies ({reason})") from error
    if not isinstance(table, dict):
        raise ConfigError(f'latency: {file}: is a {type(table).__name__}; write {{"LABEL": SECONDS}}')
    for seconds in table.values():
        _require_latency(seconds)
    return table


def _read_manifest(folder: Path | None) -> dict[str, Any]:
    """Read the latencies of an earlier part of the same run."""
    if folder is None or not RUN_FOLDER.exists(folder):
        return {}
    policies = RUN_FOLDER.read_manifest(folder)["policies"]
    return {label: entry["latency"] for label, entry in policies.items() if "latency" in entry}


def _find(known: dict[str, Any], label: str, source: str) -> float:
    if label not in known:
        raise ConfigError(f"latency: {source}: has no policy '{label}'{suggest(label, known)}")
    return float(known[label])


def _measure(policy: PolicySpec, task: Task) -> float:
    """Measure the latency of a policy at the start of an episode."""
    with closing(make_env(policy.get_env_class(), task, policy.get_env_arguments(), policy.label)) as env:
        observation, _ = env.reset(seed=0)
        return measure_latency(policy.make(env), observation)
