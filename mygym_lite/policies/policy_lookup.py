"""Policies found by what somebody wrote or gave, and refused in one line if they are not there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError, UsageError, nearest
from mygym_lite.policies.metadata import DESCRIPTION
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy import Policy
from mygym_lite.policies.policy_spec import SCRIPTED, PolicySource
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.policies.saved import policy_folder, policy_names
from mygym_lite.weights import WEIGHTS

_LABEL = re.compile(r"[\w.+-]+")


def source(
    policy: Any, *, trust: bool = False, mapping: str | Path | MappingFile | None = None,
    request: ObservationRequest | None = None,
) -> PolicySource:  # fmt: skip
    """Find a policy, by its name or as an object.

    Args:
        policy: A name as for ``PolicySource``, after ``LABEL=`` if it is to be called otherwise; or a policy, or a
            function from observation to action.
        trust: Whether a ``.zip`` may be read.
        mapping: A file that says how a policy server, a function or an object is spoken to.
        request: What a function or an object asks to observe, instead of what it says itself.
    """
    if isinstance(policy, PolicySource):
        return policy
    if not isinstance(policy, str | Path):
        found = _given(policy)
    else:
        label, name = _split(str(policy))
        found = PolicySource(label or _default_label(name), name, trust)
        _require_there(found)
    return _completed(found, mapping, request)


def _completed(
    found: PolicySource, mapping: str | Path | MappingFile | None, request: ObservationRequest | None
) -> PolicySource:
    """Add the mapping and the request to a policy, if it takes such."""
    if mapping is not None and found.kind not in ("remote", "function"):
        name = mapping.name if isinstance(mapping, MappingFile) else mapping
        raise UsageError(f"{name}: maps what a server or a function sees, and {found.name} is neither; leave it out")
    if request is not None and found.kind != "function":
        raise UsageError(f"policy {found.name}: says itself what it observes; leave observe, cameras and size out")
    if found.actor is not None:  # attributes of a function of a module do not travel to other processes
        request = request or ObservationRequest.of(found.actor, f"policy {found.name}")
    file = MappingFile.read(mapping) if isinstance(mapping, str | Path) else mapping
    return replace(found, mapping=file, request=request)


def _split(text: str) -> tuple[str, str]:
    """The label, if there is one, and the name."""
    label, equals, name = text.partition("=")
    if not equals or not _LABEL.fullmatch(label) or Path(text).exists():
        return "", text
    return label, name


def _default_label(name: str) -> str:
    is_path = PolicySource("", name).kind in ("saved", "sb3")
    return (Path(name).resolve().name.removesuffix(".zip") or name) if is_path else name


def _require_there(policy: PolicySource) -> None:
    """Refuse what cannot be loaded before anything is started for it."""
    if policy.kind == "sb3":
        _require_zip(Path(policy.name), policy.trust)
    elif policy.kind == "saved":
        _require_folder(policy.name)


def _require_zip(path: Path, trust: bool) -> None:
    if not path.is_file():
        raise SpecError(f"policy {path}: no such file{_beside(path, '*.zip')}")
    if not trust:
        raise UsageError(
            f"policy {path}: a .zip of Stable-Baselines3 can run any program when it is read; "
            "if you trust whoever made it, add --trust (in Python: trust=True)"
        )


def _require_folder(name: str) -> None:
    path = policy_folder(name)
    if name and path.is_dir():
        missing = [file for file in (DESCRIPTION, WEIGHTS) if not (path / file).is_file()]
        if missing:
            raise SpecError(f"policy {name}: holds no {missing[0]}, so it is not a saved policy")
    elif name and Path(name).name != name:
        raise SpecError(f"policy {name}: no such folder{_beside(path, '*/')}")
    else:
        raise SpecError(
            f"no policy '{name}' (your own would be a saved policy's folder, an SB3 .zip, package.module:function or "
            f"ws://host:port){nearest(name, [*SCRIPTED, *policy_names()])}"
        )


def _beside(path: Path, pattern: str) -> str:
    there = [other.name for other in path.parent.glob(pattern)] if path.parent.is_dir() else []
    return nearest(path.name, there) if there else f"; there is none in {path.parent}"


def _given(actor: Any) -> PolicySource:
    if not (isinstance(actor, Policy) and not isinstance(actor, type)) and not callable(actor):
        raise UsageError(f"policy: {actor!r} is neither a name, nor a policy with reset and act, nor a function")
    name = getattr(actor, "__qualname__", type(actor).__name__)
    return PolicySource(name, name, actor=actor)


def make_policy(name: str, env: TaskEnv) -> Policy:
    """Find a policy.

    Args:
        name: As for ``policy_spec.PolicySource``: ``expert``, ``random``, a shipped policy's name, a saved
            one's folder, ``package.module:function``, ``ws://host:port``.
        env: Whose actions it will choose.
    """
    return source(name).make(env)
