"""Policies found by what somebody wrote or gave, and refused in one line if they are not there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.policies.metadata import METADATA_FILE
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy import Policy, PolicyLike
from mygym_lite.policies.policy_spec import SCRIPTED_POLICIES, PolicySpec
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.policies.saved import find_policy_folder, list_policies
from mygym_lite.weights import WEIGHTS

_LABEL = re.compile(r"[\w.+-]+")


def find_policy(
    policy: PolicyLike | PolicySpec, *, allow_pickle: bool = False, remote_mapping: str | Path | MappingFile | None = None,
    request: ObservationRequest | None = None,
) -> PolicySpec:  # fmt: skip
    """Find a policy, by its name or as an object.

    Args:
        policy: A name as for ``PolicySpec``, after ``LABEL=`` if it is to be called otherwise; or a policy, or a
            function from observation to action.
        allow_pickle: Whether a ``.zip`` may be read.
        remote_mapping: A file that says how a policy server, a function or an object is spoken to.
        request: What a function or an object asks to observe, instead of what it says itself.
    """
    if isinstance(policy, PolicySpec):
        return policy
    if not isinstance(policy, str | Path):
        found = _given(policy)
    else:
        label, name = _split(str(policy))
        found = PolicySpec(label or _default_label(name), name, allow_pickle)
        _require_there(found)
    return _completed(found, remote_mapping, request)


def _completed(
    found: PolicySpec, mapping: str | Path | MappingFile | None, request: ObservationRequest | None
) -> PolicySpec:
    """Add the mapping and the request to a policy, if it takes such."""
    if mapping is not None and found.kind not in ("remote", "function"):
        name = mapping.name if isinstance(mapping, MappingFile) else mapping
        raise UsageError(f"{name}: maps what a server or a function sees, and {found.name} is neither; leave it out")
    if request is not None and found.kind != "function":
        raise UsageError(f"policy {found.name}: says itself what it observes; leave observe, cameras and size out")
    if found.instance is not None:  # attributes of a function of a module do not travel to other processes
        request = request or ObservationRequest.from_attributes(found.instance, f"policy {found.name}")
    file = MappingFile.read(mapping) if isinstance(mapping, str | Path) else mapping
    return replace(found, remote_mapping=file, request=request)


def _split(text: str) -> tuple[str, str]:
    """The label, if there is one, and the name."""
    label, equals, name = text.partition("=")
    if not equals or not _LABEL.fullmatch(label) or Path(text).exists():
        return "", text
    return label, name


def _default_label(name: str) -> str:
    is_path = PolicySpec("", name).kind in ("saved", "sb3")
    return (Path(name).resolve().name.removesuffix(".zip") or name) if is_path else name


def _require_there(policy: PolicySpec) -> None:
    """Refuse what cannot be loaded before anything is started for it."""
    if policy.kind == "sb3":
        _require_zip(Path(policy.name), policy.allow_pickle)
    elif policy.kind == "saved":
        _require_folder(policy.name)


def _require_zip(path: Path, trust: bool) -> None:
    if not path.is_file():
        raise ConfigError(f"policy {path}: no such file{_beside(path, '*.zip')}")
    if not trust:
        raise UsageError(
            f"policy {path}: a .zip of Stable-Baselines3 can run any program when it is read; "
            "if you trust whoever made it, add --allow-pickle (in Python: trust=True)"
        )


def _require_folder(name: str) -> None:
    path = find_policy_folder(name)
    if name and path.is_dir():
        missing = [file for file in (METADATA_FILE, WEIGHTS) if not (path / file).is_file()]
        if missing:
            raise ConfigError(f"policy {name}: holds no {missing[0]}, so it is not a saved policy")
    elif name and Path(name).name != name:
        raise ConfigError(f"policy {name}: no such folder{_beside(path, '*/')}")
    else:
        raise ConfigError(
            f"no policy '{name}' (your own would be a saved policy's folder, an SB3 .zip, package.module:function or "
            f"ws://host:port){suggest(name, [*SCRIPTED_POLICIES, *list_policies()])}"
        )


def _beside(path: Path, pattern: str) -> str:
    there = [other.name for other in path.parent.glob(pattern)] if path.parent.is_dir() else []
    return suggest(path.name, there) if there else f"; there is none in {path.parent}"


def _given(actor: Any) -> PolicySpec:
    if not (isinstance(actor, Policy) and not isinstance(actor, type)) and not callable(actor):
        raise UsageError(f"policy: {actor!r} is neither a name, nor a policy with reset and act, nor a function")
    name = getattr(actor, "__qualname__", type(actor).__name__)
    return PolicySpec(name, name, instance=actor)


def make_policy(name: str, env: TaskEnv) -> Policy:
    """Find a policy.

    Args:
        name: As for ``policy_spec.PolicySource``: ``expert``, ``random``, a shipped policy's name, a saved
            one's folder, ``package.module:function``, ``ws://host:port``.
        env: Whose actions it will choose.
    """
    return find_policy(name).make(env)
